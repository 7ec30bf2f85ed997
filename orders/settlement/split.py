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


class Funded(NamedTuple):
    """What others than the brand pay of the discounts on a sale, as far as the money stays."""

    platform: Money
    streamer: Money


def settle_sale(paid: Money, funded: Funded, *, rate_bp: int, agency_share_bp: int, fee_bp: int) -> Parts:
    """Return who gets what of a sale with discounts.

    The marketplace's discount is shared as if the buyer had paid it. The streamer's goes to the brand whole;
    where it is more than their commission their part is negative.

    Args:
        paid: what the buyer paid for the line and did not get back, without freight.
        funded: what others pay of its discounts.
        rate_bp: the commission.
        agency_share_bp: the agency's share of that.
        fee_bp: the marketplace's fee.
    """
    parts = split(paid + funded.platform, rate_bp=rate_bp, agency_share_bp=agency_share_bp, fee_bp=fee_bp)
    return with_streamer_funding(parts, funded.streamer)


def with_streamer_funding(parts: Parts, money: Money) -> Parts:
    """Return the parts when the streamer gives so much of their own to the brand."""
    return parts._replace(brand=parts.brand + money, streamer=parts.streamer - money)


def split(base: Money, *, rate_bp: int, agency_share_bp: int, fee_bp: int) -> Parts:
    """Return the parts of the base: what a buyer paid and the marketplace added, without freight.

    Brand, commission and platform fee share by largest remainder; of equal remainders the brand's goes first,
    the fee's last. The agency has its share of the commission. Commission goes before the fee where both
    together would be more than there is; the brand keeps the rest.
    """
    fee_bp = min(fee_bp, BASIS_POINTS - rate_bp)
    brand, commission, platform = base.split([BASIS_POINTS - rate_bp - fee_bp, rate_bp, fee_bp])
    streamer, agency = commission.split([BASIS_POINTS - agency_share_bp, agency_share_bp])
    return Parts(brand, streamer, agency, platform)


def split_fee(held: Money, paid: Money, *, agency_share_bp: int) -> Parts:
    """Return who has how much of a slot fee of which so much is paid; the brand has the rest back."""
    streamer, agency = paid.split([BASIS_POINTS - agency_share_bp, agency_share_bp])
    return Parts(held - paid, streamer, agency, Money(0, held.currency))


def part_back(left: Parts, refund: Money) -> Parts:
    """Return what each gives back of a refund, by what each has left; the last refund takes all of it.

    Nobody gives back more than they have left, for a refund of at most the sum of ``left``.
    """
    return Parts(*refund.split([part.amount for part in left]))
