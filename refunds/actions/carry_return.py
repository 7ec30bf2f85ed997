"""The goods travel back: sent by the buyer, received and inspected by the seller."""

from datetime import datetime

from marketplace import idempotency
from marketplace.lib.atomic import action
from refunds.cases import grant, move, open_case, restock
from refunds.models import Return
from refunds.return_states import State


def send_back(*, return_id: str, carrier: str, tracking_number: str, actor: str, now: datetime) -> Return:
    """Note the parcel in which the buyer sends the goods back. Raises WrongReturnState, DeadlinePassed."""
    with action():
        case = open_case(return_id, "send_back", now=now)
        parcel = {"carrier": carrier, "tracking_number": tracking_number}
        move(case, State.IN_TRANSIT, actor=actor, now=now, **parcel)
        idempotency.remember(case.row)
    return case.row


def receive_return(*, return_id: str, actor: str, now: datetime) -> Return:
    """Note that the parcel has arrived; the time to inspect it has begun when it was sent."""
    with action():
        case = open_case(return_id, "receive", now=now)
        move(case, State.RECEIVED, actor=actor, now=now)
        idempotency.remember(case.row)
    return case.row


def accept_goods(*, return_id: str, actor: str, note: str = "", now: datetime) -> Return:
    """Find the goods in order: the money goes back, the units go back on the shelf."""
    with action():
        case = open_case(return_id, "accept_goods", now=now)
        restock(case, now=now)
        grant(case, State.REFUNDED, actor=actor, now=now, note=note)
        idempotency.remember(case.row)
    return case.row


def refuse_goods(*, return_id: str, actor: str, note: str, now: datetime) -> Return:
    """Refuse the goods at inspection, saying why; the buyer may dispute that."""
    with action():
        case = open_case(return_id, "refuse_goods", now=now)
        move(case, State.REFUSED, actor=actor, now=now, note=note)
        idempotency.remember(case.row)
    return case.row
