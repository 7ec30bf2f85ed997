"""How a refund looks in facts."""

from typing import Any

from refunds.models import Refund


def refund_to_wire(refund: Refund) -> dict[str, Any]:
    """Return a refund."""
    return {
        "refund": refund.id,
        "order": refund.order_id,
        "payment": refund.payment_id,
        "state": refund.state,
        "reason": refund.reason,
        "amount": refund.total.to_wire(),
    }
