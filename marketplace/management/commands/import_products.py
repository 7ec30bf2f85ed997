"""``manage.py import_products``: bring a brand's catalogue to what a CSV file says."""

import sys
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace import clock_follower
from marketplace.actions.import_catalogue import Import, import_catalogue
from marketplace.catalogue_csv import MAX_BYTES
from marketplace.checks import TAG
from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.queries.catalogue import get_own_brand_by_slug, get_user_named


class Command(BaseCommand):
    """Import all of a file or nothing; exit code 1 with every error, one a line."""

    help = "Import products, variants and stock of a brand from CSV (docs/catalogue.md)."
    requires_system_checks = (TAG,)  # of the settings: all others take a third of a second

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the CSV file, - for standard input")
        parser.add_argument("--brand", required=True, help="slug of the brand")
        parser.add_argument(
            "--user", required=True, help="name of the person who imports: acts for the brand"
        )
        parser.add_argument("--dry-run", action="store_true", help="check the file, change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            done = self._import(**options)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None
        except DomainError as error:
            for entry in error.errors:
                self.stderr.write(f"{entry.param}: {entry.detail}")
            raise CommandError(error.message) from None
        counts = asdict(done)
        del counts["dry_run"]
        says = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
        self.stdout.write(f"{'Would import' if done.dry_run else 'Imported'}: {says}.")

    def _import(self, *, file: str, brand: str, user: str, dry_run: bool, **_options: Any) -> Import:
        person = get_user_named(user)
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if file == "-" else Path(file).read_bytes()
        clock_follower.follow()
        return import_catalogue(
            brand_id=get_own_brand_by_slug(person, brand).id,
            file=BytesIO(content),
            actor=person,
            now=clock.now(),
            dry_run=dry_run,
        )
