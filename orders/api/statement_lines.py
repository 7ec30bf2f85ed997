"""The lines of a statement, a page at a time or as a file."""

from typing import ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.csv_response import csv_response
from marketplace.errors import FieldError, Invalid
from marketplace.lib.ids import is_id
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.pages import Cursor
from marketplace.rest.rendering import OrjsonRenderer, encode_json, json_response
from marketplace.rest.serializers import Query, Resource
from marketplace.rest.views import ApiView
from orders.permissions import get_statement_for
from orders.settlement.statement_lines import MOST, read_lines
from orders.statement_files import FORMS, write_statement

PREFIX = "sln"


class ExportQuery(Query):
    """In which form."""

    form = fields.Choice(choices=FORMS, required=False, default="csv", help_text="jsonl: an object a line.")


class StatementLineOut(Resource):
    """A sale of a statement, what was taken back of one, or a slot fee; taken back is negative."""

    object = fields.Object("statement_line")
    id = fields.Id(PREFIX)
    order = fields.Id("ord", allow_null=True)
    line = fields.Id("oln", allow_null=True)
    slot_fee_id = fields.Id("fee", allow_null=True, help_text="Of a slot fee; order and line are null then.")
    product = fields.Text()
    refund = fields.Text(allow_null=True, help_text="Id of what took it back; null for a sale.")
    gross = fields.MoneyField(help_text="The price before discounts.")
    discount = fields.MoneyField(help_text="What came off: the buyer paid the rest.")
    platform_funded = fields.MoneyField(help_text="What the marketplace paid of the discount.")
    streamer_funded = fields.MoneyField(help_text="What the streamer paid of the discount, to the brand.")
    refunded = fields.MoneyField(help_text="What went back to the buyer.")
    commission = fields.MoneyField(help_text="Of streamer and agency.")
    fee = fields.MoneyField(help_text="Of the marketplace.")
    slot_fee = fields.MoneyField(help_text="Held is negative, returned or earned positive.")
    net = fields.MoneyField(help_text="The part of the statement's party.")
    at = fields.Timestamp()


class CsvRenderer(OrjsonRenderer):
    """Lets callers ask for CSV; the view writes it."""

    media_type = "text/csv"
    format = "csv"


class StatementLines(ApiView):
    """The lines of a statement."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("List a statement's lines", returns=StatementLineOut, many=True)
    def get(self, request: Request, statement_id: str) -> HttpResponse:
        """Oldest first; their nets sum to the statement's."""
        statement = get_statement_for(self.user(request), statement_id)
        cursor = Cursor.parse(request.query_params)
        number = _number(cursor)
        lines, has_more = read_lines(
            statement,
            limit=cursor.limit,
            after=number if cursor.starting_after else None,
            before=number if cursor.ending_before else None,
        )
        data = StatementLineOut.render_many(lines, expand=self.expand(request))
        return json_response(encode_json({"object": "list", "data": data, "has_more": has_more}))


class StatementExport(ApiView):
    """A statement as a file."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}
    renderer_classes = (CsvRenderer, OrjsonRenderer)

    @operation("Export a statement", query=ExportQuery)
    def get(self, request: Request, statement_id: str) -> HttpResponseBase:
        """Streams CSV, a JSON array or JSON lines, a row for each line, amounts in minor units."""
        statement = get_statement_for(self.user(request), statement_id)
        form = self.query(request, ExportQuery)["form"]
        pieces, media_type = write_statement(statement, form)
        name = f"{statement.id}.{form}"
        return csv_response(request._request, pieces, filename=name, media_type=media_type)  # noqa: SLF001 - DRF's own name for it


def _number(cursor: Cursor) -> int:
    """Return the place of the line that a cursor names, 0 for the start of the list."""
    if not cursor.id:
        return 0
    number = int(cursor.id[-32:], 16) if is_id(cursor.id, PREFIX) else MOST + 1
    if number > MOST:
        detail = "This is not the id of an object of this list."
        raise Invalid(detail, param=cursor.param, errors=[FieldError(cursor.param, "invalid", detail)])
    return number
