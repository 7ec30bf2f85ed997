"""What must always hold in orders, payments and the inbox, and what was found not to. Only reads.

Counters are compared with the lines in one statement each: while a shop is selling, it sees one moment.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from marketplace.lib.findings import Finding
from marketplace.lib.prepared import prepared, prepared_values
from marketplace.models import Brand, StockLevel, User, Variant
from orders.models import InboundWebhook, Order, OrderLine, Payment
from orders.states import STANDING, TAKES_UNITS, Line, Pay
from streams.models import Deal, Session, Slot

#: A message that waits longer than this will not be applied by itself.
LONGEST_WAIT = timedelta(minutes=5)

_HOLDS_UNITS = frozenset({Line.PENDING_PAYMENT, Line.PAID})
_PAID_FOR = frozenset({Line.PAID, Line.SHIPPED, Line.DELIVERED, Line.COMPLETED})
_MONEY_HERE = frozenset({Pay.CAPTURED, Pay.PARTLY_REFUNDED})

#: What lines point at without a constraint of the database.
_TARGETS: dict[str, type[Model]] = {
    "order_id": Order,
    "buyer_id": User,
    "session_id": Session,
    "slot_id": Slot,
    "deal_id": Deal,
    "variant_id": Variant,
    "brand_id": Brand,
}


def findings(now: datetime) -> list[Finding]:
    """Return every broken invariant of orders, payments and gateway messages."""
    checks = (_miscounted(), _orphans(), _amounts(), _payments(), _doubles(), _inbox(now))
    return [finding for check in checks for finding in check]


def _miscounted() -> Iterator[Finding]:
    """Units held and taken are those of the lines."""
    yield from _compare(StockLevel, "variant_id", "held", lines_by="variant_id", states=_HOLDS_UNITS)
    yield from _compare(Slot, "id", "taken", lines_by="slot_id", states=TAKES_UNITS)
    yield from _compare(Deal, "id", "taken", lines_by="deal_id", states=TAKES_UNITS)


def _compare(
    model: type[Model], key: str, counter: str, *, lines_by: str, states: Iterable[str]
) -> Iterator[Finding]:
    wanted = sorted(states)
    marks = ", ".join(["%s"] * len(wanted))
    counted = (
        f"SELECT {lines_by} AS place, SUM(quantity) AS units FROM {OrderLine._meta.db_table}"  # noqa: S608, SLF001 - constants only
        f" WHERE state IN ({marks}) GROUP BY {lines_by}"
    )
    rows = model._default_manager.raw(  # noqa: SLF001 - Django's documented name
        f"SELECT c.*, COALESCE(s.units, 0) AS units FROM {model._meta.db_table} c"  # noqa: S608, SLF001 - constants only
        f" LEFT JOIN ({counted}) s ON s.place = c.{key}"
        f" WHERE c.{counter} <> COALESCE(s.units, 0) ORDER BY c.id",
        wanted,
    )
    for row in rows:
        detail = f"{counter} is {getattr(row, counter)}, its lines have {row.units}"  # type: ignore[attr-defined]  # of the statement
        yield Finding(f"order.{model._meta.model_name}_miscounted", str(row.pk), detail)  # noqa: SLF001 - Django's documented name


def _orphans() -> Iterator[Finding]:
    """Every order has lines, and lines point at rows that exist."""
    for order in _orders_without_lines():
        yield Finding("order.without_lines", order.id, "has no lines")
    lines = OrderLine._meta.db_table  # noqa: SLF001 - Django's documented name
    lost = " UNION ALL ".join(
        f"SELECT line.*, '{column}' AS pointer FROM {lines} line WHERE line.{column} IS NOT NULL"  # noqa: S608 - constants only
        f" AND NOT EXISTS (SELECT 1 FROM {model._meta.db_table} there WHERE there.id = line.{column})"  # noqa: SLF001 - Django's documented name
        for column, model in _TARGETS.items()
    )
    for line in OrderLine.objects.raw(lost):
        pointer = line.pointer  # type: ignore[attr-defined]  # of the statement
        detail = f"{pointer} {getattr(line, pointer)} does not exist"
        yield Finding("order.orphan_line", line.id, detail)


@prepared
def _orders_without_lines() -> QuerySet[Order]:
    return Order.objects.filter(~Exists(OrderLine.objects.filter(order_id=OuterRef("id"))))


def _amounts() -> Iterator[Finding]:
    """An order's amount is the sum of its lines, a line's that of its units."""
    for order in _orders_of_other_amount():
        yield Finding("order.wrong_amount", order.id, f"{order.amount}, its lines sum to {order.summed}")
    for line in _lines_of_other_amount():
        yield Finding("order.wrong_line_amount", line.id, f"{line.amount}, not {line.quantity} units")
    for line in _lines_unlike_their_order():
        yield Finding("order.line_differs", line.id, "its currency, buyer or time to pay is not the order's")


@prepared
def _orders_of_other_amount() -> QuerySet[Any]:
    return Order.objects.annotate(summed=Coalesce(Sum("lines__amount"), 0)).exclude(summed=F("amount"))


@prepared
def _lines_of_other_amount() -> QuerySet[OrderLine]:
    return OrderLine.objects.exclude(amount=F("unit_price") * F("quantity"))


@prepared
def _lines_unlike_their_order() -> QuerySet[OrderLine]:
    return OrderLine.objects.exclude(
        order__currency=F("currency"), order__buyer_id=F("buyer_id"), order__pay_by=F("pay_by")
    )


def _payments() -> Iterator[Finding]:
    """An order is paid for when, and only when, its whole amount has been captured."""
    for order in _paid_without_money():
        yield Finding("order.paid_without_money", order.id, f"{order.captured} of {order.amount} captured")
    for payment in _payments_of_unpaid_orders():
        yield Finding(
            "payment.order_not_paid", payment.id, f"{payment.state}, order {payment.order_id} is not paid"
        )
    for payment in _payments_of_other_amount():
        yield Finding("payment.wrong_amount", payment.id, f"{payment.total} for {payment.order.total}")


@prepared
def _paid_without_money() -> QuerySet[Any]:
    captured = (
        Payment.objects.filter(order=OuterRef("id"), state__in=_MONEY_HERE)
        .order_by()
        .values("order")
        .annotate(captured=Sum("amount"))
    )
    lines = OrderLine.objects.filter(order_id=OuterRef("id"))
    paid = Order.objects.filter(Exists(lines.filter(state__in=_PAID_FOR)))
    unpaid = paid.annotate(captured=Coalesce(Subquery(captured.values("captured")), 0))
    return unpaid.exclude(captured=F("amount"))


@prepared
def _payments_of_unpaid_orders() -> QuerySet[Payment]:
    waiting = OrderLine.objects.filter(
        order_id=OuterRef("order_id"), state__in=[Line.PENDING_PAYMENT, Line.EXPIRED]
    )
    return Payment.objects.filter(Exists(waiting), state__in=_MONEY_HERE)


@prepared
def _payments_of_other_amount() -> QuerySet[Payment]:
    return Payment.objects.exclude(amount=F("order__amount"), currency=F("order__currency"))


def _doubles() -> Iterator[Finding]:
    """There is one of each."""
    for order, payments in _several_standing():
        yield Finding("payment.several_standing", order, f"{payments} standing payments")
    for buyer, orders in _keys_used_twice():
        yield Finding("order.key_used_twice", buyer, f"{orders} orders under one key")


@prepared_values
def _several_standing() -> QuerySet[Payment, tuple[str, int]]:
    orders = Payment.objects.filter(state__in=STANDING).order_by().values("order_id")
    return orders.annotate(payments=Count("id")).filter(payments__gt=1).values_list("order_id", "payments")


@prepared_values
def _keys_used_twice() -> QuerySet[Order, tuple[str, int]]:
    keys = Order.objects.order_by().values("buyer_id", "key").annotate(orders=Count("id"))
    return keys.filter(orders__gt=1).values_list("buyer_id", "orders")


def _inbox(now: datetime) -> Iterator[Finding]:
    """Messages of the gateway are applied within minutes."""
    for message in _waiting_messages(now - LONGEST_WAIT):
        yield Finding("gateway.message_not_applied", message.id, f"{message.type or 'unread'} waits")


@prepared
def _waiting_messages(since: datetime) -> QuerySet[InboundWebhook]:
    return InboundWebhook.objects.filter(applied_at=None, received_at__lt=since).order_by("received_at")
