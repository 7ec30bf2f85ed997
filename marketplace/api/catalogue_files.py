"""``/api/v1/brands/{id}/catalogue``: a brand's catalogue and stock as a CSV file, in and out."""

from typing import ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from marketplace.actions.errors import SkuTaken
from marketplace.actions.import_catalogue import import_catalogue
from marketplace.api.inputs import Upload
from marketplace.api.resources import ImportOut
from marketplace.catalogue_csv import BadCatalogueFile, write_rows
from marketplace.csv_response import csv_response
from marketplace.errors import StockConflict, TooLarge
from marketplace.models.tokens import Scope
from marketplace.queries.catalogue import get_own_brand_for
from marketplace.queries.export import variants_to_export
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.rendering import OrjsonRenderer
from marketplace.rest.serializers import Body
from marketplace.rest.views import ApiView, Idempotency


class CatalogueFile(Body):
    """A CSV file of products, variants and stock."""

    file = Upload(help_text="CSV in UTF-8, at most 16 MB and 10,000 lines.")
    dry_run = fields.Boolean(required=False, default=False, help_text="Check the file, change nothing.")


class CsvRenderer(OrjsonRenderer):
    """Lets callers ask for CSV; the view writes it."""

    media_type = "text/csv"
    format = "csv"


class CatalogueImports(ApiView):
    """Files that are read into a brand's catalogue."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    idempotency = Idempotency.REQUIRED
    parser_classes = (MultiPartParser,)

    @operation(
        "Import a catalogue file",
        body=CatalogueFile,
        returns=ImportOut,
        errors=[BadCatalogueFile, SkuTaken, StockConflict, TooLarge],
    )
    def post(self, request: Request, brand_id: str) -> HttpResponse:
        """Takes multipart/form-data. All of the file is imported, or nothing; errors are told all at once.

        docs/catalogue.md describes the columns. Variants are known by their SKU, so the same file again
        changes nothing.
        """
        body, user = self.body(request, CatalogueFile), self.user(request)
        return self.perform(
            request,
            lambda: import_catalogue(
                brand_id=brand_id,
                file=body["file"].file,
                dry_run=body["dry_run"],
                actor=user,
                now=self.now,
            ),
            ImportOut,
        )


class CatalogueExport(ApiView):
    """A brand's catalogue as a file."""

    renderer_classes = (CsvRenderer, OrjsonRenderer)

    @operation("Export a catalogue file")
    def get(self, request: Request, brand_id: str) -> HttpResponseBase:
        """Streams CSV with every variant of the brand and its stock, in the form that the import takes."""
        brand = get_own_brand_for(request.user, brand_id)
        pieces = write_rows(variants_to_export(brand.id))
        return csv_response(request._request, pieces, filename=f"{brand.slug}.csv")  # noqa: SLF001 - DRF's own name for it
