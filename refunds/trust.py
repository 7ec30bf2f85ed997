"""Who is believed at once, and who asks too often: judged from what a buyer has bought and sent back."""

from datetime import datetime

from django.db import connection
from django.db.models import Count, Q, Sum

from marketplace.errors import LimitReached
from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from marketplace.models import User
from orders.models import OrderLine
from orders.states import Line
from refunds.models import Return
from refunds.policy import LIMITS, TRUSTED
from refunds.return_states import OPEN, PAID_BACK, State


def is_trusted(buyer_id: str, money: Money, *, now: datetime) -> bool:
    """Tell whether a request of this buyer for this much is granted without asking the seller."""
    if money.amount > TRUSTED.most.get(money.currency, 0):
        return False
    kept = Q(state=Line.COMPLETED, refunded=0)
    lines = OrderLine.objects.filter(order__buyer_id=buyer_id).exclude(state=Line.CANCELLED)
    counted = lines.filter(kept | Q(refunded__gt=0)).aggregate(
        kept=Count("id", filter=kept), units=Sum("quantity", default=0)
    )
    if counted["kept"] < TRUSTED.kept_lines:
        return False
    if 100 * _units_paid_back(buyer_id) > TRUSTED.back_percent * counted["units"]:
        return False
    lost = Return.objects.filter(buyer_id=buyer_id, state=State.DECIDED_FOR_SELLER)
    return not lost.filter(updated_at__gt=now - TRUSTED.no_lost_dispute_for).exists()


def _units_paid_back(buyer_id: str) -> int:
    """Return for how many units money was given back, be it a part; of cancelled lines nothing was sent."""
    paid_back = Return.objects.filter(buyer_id=buyer_id, state__in=PAID_BACK)
    counted = paid_back.exclude(line__state=Line.CANCELLED).aggregate(sum=Sum("units", default=0))
    units: int = counted["sum"]
    return units


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
