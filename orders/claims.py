"""Steps that count what came back of a line: never more units than it has, never more money than it cost.

The caller has locked the order. Each UPDATE is guarded for itself, so a lock forgotten gives a refusal and
not a second refund.
"""

from django.db.models import F

from marketplace.lib.atomic import require_transaction
from orders.errors import UnitsClaimed, WrongOrderState
from orders.models import OrderLine


def claim(line: OrderLine, units: int) -> None:
    """Set units of a line aside for one return; raises UnitsClaimed when others have them."""
    require_transaction()
    free = OrderLine.objects.filter(id=line.id, quantity__gte=F("claimed") + units)
    if not free.update(claimed=F("claimed") + units):
        line.refresh_from_db(fields=["claimed"])
        raise UnitsClaimed(data={"line": line.id, "left": line.quantity - line.claimed})
    line.claimed += units


def free(line: OrderLine, units: int) -> None:
    """Let go of units that a return had set aside and that were not paid for; raises WrongOrderState."""
    require_transaction()
    held = OrderLine.objects.filter(id=line.id, claimed__gte=F("returned") + units)
    if not held.update(claimed=F("claimed") - units):
        raise WrongOrderState(data={"line": line.id, "claimed": line.claimed})
    line.claimed -= units


def count_refund(line: OrderLine, amount: int, *, units: int) -> None:
    """Count money that goes back for a line, and the units (may be none) whose whole price that is.

    Who pays for a discount gets its share back in proportion.

    Raises:
        WrongOrderState: the line did not cost that much more than went back already.
    """
    require_transaction()
    covered = OrderLine.objects.filter(
        id=line.id,
        refunded=line.refunded,
        amount__gte=F("refunded") + amount,
        claimed__gte=F("returned") + units,
    )
    platform, streamer = (
        share_back(funding.amount, of=line.amount - line.refunded, back=amount)
        for funding in (line.platform_funding, line.streamer_funding)
    )
    counted = covered.update(
        refunded=F("refunded") + amount,
        returned=F("returned") + units,
        platform_unfunded=F("platform_unfunded") + platform,
        streamer_unfunded=F("streamer_unfunded") + streamer,
    )
    if not counted:
        raise WrongOrderState(data={"line": line.id, "left": line.amount - line.refunded})
    line.refunded += amount
    line.returned += units
    line.platform_unfunded += platform
    line.streamer_unfunded += streamer


def share_back(funded: int, *, of: int, back: int) -> int:
    """Return the share of a funder's discount that goes back to it with a refund, in minor units.

    Args:
        funded: what the discount costs the funder before the refund.
        of: what the buyer has paid and not got back before the refund.
        back: the refund. The last one takes all of the discount.
    """
    return funded * back // of if of else 0
