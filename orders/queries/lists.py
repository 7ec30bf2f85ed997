"""Lists of orders: one page costs the same however many orders there are."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from orders.models import Order, OrderLine
from orders.states import Line

#: What an expanded field needs to be read along, once for the whole page.
PREFETCHES = {"payments": "payments", "shipments": "shipments", "history": "lines__history"}


def with_relations(orders: QuerySet[Order], expanded: Iterable[str]) -> QuerySet[Order]:
    """Read the lines along, and what else is expanded."""
    return orders.prefetch_related("lines", *(PREFETCHES[name] for name in expanded))


def orders_of_buyer(buyer_id: str) -> QuerySet[Order]:
    """Return the orders of one buyer."""
    return Order.objects.filter(buyer_id=buyer_id)


def last_address(buyer_id: str) -> dict[str, str] | None:
    """Return where the buyer's last order that has an address ships to, None for a first order."""
    addressed = orders_of_buyer(buyer_id).filter(address__isnull=False).order_by("-id")
    return addressed.values_list("address", flat=True).first()


def orders_of_session(session_id: str) -> QuerySet[Order]:
    """Return the orders of one show."""
    return Order.objects.filter(session_id=session_id)


def order_ids_of_brand(
    brand_id: str, *, to_ship: bool, after: str = "", before: str = "", limit: int
) -> list[str]:
    """Return up to ``limit`` ids of orders with lines of a brand, newest first, straight from an index.

    Args:
        brand_id: the brand.
        to_ship: only those with paid lines, that wait to be shipped.
        after: an order's id; only older ones.
        before: an order's id; only newer ones, the nearest to it.
        limit: how many.
    """
    lines = OrderLine.objects.filter(brand_id=brand_id)
    if to_ship:
        lines = lines.filter(state=Line.PAID)
    if after:
        lines = lines.filter(order_id__lt=after)
    if before:
        lines = lines.filter(order_id__gt=before)
    ordered = lines.order_by("order_id" if before else "-order_id")
    ids = list(ordered.values_list("order_id", flat=True).distinct()[:limit])
    return ids[::-1] if before else ids


def in_order(orders: QuerySet[Order], ids: Sequence[str]) -> list[Order]:
    """Return these orders in the order of the ids."""
    found = {order.id: order for order in orders.filter(id__in=ids)}
    return [found[id_] for id_ in ids]
