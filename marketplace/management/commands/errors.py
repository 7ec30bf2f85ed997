"""``manage.py errors``: write docs/errors.md from the error classes, or check that it is up to date."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.rest.docs import markdown


class Command(BaseCommand):
    """Writes or checks the table of errors."""

    help = "Write docs/errors.md from the error classes; with --check, only tell whether it differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file differs from the code")

    def handle(self, *_args: Any, **options: Any) -> None:
        file = settings.BASE_DIR / "docs" / "errors.md"
        if not options["check"]:
            file.write_text(markdown())
            self.stdout.write("docs/errors.md written.")
        elif not file.exists() or file.read_text() != markdown():
            raise CommandError("docs/errors.md differs from the code; run manage.py errors.")
        else:
            self.stdout.write("docs/errors.md is what the code says.")
