"""Reading what the gateway says of a payout, in an answer and in a message alike."""

from marketplace.lib.money import Money
from orders.payments import wire
from orders.payments.port import GatewayPayout

#: The sum of very many baskets, inside a 64-bit column.
MOST_PAID_OUT = 1_000_000_000_000_000


def payout(data: wire.Object) -> GatewayPayout:
    """Return the payout that an object describes; raise BadForm when it describes none."""
    currency = wire.currency(data)
    amount = wire.whole(data, "amount", low=1, high=MOST_PAID_OUT)
    return GatewayPayout(
        id=wire.text(data, "payout"),
        total=Money(amount, currency),
        fee=Money(wire.whole(data, "fee", low=0, high=amount - 1), currency),
        paid_at=wire.moment(data, "paid_at"),
    )
