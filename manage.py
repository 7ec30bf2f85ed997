#!/usr/bin/env python
"""Django's command line for Hawker."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    gc.set_threshold(100_000, 50, 100)  # what a command imports stays: a hundred thousand objects and more
    execute_from_command_line(sys.argv)
    gc.disable()  # or Python looks through all of them once more before it ends
