"""The only writer of what has been taken from slots and deals. Every step runs inside a caller's transaction."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.db import connection
from django.db.models import F, Model, QuerySet

from marketplace.lib.atomic import require_transaction
from streams.errors import QuotaConflict
from streams.models import Deal, Slot

Row = TypeVar("Row", bound=Model)


def lock_slots(ids: Iterable[str]) -> dict[str, Slot]:
    """Lock slots in the order of their ids and return them by id."""
    return {slot.id: slot for slot in _locked(Slot.objects.filter(id__in=set(ids)))}


def lock_deals(ids: Iterable[str]) -> dict[str, Deal]:
    """Lock deals in the order of their ids and return them by id."""
    return {deal.id: deal for deal in _locked(Deal.objects.filter(id__in=set(ids)))}


def take(slots: Mapping[str, int], deals: Mapping[str, int]) -> None:
    """Count units (id -> quantity) as taken; the CHECK constraints are the second wall."""
    _count(Slot.objects.all(), slots)
    _count(Deal.objects.all(), deals)


def give_back(slots: Mapping[str, int], deals: Mapping[str, int]) -> None:
    """Count units as no longer taken."""
    _count(Slot.objects.all(), {id_: -quantity for id_, quantity in slots.items()})
    _count(Deal.objects.all(), {id_: -quantity for id_, quantity in deals.items()})


def _locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    require_transaction()
    rows = rows.order_by("id")
    return rows.select_for_update() if connection.features.has_select_for_update else rows


def _count(rows: QuerySet[Row], quantities: Mapping[str, int]) -> None:
    require_transaction()
    for id_, quantity in sorted(quantities.items()):
        if not rows.filter(id=id_, taken__gte=-quantity).update(taken=F("taken") + quantity):
            raise QuotaConflict(data={"id": id_})
