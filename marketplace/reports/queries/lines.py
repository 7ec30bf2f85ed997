"""Which order lines a figure is about: of products, streamers, brands or shows. All are found by index."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from django.db.models import QuerySet

from orders.models import OrderLine
from streams.models import Slot


class Whose(StrEnum):
    """What figures are kept of."""

    PRODUCT = "product"
    STREAMER = "streamer"
    BRAND = "brand"
    SESSION = "session"

    @property
    def column(self) -> str:
        """Return the column of a line that names it."""
        return f"{self.value}_id"


_SLOTS_BY = {
    Whose.PRODUCT: "variant__product_id__in",
    Whose.STREAMER: "session__streamer_id__in",
    Whose.SESSION: "session_id__in",
}


def lines_of(whose: Whose, ids: Collection[str]) -> QuerySet[OrderLine]:
    """Return the lines of brands by their index, of anything else by the index of its slots."""
    if whose is Whose.BRAND:
        return OrderLine.objects.filter(brand_id__in=set(ids)).order_by()
    slots = Slot.objects.filter(**{_SLOTS_BY[whose]: set(ids)}).order_by()
    return OrderLine.objects.filter(slot_id__in=slots.values("id")).order_by()


def lines_in(session_id: str, brand_ids: Iterable[str] | None) -> QuerySet[OrderLine]:
    """Return the lines of a show, all of them or those of some brands."""
    lines = lines_of(Whose.SESSION, [session_id])
    return lines if brand_ids is None else lines.filter(brand_id__in=list(brand_ids))
