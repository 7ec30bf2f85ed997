"""What the lists of orders share: exact search, no counting, and the form that ships."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from marketplace.admin.base import LogAdmin, person_of
from marketplace.admin.forms import ActionForm
from marketplace.lib.ids import is_id
from marketplace.models import User
from marketplace.permissions import brands_of, is_platform_staff
from orders.models import Order
from streams.models import Session, Slot

CARRIER = "Hawker Express"
#: Shows that a list's filter offers.
MOST_SHOWS = 20

STATE_COLOURS = {
    "pending_payment": "info",
    "processing": "info",
    "created": "info",
    "sent": "info",
    "paid": "warning",
    "captured_late": "warning",
    "shipped": "primary",
    "handed_over": "primary",
    "in_transit": "primary",
    "captured": "success",
    "delivered": "success",
    "completed": "success",
    "done": "success",
    "failed": "danger",
}


def of_own_brands(person: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows of the brands that a person acts for, all of them for platform staff.

    One brand, the usual case, is compared and not looked up in a set: only then an index gives the order too.
    """
    if is_platform_staff(person):
        return rows
    brands = list(brands_of(person).values_list("id", flat=True))
    return rows.filter(brand_id=brands[0]) if len(brands) == 1 else rows.filter(brand_id__in=brands)


class TradeAdmin(LogAdmin):
    """A long list, newest first, searched by whole ids and words only: each search is one look into an index.

    Attributes:
        ids: prefix of a public id to the column it is looked up in.
        words: columns that a whole word is looked up in.
    """

    ids: ClassVar[Mapping[str, str]] = {}
    words: ClassVar[tuple[str, ...]] = ()
    group = "Orders"
    search_fields = ("pk",)
    search_help_text = "A whole id or name."

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that the whole term names."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q()
        for prefix, column in self.ids.items():
            if is_id(term, prefix):
                wanted |= Q(**{column: term})
        if not wanted and "\0" not in term:
            for column in self.words:
                wanted |= Q(**{column: term})
        return (queryset.filter(wanted) if wanted else queryset.none()), False


class ShowFilter(admin.SimpleListFilter):
    """Rows of one show: of the latest that sold the person's products."""

    title = "show"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the shows to choose from."""
        sessions = Session.objects.exclude(started_at=None).order_by("-id")
        if not is_platform_staff(person_of(request)):
            slots = Slot.objects.filter(variant__brand__in=brands_of(person_of(request)))
            sessions = sessions.filter(id__in=slots.values("session_id"))
        return [(session.id, session.title) for session in sessions[:MOST_SHOWS]]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the show that is chosen; an unknown one has none."""
        chosen = self.value()
        return queryset.filter(session_id=str(chosen)) if chosen else queryset


class LineShowFilter(ShowFilter):
    """Lines of one show, read between its first order and its last: ids are in the order of time."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the lines of the show that is chosen."""
        rows, chosen = super().queryset(request, queryset), self.value()
        if not chosen:
            return rows
        orders = Order.objects.filter(session_id=str(chosen)).order_by("id").values_list("id", flat=True)
        first, last = orders.first(), orders.last()
        return rows.filter(order_id__gte=first, order_id__lte=last) if first and last else rows.none()


class ShipForm(ActionForm):
    """The parcel."""

    carrier = forms.RegexField(r"\A[\w .&-]{1,40}\Z", initial=CARRIER, max_length=40)
    tracking_number = forms.RegexField(r"\A[A-Za-z0-9-]{4,60}\Z", max_length=60)


class ShipForBrandForm(ShipForm):
    """The parcel, and whose."""

    brand = forms.ChoiceField()
    field_order = ("brand", "carrier", "tracking_number")
