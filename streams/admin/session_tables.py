"""The tables on a session's page: line-up, deals, history."""

from django.db.models import QuerySet
from django.http import HttpRequest

from marketplace.admin.base import OwnInline
from streams.models import Deal, SessionHistory, Slot


class Slots(OwnInline):
    """The line-up."""

    model = Slot
    fields = ("position", "variant", "price", "allocation", "taken", "per_buyer_limit", "on_sale", "pinned")
    readonly_fields = fields
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slot]:
        """Return the slots with their variants."""
        rows: QuerySet[Slot] = super().get_queryset(request)
        return rows.select_related("variant")


class Deals(OwnInline):
    """The deals, the latest first."""

    model = Deal
    fields = ("slot", "unit_price", "quota", "taken", "opens_at", "closes_at", "closed_at", "close_reason")
    readonly_fields = fields
    ordering = ("-id",)
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deal]:
        """Return the deals with their slots."""
        rows: QuerySet[Deal] = super().get_queryset(request)
        return rows.select_related("slot__variant")


class History(OwnInline):
    """Every change of the session's state."""

    model = SessionHistory
    fields = ("at", "from_state", "to_state", "actor")
    readonly_fields = fields
