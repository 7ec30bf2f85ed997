"""Who pays for a discount: the accounts of funders, and what streamers owe to theirs."""

from marketplace.lib.money import Money
from orders.ledger.accounts import Leg, credit, debit

#: Owner of the account of what the marketplace pays of discounts.
PLATFORM = "platform"


def streamer_pays(streamer_id: str, money: Money) -> list[Leg]:
    """Return the legs by which a streamer pays for discounts at their cost, or gets it back when negative."""
    return [
        debit("streamer_payable", money, owner=streamer_id),
        credit("coupon_funding", money, owner=streamer_id),
    ]
