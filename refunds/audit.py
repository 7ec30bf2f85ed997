"""What must always hold between refunds, payments and cancelled lines, and what does not. Only reads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from marketplace.lib.findings import Finding
from orders.models import OrderLine, Payment
from orders.states import Line, Pay
from refunds import money_audit
from refunds.models import Refund

#: Late money that nothing has been done about for so long was forgotten.
LONGEST_WAIT = timedelta(minutes=5)

_MONEY_WENT_THROUGH = frozenset({Pay.CAPTURED, Pay.PARTLY_REFUNDED, Pay.REFUNDED})


def findings(now: datetime) -> list[Finding]:
    """Return every broken invariant of refunds."""
    return [*_amounts(), *_states(), *_cancellations(), *_late_money(now), *money_audit.findings()]


def _amounts() -> Iterator[Finding]:
    """What payments say went back is what refunds did; no payment promises more than it holds."""
    refunds = Refund.objects.filter(payment=OuterRef("id"))
    done = refunds.filter(state=Refund.State.DONE)
    payments = Payment.objects.annotate(done=_sum(done, "payment"), promised=_sum(refunds, "payment"))
    for payment in payments.filter(~Q(done=F("refunded")) | Q(promised__gt=F("amount"))):
        detail = f"{payment.refunded} of {payment.amount} refunded; {payment.done} done of {payment.promised}"
        yield Finding("refund.wrong_amount", payment.id, detail)


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
        yield Finding("refund.not_what_was_cancelled", payment.id, f"{payment.promised}, owed {payment.owed}")


def _late_money(now: datetime) -> Iterator[Finding]:
    """Money that came too late is on its way back."""
    late = Payment.objects.filter(state=Pay.CAPTURED_LATE, refunds=None, updated_at__lt=now - LONGEST_WAIT)
    for payment in late:
        yield Finding("refund.late_money_kept", payment.id, f"{payment.total} since {payment.updated_at}")


def _sum(rows: QuerySet[Any], by: str, *, of: str = "amount") -> Coalesce:
    """Return the sum of a column of rows that hang on an outer one."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(sum=Sum(of)).values("sum")), 0)
