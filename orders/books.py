"""What orders post to the ledger: one function for each way in which money moves.

Accounts are locked here, and those locks are the last of a transaction: call these when all else is written.
"""

from datetime import datetime

from marketplace.lib.money import Money
from orders.ledger.accounts import credit, debit
from orders.ledger.post import post
from orders.models import Payment, ReceivedPayout

#: Kinds of transfers, and what each says.
KINDS: dict[str, str] = {
    "capture": "a buyer paid",
    "late_capture": "a buyer paid after the order had closed",
    "refund": "money went back to a buyer",
    "gateway_payout": "the payment company paid into the bank",
    "settlement": "parties got their parts of sales that are final",
    "funding": "streamers paid for the discounts at their cost, or got it back with a refund",
    "fee_held": "a brand's fee for minutes on air is held",
    "fee_settled": "a fee was paid by the minute, and the rest of it returned",
    "payout": "a party was paid what it is owed",
    "claw_back": "parties gave their parts of a settled sale back",
    "opening": "what was held when the ledger began, one for each payment",
    "reversal": "another transfer was taken back",
}


def capture(payment: Payment, *, late: bool, now: datetime) -> None:
    """Post that the gateway has taken a payment: the money is with it, and belongs to nobody yet."""
    post(
        key=f"capture:{payment.id}",
        kind="late_capture" if late else "capture",
        subject=payment.order_id,
        entries=[debit("gateway_clearing", payment.total), credit("escrow", payment.total)],
        at=now,
    )


def refund(payment: Payment, money: Money, *, refund_id: str, now: datetime) -> None:
    """Post that the gateway has given money of a payment back: it leaves escrow."""
    post(
        key=f"refund:{refund_id}",
        kind="refund",
        subject=payment.order_id,
        entries=[debit("escrow", money), credit("gateway_clearing", money)],
        at=now,
    )


def gateway_payout(payout: ReceivedPayout, *, now: datetime) -> None:
    """Post that the gateway has paid into the bank what it held, less its fee."""
    entries = [
        debit("bank", payout.net),
        debit("gateway_fees", payout.total_fee),
        credit("gateway_clearing", payout.total),
    ]
    post(
        key=f"gateway_payout:{payout.gateway_id}",
        kind="gateway_payout",
        subject=payout.id,
        entries=[leg for leg in entries if leg.amount],
        at=now,
    )
