"""``manage.py export_products``: write a brand's catalogue as CSV."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.catalogue_csv import write_rows
from marketplace.checks import TAG
from marketplace.errors import NotFound
from marketplace.queries.catalogue import get_brand_by_slug
from marketplace.queries.export import variants_to_export


class Command(BaseCommand):
    """Write every variant of a brand and its stock, in the form that import_products takes."""

    help = "Export products, variants and stock of a brand as CSV (docs/catalogue.md)."
    requires_system_checks = (TAG,)  # of the settings: all others take a third of a second

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--brand", required=True, help="slug of the brand")
        parser.add_argument("--output", help="the file to write; standard output when left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            brand = get_brand_by_slug(options["brand"])
        except NotFound:
            raise CommandError(f"There is no brand {options['brand']}.") from None
        pieces = write_rows(variants_to_export(brand.id))
        if options["output"] is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        with Path(options["output"]).open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
