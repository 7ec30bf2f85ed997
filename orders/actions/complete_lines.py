"""The return window is over: the sale is final."""

from datetime import datetime

from marketplace.lib.atomic import action
from orders import news
from orders.queries.due import orders_with_final_lines
from orders.states import Line, advance_lines, lock_free_orders, order_state

ACTOR = "completion"


def complete_lines(*, now: datetime, limit: int = 100) -> int:
    """Complete up to ``limit`` delivered lines whose return window is over, and return how many."""
    final = orders_with_final_lines(now=now, limit=limit)
    if not final:
        return 0
    completed = 0
    with action():
        for order, lines in lock_free_orders(final):
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
