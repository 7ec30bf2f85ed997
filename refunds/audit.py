"""What must always hold between refunds, payments, returns and lines, and what does not. Only reads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from marketplace.lib.findings import Finding
from orders.models import Hold, OrderLine, Payment, SettledLine
from orders.states import Line, Pay
from refunds import money_audit
from refunds.models import Refund, Return
from refunds.return_states import LETS_GO, OPEN, PAID_BACK, TERMINAL
from refunds.states import MOST_DECLINED

#: Late money that nothing has been done about for so long was forgotten.
LONGEST_WAIT = timedelta(minutes=5)
#: A refund that is so old and has last met an error in place of an answer waits for somebody to look.
LONGEST_SILENCE = timedelta(days=1)

_MONEY_WENT_THROUGH = frozenset({Pay.CAPTURED, Pay.PARTLY_REFUNDED, Pay.REFUNDED})


def findings(now: datetime) -> list[Finding]:
    """Return every broken invariant of refunds."""
    checks = (
        _amounts(), _states(), _cancellations(), _late_money(now), _lines(), _returns(now), _holds(),
        _declined(), _unanswered(now),
    )  # fmt: skip
    return [*chain.from_iterable(checks), *money_audit.findings()]


def _amounts() -> Iterator[Finding]:
    """What payments say went back is what refunds did; no payment promises more than it holds."""
    refunds = Refund.objects.filter(payment=OuterRef("id"))
    done = refunds.filter(state=Refund.State.DONE)
    payments = Payment.objects.annotate(done=_sum(done, "payment"), promised=_sum(refunds, "payment"))
    for payment in payments.filter(~Q(done=F("refunded")) | Q(promised__gt=F("amount"))):
        detail = f"{payment.refunded} of {payment.amount} refunded; {payment.done} done of {payment.promised}"
        yield Finding("refund.wrong_amount", payment.id, detail)


def _declined() -> Iterator[Finding]:
    """No refund is declined again and again: it is tried once a day then, and somebody has to look."""
    for refund in Refund.objects.filter(declined__gte=MOST_DECLINED).exclude(state=Refund.State.DONE):
        yield Finding("refund.declined", refund.id, f"{refund.declined} times, {refund.last_error}")


def _unanswered(now: datetime) -> Iterator[Finding]:
    """No refund goes for a day without an answer: the gateway is away, or does not let us ask."""
    undecided = [Refund.State.CREATED, Refund.State.SENT]
    waiting = Refund.objects.filter(state__in=undecided).exclude(last_error="")
    for refund in waiting.filter(declined__lt=MOST_DECLINED, created_at__lt=now - LONGEST_SILENCE):
        yield Finding("refund.unanswered", refund.id, f"{refund.state}, {refund.last_error}")


def _states() -> Iterator[Finding]:
    """A payment's state says how much of it went back."""
    whole = Q(refunded=F("amount"))
    right = (
        Q(state=Pay.REFUNDED) & whole
        | Q(state=Pay.PARTLY_REFUNDED, refunded__gt=0) & ~whole
        | ~Q(state__in=[Pay.REFUNDED, Pay.PARTLY_REFUNDED]) & Q(refunded=0)
    )
    for payment in Payment.objects.exclude(right):
        yield Finding("refund.wrong_state", payment.id, f"{payment.state}, {payment.refunded} refunded")


def _cancellations() -> Iterator[Finding]:
    """What was cancelled or came back is refunded, and nothing else of a payment that came in time."""
    lines = OrderLine.objects.filter(order_id=OuterRef("order_id"))
    back = lines.annotate(back=Case(When(state=Line.CANCELLED, then="amount"), default="refunded"))
    refunds = Refund.objects.filter(payment=OuterRef("id"))
    payments = Payment.objects.filter(state__in=_MONEY_WENT_THROUGH).exclude(
        refunds__reason=Refund.Reason.LATE_CAPTURE
    )
    compared = payments.annotate(owed=_sum(back, "order_id", of="back"), promised=_sum(refunds, "payment"))
    for payment in compared.exclude(owed=F("promised")):
        yield Finding("refund.not_what_came_back", payment.id, f"{payment.promised}, owed {payment.owed}")


def _late_money(now: datetime) -> Iterator[Finding]:
    """Money that came too late is on its way back."""
    late = Payment.objects.filter(state=Pay.CAPTURED_LATE, refunds=None, updated_at__lt=now - LONGEST_WAIT)
    for payment in late:
        yield Finding("refund.late_money_kept", payment.id, f"{payment.total} since {payment.updated_at}")


def _lines() -> Iterator[Finding]:
    """What a line says came back of it is what its returns say; no line gives back more than it cost."""
    live = Return.objects.filter(line=OuterRef("id")).exclude(state__in=LETS_GO)
    granted = live.filter(state__in=PAID_BACK)
    refunds = Refund.objects.filter(line=OuterRef("id"))
    whole = granted.filter(share=100, refund__amount=F("amount"))
    touched = Q(claimed__gt=0) | Q(refunded__gt=0) | Q(id__in=Return.objects.order_by().values("line"))
    lines = OrderLine.objects.filter(touched).annotate(
        units_claimed=_sum(live, "line", of="units"),
        units_back=_sum(whole, "line", of="units"),
        money_back=_sum(refunds, "line"),
    )
    right = Q(
        claimed=F("units_claimed"),
        returned=F("units_back"),
        refunded=F("money_back"),
        refunded__lte=F("amount"),
    )
    for line in lines.exclude(right):
        detail = (
            f"{line.claimed} claimed, {line.returned} back, {line.refunded} refunded; its returns say"
            f" {line.units_claimed}, {line.units_back}, {line.money_back} of {line.amount}"
        )
        yield Finding("return.line_miscounted", line.id, detail)
    for part in OrderLine.objects.filter(state=Line.REFUNDED).exclude(refunded=F("amount")):
        yield Finding("return.line_refunded_in_part", part.id, f"{part.refunded} of {part.amount}")


def _returns(now: datetime) -> Iterator[Finding]:
    """Open returns have a deadline that a sweep looks at; those that end with money have their refund."""
    wrong = Q(state__in=OPEN, deadline=None) | Q(state__in=TERMINAL, deadline__isnull=False)
    for case in Return.objects.filter(wrong):
        yield Finding("return.wrong_deadline", case.id, f"{case.state}, deadline {case.deadline}")
    for case in Return.objects.filter(deadline__lt=now - LONGEST_WAIT):
        yield Finding("return.overdue", case.id, f"{case.state} since {case.deadline}")
    paid = Q(state__in=PAID_BACK)
    for case in Return.objects.filter(paid & Q(refund=None) | ~paid & Q(refund__isnull=False)):
        yield Finding("return.refund_differs", case.id, f"{case.state}, refund {case.refund_id}")
    theirs = Q(refund__line=F("line"), refund__order=F("order"), refund__amount__lte=F("amount"))
    for case in Return.objects.filter(refund__isnull=False).exclude(theirs):
        yield Finding("return.refund_differs", case.id, f"refund {case.refund_id} is of something else")
    for case in Return.objects.filter(restocked=True).exclude(state=Return.State.REFUNDED):
        yield Finding("return.restocked_unpaid", case.id, case.state)


def _holds() -> Iterator[Finding]:
    """A line waits for settlement as long as a return of it is open, and no longer; a settled line cannot."""
    open_ = Return.objects.filter(state__in=OPEN)
    holds = Hold.objects.filter(reason__in=[Hold.Reason.RETURN, Hold.Reason.DISPUTE], released_at=None)
    same_line = {"line": OuterRef("line")}
    settled = SettledLine.objects.filter(**same_line, refund="")
    for case in open_.exclude(Exists(settled)).exclude(Exists(holds.filter(**same_line))):
        yield Finding("return.not_held", case.id, "it is open, and its line does not wait for it")
    for hold in holds.exclude(Exists(open_.filter(**same_line))):
        yield Finding("return.held_on", hold.subject, "it is over, and its line still waits for it")


def _sum(rows: QuerySet[Any], by: str, *, of: str = "amount") -> Coalesce:
    """Return the sum of a column of rows that hang on an outer one."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(sum=Sum(of)).values("sum")), 0)
