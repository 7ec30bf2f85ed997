"""The time to pay is over: units go back on sale."""

from datetime import datetime

from marketplace.lib.atomic import action
from orders import news
from orders.queries.due import overdue_orders
from orders.release import give_back
from orders.states import Line, advance_lines, lock_free_orders

ACTOR = "expiry"


def expire_orders(*, now: datetime, limit: int = 100) -> int:
    """Close up to ``limit`` unpaid orders whose time is over, longest overdue first, and return how many.

    Orders that somebody else is working on are left for the next time.
    """
    overdue = overdue_orders(now=now, limit=limit)
    if not overdue:
        return 0
    with action():
        closing = [
            (order, lines)
            for order, lines in lock_free_orders(overdue)
            if order.pay_by <= now and {line.state for line in lines} == {Line.PENDING_PAYMENT}
        ]
        if not closing:
            return 0
        all_lines = [line for _, lines in closing for line in lines]
        advance_lines(all_lines, Line.EXPIRED, actor=ACTOR, now=now)
        for order, lines in closing:
            news.order_changed(order, lines, was=Line.PENDING_PAYMENT, now=now)
        give_back(all_lines, now=now)
    return len(closing)
