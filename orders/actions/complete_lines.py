"""The return window is over: the sale is final."""

from datetime import datetime

from marketplace.lib.atomic import action
from orders import news
from orders.models import OrderLine
from orders.states import Line, advance_lines, lock_free_orders, order_state

ACTOR = "completion"


def complete_lines(*, now: datetime, limit: int = 100) -> int:
    """Complete up to ``limit`` delivered lines whose return window is over, and return how many."""
    with action():
        due = OrderLine.objects.filter(state=Line.DELIVERED, return_by__lte=now).order_by("return_by")
        completed = 0
        for order, lines in lock_free_orders(due.values_list("order_id", flat=True)[:limit]):
            over = [
                line
                for line in lines
                if line.state == Line.DELIVERED and line.return_by is not None and line.return_by <= now
            ]
            if over:
                was = order_state(lines, at=now)
                advance_lines(over, Line.COMPLETED, actor=ACTOR, now=now)
                news.order_changed(order, lines, was=was, now=now)
                completed += len(over)
    return completed
