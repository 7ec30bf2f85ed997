"""A buyer asks for money back for units of a line."""

from collections.abc import Sequence
from datetime import datetime

from marketplace import idempotency
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from orders import claims
from orders.models import Hold, Order, OrderLine
from orders.settlement.holds import hold_line
from orders.states import lock_order
from refunds.cases import Case, grant, move, tell
from refunds.eligibility import Wish, judge_line, option_for, value_of
from refunds.errors import EvidenceNeeded, NotReturnable
from refunds.models import Evidence, Return
from refunds.policy import Type
from refunds.return_states import OPEN, State, deadline_of, record
from refunds.trust import check_limits, is_trusted, lock_person

#: Who acts when a trusted buyer is believed at once.
TRUST = "trust"


def request_return(
    *,
    line_id: str,
    buyer_id: str,
    wish: Wish,
    text: str = "",
    evidence: Sequence[str] = (),
    now: datetime,
) -> Return:
    """Ask for money back; a trusted buyer's request is approved at once, and paid when nothing comes back.

    Args:
        line_id: the line.
        buyer_id: who bought it.
        wish: how many units, why, and whether they come back.
        text: what the buyer says, at most 1,000 characters.
        evidence: ids of files that the buyer has uploaded for it.
        now: the time.

    Raises:
        NotFound: the buyer has no such line, or no such file.
        NotReturnable: policy, time or state of the line do not allow it.
        UnitsClaimed: other returns have the units.
        EvidenceNeeded: such a claim has to show a file.
        LimitReached: the buyer has asked too often.
    """
    with action():
        order, lines = _lock(line_id, buyer_id)
        line = next(each for each in lines if each.id == line_id)
        option = option_for(judge_line(line, now=now), wish)
        check_limits(line, now=now)
        if wish.type in option.evidence_for and not evidence:
            raise EvidenceNeeded(param="evidence")
        row = _insert(line, wish, text, now=now)
        attached = Evidence.objects.filter(id__in=evidence, owner_id=buyer_id, case=None).update(case=row)
        if attached != len(set(evidence)):
            raise NotFound(param="evidence")
        case = Case(row, order, lines)
        tell(row, now=now)
        if is_trusted(buyer_id, row.total, now=now):
            _believe(case, now=now)
        if row.state in OPEN:
            hold_line(line, reason=Hold.Reason.RETURN, subject=row.id, now=now)
        idempotency.remember(row)
    return row


def _lock(line_id: str, buyer_id: str) -> tuple[Order, list[OrderLine]]:
    mine = OrderLine.objects.filter(id=line_id, buyer_id=buyer_id)
    order_id = mine.values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound(param="line")
    lock_person(buyer_id)
    return lock_order(order_id)


def _insert(line: OrderLine, wish: Wish, text: str, *, now: datetime) -> Return:
    value = value_of(line, wish)
    if value.amount < 1:
        raise NotReturnable(data={"line": line.id, "why": "amount"})
    claims.claim(line, wish.units)
    row = Return.objects.create(
        line=line,
        order_id=line.order_id,
        buyer_id=line.buyer_id,
        brand_id=line.brand_id,
        type=wish.type,
        reason=wish.reason,
        text=text,
        units=wish.units,
        share=wish.share,
        amount=value.amount,
        currency=value.currency,
        deadline=deadline_of(State.REQUESTED, now=now),
        created_at=now,
        updated_at=now,
    )
    record(row, "", actor=line.buyer_id, note=text, now=now)
    return row


def _believe(case: Case, *, now: datetime) -> None:
    move(case, State.APPROVED, actor=TRUST, now=now, instant=True)
    if case.row.type == Type.REFUND_ONLY:
        grant(case, State.REFUNDED, actor=TRUST, now=now)
