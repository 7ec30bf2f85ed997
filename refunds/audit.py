"""What must always hold between refunds, payments, returns and lines, and what does not. Only reads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from marketplace.lib.findings import Finding
from marketplace.lib.prepared import prepared
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
    for payment in _wrong_amounts():
        detail = f"{payment.refunded} of {payment.amount} refunded; {payment.done} done of {payment.promised}"
        yield Finding("refund.wrong_amount", payment.id, detail)


@prepared
def _wrong_amounts() -> QuerySet[Any]:
    refunds = Refund.objects.filter(payment=OuterRef("id"))
    done = refunds.filter(state=Refund.State.DONE)
    payments = Payment.objects.annotate(done=_sum(done, "payment"), promised=_sum(refunds, "payment"))
    return payments.filter(~Q(done=F("refunded")) | Q(promised__gt=F("amount")))


def _declined() -> Iterator[Finding]:
    """No refund is declined again and again: it is tried once a day then, and somebody has to look."""
    for refund in _often_declined():
        yield Finding("refund.declined", refund.id, f"{refund.declined} times, {refund.last_error}")


@prepared
def _often_declined() -> QuerySet[Refund]:
    return Refund.objects.filter(declined__gte=MOST_DECLINED).exclude(state=Refund.State.DONE)


def _unanswered(now: datetime) -> Iterator[Finding]:
    """No refund goes for a day without an answer: the gateway is away, or does not let us ask."""
    for refund in _silent(now - LONGEST_SILENCE):
        yield Finding("refund.unanswered", refund.id, f"{refund.state}, {refund.last_error}")


@prepared
def _silent(since: datetime) -> QuerySet[Refund]:
    undecided = [Refund.State.CREATED, Refund.State.SENT]
    waiting = Refund.objects.filter(state__in=undecided).exclude(last_error="")
    return waiting.filter(declined__lt=MOST_DECLINED, created_at__lt=since)


def _states() -> Iterator[Finding]:
    """A payment's state says how much of it went back."""
    for payment in _wrong_states():
        yield Finding("refund.wrong_state", payment.id, f"{payment.state}, {payment.refunded} refunded")


@prepared
def _wrong_states() -> QuerySet[Payment]:
    whole = Q(refunded=F("amount"))
    right = (
        Q(state=Pay.REFUNDED) & whole
        | Q(state=Pay.PARTLY_REFUNDED, refunded__gt=0) & ~whole
        | ~Q(state__in=[Pay.REFUNDED, Pay.PARTLY_REFUNDED]) & Q(refunded=0)
    )
    return Payment.objects.exclude(right)


def _cancellations() -> Iterator[Finding]:
    """What was cancelled or came back is refunded, and nothing else of a payment that came in time."""
    for payment in _not_what_came_back():
        yield Finding("refund.not_what_came_back", payment.id, f"{payment.promised}, owed {payment.owed}")


@prepared
def _not_what_came_back() -> QuerySet[Any]:
    lines = OrderLine.objects.filter(order_id=OuterRef("order_id"))
    back = lines.annotate(back=Case(When(state=Line.CANCELLED, then="amount"), default="refunded"))
    refunds = Refund.objects.filter(payment=OuterRef("id"))
    payments = Payment.objects.filter(state__in=_MONEY_WENT_THROUGH).exclude(
        refunds__reason=Refund.Reason.LATE_CAPTURE
    )
    compared = payments.annotate(owed=_sum(back, "order_id", of="back"), promised=_sum(refunds, "payment"))
    return compared.exclude(owed=F("promised"))


def _late_money(now: datetime) -> Iterator[Finding]:
    """Money that came too late is on its way back."""
    for payment in _kept_late_money(now - LONGEST_WAIT):
        yield Finding("refund.late_money_kept", payment.id, f"{payment.total} since {payment.updated_at}")


@prepared
def _kept_late_money(since: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(state=Pay.CAPTURED_LATE, refunds=None, updated_at__lt=since)


def _lines() -> Iterator[Finding]:
    """What a line says came back of it is what its returns say; no line gives back more than it cost."""
    for line in _miscounted_lines():
        detail = (
            f"{line.claimed} claimed, {line.returned} back, {line.refunded} refunded; its returns say"
            f" {line.units_claimed}, {line.units_back}, {line.money_back} of {line.amount}"
        )
        yield Finding("return.line_miscounted", line.id, detail)
    for part in _lines_refunded_in_part():
        yield Finding("return.line_refunded_in_part", part.id, f"{part.refunded} of {part.amount}")


@prepared
def _miscounted_lines() -> QuerySet[Any]:
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
    return lines.exclude(right)


@prepared
def _lines_refunded_in_part() -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(state=Line.REFUNDED).exclude(refunded=F("amount"))


def _returns(now: datetime) -> Iterator[Finding]:
    """Open returns have a deadline that a sweep looks at; those that end with money have their refund."""
    for case in _wrong_deadlines():
        yield Finding("return.wrong_deadline", case.id, f"{case.state}, deadline {case.deadline}")
    for case in _overdue(now - LONGEST_WAIT):
        yield Finding("return.overdue", case.id, f"{case.state} since {case.deadline}")
    for case in _ended_otherwise():
        yield Finding("return.refund_differs", case.id, f"{case.state}, refund {case.refund_id}")
    for case in _with_refunds_of_others():
        yield Finding("return.refund_differs", case.id, f"refund {case.refund_id} is of something else")
    for case in _restocked_unpaid():
        yield Finding("return.restocked_unpaid", case.id, case.state)


@prepared
def _wrong_deadlines() -> QuerySet[Return]:
    return Return.objects.filter(
        Q(state__in=OPEN, deadline=None) | Q(state__in=TERMINAL, deadline__isnull=False)
    )


@prepared
def _overdue(since: datetime) -> QuerySet[Return]:
    return Return.objects.filter(deadline__lt=since)


@prepared
def _ended_otherwise() -> QuerySet[Return]:
    paid = Q(state__in=PAID_BACK)
    return Return.objects.filter(paid & Q(refund=None) | ~paid & Q(refund__isnull=False))


@prepared
def _with_refunds_of_others() -> QuerySet[Return]:
    theirs = Q(refund__line=F("line"), refund__order=F("order"), refund__amount__lte=F("amount"))
    return Return.objects.filter(refund__isnull=False).exclude(theirs)


@prepared
def _restocked_unpaid() -> QuerySet[Return]:
    return Return.objects.filter(restocked=True).exclude(state=Return.State.REFUNDED)


def _holds() -> Iterator[Finding]:
    """A line waits for settlement as long as a return of it is open, and no longer; a settled line cannot."""
    for case in _open_without_hold():
        yield Finding("return.not_held", case.id, "it is open, and its line does not wait for it")
    for hold in _held_on():
        yield Finding("return.held_on", hold.subject, "it is over, and its line still waits for it")


@prepared
def _open_without_hold() -> QuerySet[Return]:
    settled = SettledLine.objects.filter(line=OuterRef("line"), refund="")
    held = _holds_of_returns().filter(line=OuterRef("line"))
    return Return.objects.filter(state__in=OPEN).exclude(Exists(settled)).exclude(Exists(held))


@prepared
def _held_on() -> QuerySet[Hold]:
    open_ = Return.objects.filter(state__in=OPEN, line=OuterRef("line"))
    return _holds_of_returns().exclude(Exists(open_))


def _holds_of_returns() -> QuerySet[Hold]:
    return Hold.objects.filter(reason__in=[Hold.Reason.RETURN, Hold.Reason.DISPUTE], released_at=None)


def _sum(rows: QuerySet[Any], by: str, *, of: str = "amount") -> Coalesce:
    """Return the sum of a column of rows that hang on an outer one."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(sum=Sum(of)).values("sum")), 0)
