"""How a sale is split between brand, streamer, agency and marketplace. Pure; parts always sum to the whole.

``orders.settlement.due`` says the same in SQL for millions of lines.
"""

from typing import NamedTuple

from marketplace.lib.money import BASIS_POINTS, Money


class Parts(NamedTuple):
    """Who gets how much of one sale, or gives how much of it back."""

    brand: Money
    streamer: Money
    agency: Money
    platform: Money


def split(base: Money, *, rate_bp: int, agency_share_bp: int, fee_bp: int) -> Parts:
    """Return the parts of what a buyer paid for a line, without freight.

    Brand, commission and platform fee share by largest remainder; of equal remainders the brand's goes first,
    the fee's last. The agency has its share of the commission. Commission goes before the fee where both
    together would be more than there is; the brand keeps the rest.
    """
    fee_bp = min(fee_bp, BASIS_POINTS - rate_bp)
    brand, commission, platform = base.split([BASIS_POINTS - rate_bp - fee_bp, rate_bp, fee_bp])
    streamer, agency = commission.split([BASIS_POINTS - agency_share_bp, agency_share_bp])
    return Parts(brand, streamer, agency, platform)


def part_back(left: Parts, refund: Money) -> Parts:
    """Return what each gives back of a refund, by what each has left; the last refund takes all of it.

    Nobody gives back more than they have left, for a refund of at most the sum of ``left``.
    """
    return Parts(*refund.split([part.amount for part in left]))
