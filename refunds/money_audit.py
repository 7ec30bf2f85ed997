"""What the ledger says of buyers' money, held against orders, payments, refunds and payouts. Only reads.

What is in escrow is, order by order, the money of its open lines: paid, not settled, not refunded. A line
that was cancelled is open until the gateway has given its money back, and so is money that came late.
Settlement posts many lines at once: what it took of each order is read from the settled lines.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from marketplace.lib.findings import Finding
from marketplace.lib.ids import as_id
from marketplace.lib.money import Money

_ESCROW = """
SELECT order_id, currency, SUM(held), SUM(open) FROM (
    SELECT CASE WHEN substr(transfer.subject, 1, 4) = 'ord_' THEN substr(transfer.subject, 5) ELSE '' END
            AS order_id,
        account.currency AS currency, SUM(entry.amount) AS held, 0 AS open
    FROM ledger_entry entry
    JOIN ledger_account account ON account.id = entry.account_id AND account.kind = 'escrow'
    JOIN ledger_transfer transfer ON transfer.id = entry.transfer_id
    GROUP BY 1, 2
    UNION ALL
    SELECT {order_id}, currency, 0, SUM(amount - refunded) FROM orders_orderline line
    WHERE state IN ('paid', 'shipped', 'delivered', 'completed') AND NOT EXISTS (
        SELECT 1 FROM orders_settledline settled WHERE settled.line_id = line.id AND settled.refund = ''
    )
    GROUP BY 1, 2
    UNION ALL
    SELECT {order_id}, currency, SUM(discount + refunded - gross), 0 FROM orders_settledline
    WHERE refund = '' GROUP BY 1, 2
    UNION ALL
    SELECT '', currency, SUM(gross - discount - refunded), 0 FROM orders_settledline
    WHERE refund = '' GROUP BY 2
    UNION ALL
    SELECT {order_id}, currency, 0, SUM(amount) FROM refunds_refund WHERE state <> 'done' GROUP BY 1, 2
    UNION ALL
    SELECT '', currency, 0, SUM(amount) FROM orders_slotfee WHERE state = 'held' GROUP BY 1, 2
    UNION ALL
    SELECT {order_id}, currency, 0, SUM(amount) FROM orders_payment payment
    WHERE state = 'captured_late'
        AND NOT EXISTS (SELECT 1 FROM refunds_refund refund WHERE refund.payment_id = payment.id)
    GROUP BY 1, 2
) summed
GROUP BY order_id, currency HAVING SUM(held) <> SUM(open) ORDER BY order_id, currency
"""

_CLEARING = """
SELECT currency, SUM(kept), SUM(told) FROM (
    SELECT currency, -balance AS kept, 0 AS told FROM ledger_account WHERE kind = 'gateway_clearing'
    UNION ALL
    SELECT currency, 0, SUM(amount - refunded) FROM orders_payment
    WHERE state IN ('captured', 'captured_late', 'partly_refunded', 'refunded') GROUP BY currency
    UNION ALL
    SELECT currency, 0, -SUM(amount) FROM orders_receivedpayout GROUP BY currency
) summed
GROUP BY currency HAVING SUM(kept) <> SUM(told) ORDER BY currency
"""

_UNPOSTED_PAYOUTS = """
SELECT payout.id, payout.gateway_id FROM orders_receivedpayout payout
WHERE NOT EXISTS (
    SELECT 1 FROM ledger_transfer transfer WHERE transfer.key = 'gateway_payout:' || payout.gateway_id
)
ORDER BY payout.id
"""


def findings() -> Iterator[Finding]:
    """Yield every order, currency or payout about which the ledger and the rest disagree."""
    order_id = "replace(CAST(order_id AS text), '-', '')"
    for digits, currency, held, open_ in _rows(_ESCROW.format(order_id=order_id)):
        subject = as_id("ord", digits) if digits else "escrow"
        detail = f"{_money(held, currency)} in escrow, open lines have {_money(open_, currency)}"
        yield Finding("ledger.escrow_differs", subject, detail)
    for currency, kept, told in _rows(_CLEARING):
        detail = f"{_money(kept, currency)} at the gateway, payments and payouts say {_money(told, currency)}"
        yield Finding("ledger.clearing_differs", currency, detail)
    for payout, gateway_id in _rows(_UNPOSTED_PAYOUTS):
        yield Finding("ledger.payout_not_posted", as_id("rpo", payout), f"{gateway_id} is in no transfer")


def _money(amount: Any, currency: str) -> Money:
    return Money(int(amount), currency)


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
