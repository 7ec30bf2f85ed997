"""How refunds and returns look in facts."""

from typing import Any

from marketplace.lib.clock import to_wire
from refunds.models import Refund, Return


def refund_to_wire(refund: Refund) -> dict[str, Any]:
    """Return a refund."""
    return {
        "refund": refund.id,
        "order": refund.order_id,
        "payment": refund.payment_id,
        "line": refund.line_id,
        "state": refund.state,
        "reason": refund.reason,
        "amount": refund.total.to_wire(),
    }


def return_to_wire(case: Return) -> dict[str, Any]:
    """Return a return, without what the parties wrote: facts are read by many."""
    return {
        "return": case.id,
        "order": case.order_id,
        "line": case.line_id,
        "brand": case.brand_id,
        "buyer": case.buyer_id,
        "state": case.state,
        "type": case.type,
        "reason": case.reason,
        "units": case.units,
        "amount": case.total.to_wire(),
        "deadline": to_wire(case.deadline) if case.deadline else None,
        "refund": case.refund_id,
    }
