"""The steps of a payout: what a party can be paid, and what the bank says became of it.

``pending -> sent -> done | failed``; a failed one is sent again under a new key, with what can be paid then.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from marketplace import outbox
from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from marketplace.lib.prepared import prepared
from orders.ledger import accounts, tripwire
from orders.ledger.accounts import AccountKey, account_id, credit, debit
from orders.ledger.post import post
from orders.models import Account, Hold, Party, Payout, SettlementRun, Statement
from orders.payments.bank.desk import Answer

logger = structlog.get_logger(__name__)

State = Payout.State

#: How long the bank has to tell us, before we ask; and the pause after it said no.
ASK_AFTER = timedelta(hours=1)
RETRY_AFTER = timedelta(days=1)

_KINDS = {f"{party}_payable": party for party in Party}


def open_payouts(*, now: datetime) -> int:
    """Make a payout for every party that can be paid something and has none open; return how many.

    Nothing is made while a run is on its way: what it has posted stands in no statement yet.
    """
    require_transaction()
    payouts = [
        Payout(
            party=_KINDS[account.kind],
            owner=account.owner,
            currency=account.currency,
            amount=amount,
            next_attempt_at=now,
            created_at=now,
        )
        for account, amount in payable()
    ]
    Payout.objects.bulk_create(payouts, ignore_conflicts=True)
    return len(payouts)


def payable() -> list[tuple[Account, int]]:
    """Return the accounts of parties that can be paid and have no payout open, with how much."""
    return [(account, int(account.left)) for account in _payable()]


@prepared
def _payable() -> QuerySet[Any]:
    owner, currency = OuterRef("owner"), OuterRef("currency")
    open_ones = Payout.objects.exclude(state=State.DONE).filter(owner=owner, currency=currency)
    runs = _unfinished_runs()
    owed = Account.objects.filter(~Exists(runs), ~Exists(open_ones), kind__in=_KINDS, balance__gt=0)
    holds = Hold.objects.filter(released_at=None, statement__owner=owner, currency=currency).order_by()
    kept = Subquery(holds.values("currency").annotate(kept=Sum("amount")).values("kept"))
    return owed.annotate(left=F("balance") - Coalesce(kept, 0)).filter(left__gt=0)


def take(payout: Payout, *, now: datetime) -> bool:
    """Take a try that is due, so that nobody else makes it; False when somebody has, or nothing can be paid.

    A payout that was not sent yet, or that failed, is sent from here on, with what can be paid now. Behind
    the account's lock that is the money of all closed statements, and of no later one. While a run is on its
    way it waits: what the run has posted is not known to be kept back yet.
    """
    require_transaction()
    unmoved = Payout.objects.filter(
        id=payout.id, state=payout.state, declined=payout.declined, next_attempt_at=payout.next_attempt_at
    )
    if payout.state == State.SENT:
        return bool(unmoved.update(next_attempt_at=now + ASK_AFTER))
    if _settles():
        return False
    key = AccountKey(f"{payout.party}_payable", payout.owner, payout.currency)
    balance = accounts.lock([key])[account_id(key)].amount
    if _settles():  # a run that began while the lock was waited for may have posted
        return False
    amount = balance - _reserved([payout.owner]).get((payout.owner, payout.currency), 0)
    if amount <= 0:
        unmoved.update(next_attempt_at=now + RETRY_AFTER)
        return False
    if not unmoved.update(amount=amount, state=State.SENT, sent_at=now, next_attempt_at=now + ASK_AFTER):
        return False
    payout.amount, payout.state = amount, State.SENT
    _statements(payout).filter(state__in=["closed", "failed"]).update(payout=payout)
    _record(payout, now=now)
    return True


def lock_payable(party: str, owner: str, currency: str) -> int:
    """Lock what a party is owed; return how much of it is neither kept back nor on its way to the bank."""
    require_transaction()
    key = AccountKey(f"{party}_payable", owner, currency)
    account = accounts.lock([key]).get(account_id(key))
    sent = Payout.objects.filter(owner=owner, currency=currency, state=State.SENT)
    on_its_way = int(sent.aggregate(amount=Sum("amount", default=0))["amount"])
    kept = _reserved([owner]).get((owner, currency), 0)
    return (account.amount if account else 0) - kept - on_its_way


def apply(answer: Answer, *, now: datetime) -> str:
    """Write down what the bank says of a try and return, in a word, what came of it. Safe to repeat."""
    require_transaction()
    payout_id, _, declined = answer.key.rpartition(".")
    payout = Payout.objects.get(id=payout_id)
    sent = Payout.objects.filter(id=payout_id, state=State.SENT, declined=int(declined))
    covered = _statements(payout).filter(payout=payout)
    if answer.state == "done":
        if not sent.update(state=State.DONE, done_at=now, last_error=""):
            return "repeated"
        covered.filter(state__in=["closed", "failed"]).update(state="paid")
        payout.state = State.DONE
        _record(payout, now=now)
        _post(payout, now=now)
    elif answer.state == "failed":
        again_at, error = now + RETRY_AFTER, answer.failure_code
        changes = {"state": State.FAILED, "declined": int(declined) + 1, "last_error": error}
        if not sent.update(next_attempt_at=again_at, **changes):
            return "repeated"
        covered.filter(state="closed").update(state="failed")
        payout.state = State.FAILED
        _record(payout, now=now)
        logger.warning("payout_failed", payout=payout.id, reason=error, again_at=again_at.isoformat())
    return answer.state


def _statements(payout: Payout) -> QuerySet[Statement]:
    """Return the statements of a payout's party in its currency."""
    return Statement.objects.filter(owner=payout.owner, currency=payout.currency)


def _settles() -> bool:
    """Tell whether a run is on its way."""
    return _unfinished_runs().exists()


def _unfinished_runs() -> QuerySet[SettlementRun]:
    return SettlementRun.objects.exclude(stage=SettlementRun.Stage.DONE)


def _post(payout: Payout, *, now: datetime) -> None:
    tripwire.expect(payout.id)
    kind = f"{payout.party}_payable"
    post(
        key=f"payout:{payout.id}",
        kind="payout",
        subject=payout.id,
        entries=[debit(kind, payout.total, owner=payout.owner), credit("bank", payout.total)],
        at=now,
    )


def _reserved(owners: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return what is kept back of what parties are owed, by owner and currency."""
    holds = Hold.objects.filter(released_at=None, statement__owner__in=set(owners)).order_by()
    sums = holds.values("statement__owner", "currency").annotate(kept=Sum("amount"))
    return {(row["statement__owner"], row["currency"]): row["kept"] for row in sums}


def _record(payout: Payout, *, now: datetime) -> None:
    payload = {
        "payout": payout.id,
        "owner": payout.owner,
        "state": str(payout.state),
        "amount": Money(payout.amount, payout.currency).to_wire(),
    }
    outbox.append(f"payout.{payout.state}", subject=payout.id, payload=payload, now=now)
