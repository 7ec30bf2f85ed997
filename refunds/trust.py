"""Who is believed at once, and who asks too often: judged from what a buyer has bought and sent back."""

from datetime import datetime

from django.db import connection
from django.db.models import Count, Sum

from marketplace.errors import LimitReached
from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from marketplace.models import User
from orders.models import OrderLine
from orders.states import Line
from refunds.models import Return
from refunds.policy import LIMITS, TRUSTED
from refunds.return_states import OPEN, State


def is_trusted(buyer_id: str, money: Money, *, now: datetime) -> bool:
    """Tell whether a request of this buyer for this much is granted without asking the seller."""
    if money.amount > TRUSTED.most.get(money.currency, 0):
        return False
    kept = OrderLine.objects.filter(order__buyer_id=buyer_id, state__in=[Line.COMPLETED, Line.REFUNDED])
    counted = kept.aggregate(lines=Count("id"), units=Sum("quantity"), back=Sum("returned"))
    if counted["lines"] < TRUSTED.completed_lines:
        return False
    if 100 * counted["back"] > TRUSTED.back_percent * counted["units"]:
        return False
    lost = Return.objects.filter(buyer_id=buyer_id, state=State.DECIDED_FOR_SELLER)
    return not lost.filter(updated_at__gt=now - TRUSTED.no_lost_dispute_for).exists()


def lock_person(user_id: str) -> None:
    """Lock a person's row: what counts against a limit of theirs comes one after another.

    It comes before the locks of orders: docs/locking.md.
    """
    require_transaction()
    if connection.features.has_select_for_update:
        User.objects.select_for_update(no_key=True).get(id=user_id)


def check_limits(line: OrderLine, *, now: datetime) -> None:
    """Raise LimitReached for a buyer who asks too often; ``data.limit`` says how often is allowed.

    The caller has locked the buyer.
    """
    mine = Return.objects.filter(buyer_id=line.buyer_id)
    lately = mine.filter(created_at__gt=now - LIMITS.lately_is)
    for limit, found, why in (
        (LIMITS.per_line, Return.objects.filter(line=line), "This was asked for as often as it can be."),
        (LIMITS.open_per_buyer, mine.filter(state__in=OPEN), "Wait until one of your open returns is over."),
        (LIMITS.lately, lately, f"You can ask {LIMITS.lately} times in {LIMITS.lately_is.days} days."),
    ):
        if found.count() >= limit:
            raise LimitReached(why, data={"limit": limit, "left": 0})
