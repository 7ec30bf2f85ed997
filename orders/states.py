"""The lives of lines and payments: the graphs, and the only way along them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from django.db import connection
from django.db.models import F

from marketplace.lib import bulk, rows
from marketplace.lib.atomic import require_transaction
from orders.errors import WrongOrderState
from orders.ledger import tripwire
from orders.models import LineHistory, Order, OrderLine, Payment

Line = OrderLine.State
Pay = Payment.State

LINE_TRANSITIONS: dict[str, frozenset[str]] = {
    Line.PENDING_PAYMENT: frozenset({Line.PAID, Line.EXPIRED, Line.CANCELLED}),
    Line.PAID: frozenset({Line.SHIPPED, Line.CANCELLED}),
    Line.SHIPPED: frozenset({Line.DELIVERED, Line.REFUNDED}),
    Line.DELIVERED: frozenset({Line.COMPLETED, Line.REFUNDED}),
    Line.COMPLETED: frozenset({Line.REFUNDED}),
    Line.EXPIRED: frozenset({Line.PAID}),  # money that came late, and the units could be held again
    Line.CANCELLED: frozenset(),
    Line.REFUNDED: frozenset(),
}

PAYMENT_TRANSITIONS: dict[str, frozenset[str]] = {
    Pay.CREATED: frozenset({Pay.PROCESSING, Pay.CAPTURED, Pay.CAPTURED_LATE, Pay.FAILED}),
    Pay.PROCESSING: frozenset({Pay.CAPTURED, Pay.CAPTURED_LATE, Pay.FAILED}),
    Pay.CAPTURED: frozenset({Pay.PARTLY_REFUNDED, Pay.REFUNDED}),
    Pay.CAPTURED_LATE: frozenset({Pay.CAPTURED, Pay.REFUNDED}),
    Pay.PARTLY_REFUNDED: frozenset({Pay.REFUNDED}),
    Pay.FAILED: frozenset(
        {Pay.CAPTURED_LATE}
    ),  # the gateway said no, or nothing, and took the money after all
    Pay.REFUNDED: frozenset(),
}

#: States in which a line holds units, or has taken them for good: what came back was sold in its show all
#: the same, so the slot's allocation does not open again.
TAKES_UNITS = frozenset(
    {Line.PENDING_PAYMENT, Line.PAID, Line.SHIPPED, Line.DELIVERED, Line.COMPLETED, Line.REFUNDED}
)

#: Payments of which an order has one at most: they hold its money, or may yet take it.
STANDING = frozenset({Pay.CREATED, Pay.PROCESSING, Pay.CAPTURED, Pay.PARTLY_REFUNDED})

#: States that mean money: who moves an order's line or payment there posts a transfer about the order. A line
#: is refunded when its refund is promised; the money moves when the gateway has made it, with the payment.
LINE_MEANS_MONEY = frozenset({Line.PAID})
PAYMENT_MEANS_MONEY = frozenset({Pay.CAPTURED, Pay.CAPTURED_LATE, Pay.PARTLY_REFUNDED, Pay.REFUNDED})

_MOVE_LINES = "UPDATE orders_orderline SET state = %s WHERE state = %s AND id"
_HISTORY = ("line_id", "from_state", "to_state", "actor", "at")

#: From the least to the most advanced; an order stands where its least advanced open line stands.
_ORDER_OF_PROGRESS: tuple[str, ...] = (
    Line.PENDING_PAYMENT, Line.PAID, Line.SHIPPED, Line.DELIVERED, Line.COMPLETED,
    Line.REFUNDED, Line.CANCELLED, Line.EXPIRED,
)  # fmt: skip


def line_state(line: OrderLine, *, at: datetime) -> str:
    """Return the state in which a line reads at a moment: unpaid is expired once ``pay_by`` has come."""
    overdue = line.state == Line.PENDING_PAYMENT and line.pay_by <= at
    return Line.EXPIRED if overdue else line.state


def order_state(lines: Iterable[OrderLine], *, at: datetime) -> str:
    """Return the state in which an order reads at a moment, from its lines."""
    return min((line_state(line, at=at) for line in lines), key=_ORDER_OF_PROGRESS.index)


def lock_order(order_id: str) -> tuple[Order, list[OrderLine]]:
    """Lock an order's row and return it with its lines; raises Order.DoesNotExist."""
    locked = rows.lock(Order, [order_id])
    if not locked:
        raise Order.DoesNotExist
    return locked[0], rows.where(OrderLine, "order_id = %s ORDER BY id", [order_id[-32:]])


def lock_free_orders(order_ids: Iterable[str]) -> list[tuple[Order, list[OrderLine]]]:
    """Lock those of these orders that nobody else holds, by id, and return them with their lines."""
    wanted = set(order_ids)
    if not wanted:
        return []
    orders = rows.lock(Order, wanted, skip_locked=True)
    locked: dict[str, tuple[Order, list[OrderLine]]] = {order.id: (order, []) for order in orders}
    for line in sorted(rows.fetch(OrderLine, locked, by="order"), key=attrgetter("id")):
        locked[line.order_id][1].append(line)
    return list(locked.values())


def advance_lines(lines: Sequence[OrderLine], to: str, *, actor: str, now: datetime) -> None:
    """Move lines, all from one state, to another, or raise WrongOrderState and change nothing.

    The UPDATE is guarded by the state that the caller saw: of two that try, one wins. An action that moves
    lines to a state that means money must post a transfer about their order.
    """
    require_transaction()
    came_from = lines[0].state
    if to not in LINE_TRANSITIONS[came_from]:
        raise WrongOrderState(data={"state": came_from, "allowed": sorted(LINE_TRANSITIONS[came_from])})
    condition, ids = rows.any_of([line.id for line in lines])
    with connection.cursor() as cursor:
        cursor.execute(f"{_MOVE_LINES} {condition}", [to, came_from, *ids])
        if cursor.rowcount != len(lines):
            raise WrongOrderState(data={"state": came_from})
    if to in LINE_MEANS_MONEY:
        for order_id in {line.order_id for line in lines}:
            tripwire.expect(order_id)
    at = connection.ops.adapt_datetimefield_value(now)
    steps = [(line.id[-32:], came_from, to, actor, at) for line in lines]
    bulk.insert(LineHistory, _HISTORY, steps)
    for line in lines:
        line.state = to


def advance_payment(
    payment: Payment, to: str, *, now: datetime, gateway_id: str = "", failure_code: str = ""
) -> None:
    """Move a payment to another state, or raise WrongOrderState and change nothing.

    ``gateway_id`` is the gateway's name for it, once known; ``failure_code`` says why it failed.
    """
    require_transaction()
    came_from = payment.state
    if to not in PAYMENT_TRANSITIONS[came_from]:
        raise WrongOrderState(data={"state": came_from, "allowed": sorted(PAYMENT_TRANSITIONS[came_from])})
    gateway_id = gateway_id or payment.gateway_id
    moved = {"state": to, "gateway_id": gateway_id, "failure_code": failure_code, "updated_at": now}
    if not rows.update(Payment, payment.id, moved, state=came_from):
        raise WrongOrderState(data={"state": came_from})
    if to in PAYMENT_MEANS_MONEY:
        tripwire.expect(payment.order_id)
    payment.state, payment.updated_at = to, now
    payment.gateway_id, payment.failure_code = gateway_id, failure_code


def add_refunded(payment: Payment, amount: int, *, now: datetime) -> None:
    """Count money that went back, never more than was paid, and move the payment with it.

    Raises:
        WrongOrderState: the payment holds no money, or less than this.
    """
    require_transaction()
    whole = payment.refunded + amount == payment.amount
    to = Pay.REFUNDED if whole else Pay.PARTLY_REFUNDED
    if payment.state != to:
        advance_payment(payment, to, now=now)
    guarded = Payment.objects.filter(
        id=payment.id, refunded=payment.refunded, amount__gte=F("refunded") + amount
    )
    if not guarded.update(refunded=F("refunded") + amount, updated_at=now):
        raise WrongOrderState(data={"state": payment.state, "refunded": payment.refunded})
    tripwire.expect(payment.order_id)
    payment.refunded += amount
