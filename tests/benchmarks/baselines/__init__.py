"""What Hawker is compared with, each in its best form, on the same machine and in the same run."""
