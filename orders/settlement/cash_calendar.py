"""The cash calendar: what a party is still to get or to give, each amount with its date and its reason.

Amounts that stand in the ledger sum to the party's payable; amounts of sales that are not settled sum to
their estimates; of slot fees that are held a party's is the most that it can get. Only reads.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet
from django.db.models.functions import TruncWeek

from marketplace.lib.money import Money
from orders.models import Account, Hold, OrderLine, Party, Payout, SettledLine, SettlementRun, SlotFee
from orders.policy import COUNT_MINUTES_AFTER
from orders.queries.own_lines import lines_of
from orders.settlement.periods import PERIOD, next_end
from orders.settlement.split import Funded, settle_sale, split_fee
from orders.settlement.statements import OWNER

#: What an amount is, in the order in which money comes nearer: docs/money.md shows the same table.
KINDS: dict[str, str] = {
    "estimated": "sold, and still to be delivered or in its return window",
    "due": "the return window is over; the next run settles it",
    "held": "a return, a dispute or a review keeps it from being settled",
    "slot_fee": "held for minutes on air; what they come to is known when they are counted",
    "reserved": "settled and kept back for some days, since much has come back lately",
    "payable": "settled; the next payout sends it",
    "sent": "on its way to the bank account",
    "failed": "the bank refused it; it is sent again",
    "debt": "owed to the marketplace; carried forward until sales make up for it",
}

#: Kinds that stand in the ledger as the party's payable.
OF_LEDGER = frozenset({"reserved", "payable", "sent", "failed", "debt"})

_OPEN = [
    OrderLine.State.PAID,
    OrderLine.State.SHIPPED,
    OrderLine.State.DELIVERED,
    OrderLine.State.COMPLETED,
]
_TERMS = ("rate_bp", "agency_share_bp", "fee_bp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An amount that is still to come; negative where the party owes. ``at`` is None while nobody can say.

    ``at_most`` marks an amount of which less may come, or nothing.
    """

    kind: str
    amount: Money
    at: datetime | None
    reason: str
    subject: str = ""
    lines: int = 0
    at_most: bool = False


def cash_calendar(party: Party, owner: str, *, now: datetime) -> list[Expected]:
    """Return what a party is to expect, the next first, what has no date yet last."""
    found = [
        *_of_ledger(party, owner, now=now),
        *_held(party, owner, now=now),
        *_slot_fees(party, owner, now=now),
        *_unsettled(party, owner, now=now),
    ]
    order = list(KINDS)
    return sorted(
        found, key=lambda one: (one.at is None, one.at or now, order.index(one.kind), one.amount.currency)
    )


def _of_ledger(party: Party, owner: str, *, now: datetime) -> Iterator[Expected]:
    """Yield the parts of the party's payable: what is kept back, what is sent, and the rest."""
    reserves = Hold.objects.filter(statement__owner=owner, released_at=None).order_by("release_at", "id")
    payouts = {
        payout.currency: payout
        for payout in Payout.objects.filter(owner=owner).exclude(state=Payout.State.DONE)
    }
    kept: dict[str, int] = defaultdict(int)
    for hold in reserves:
        kept[hold.currency] += hold.amount
        yield Expected(
            kind="reserved",
            amount=hold.total,
            at=hold.release_at,
            reason=hold.get_reason_display(),
            subject=hold.id,
        )
    for account in Account.objects.filter(kind=f"{party}_payable", owner=owner):
        rest = Money(account.balance - kept[account.currency], account.currency)
        yield from _rest(rest, payouts.get(account.currency), now=now)


def _rest(rest: Money, payout: Payout | None, *, now: datetime) -> Iterator[Expected]:
    """Yield what is owed beside reserves: a payout on its way, then what the next one sends or a debt."""
    at = payout.next_attempt_at if payout else now
    subject = payout.id if payout else ""
    if payout is not None and payout.state == Payout.State.SENT:
        yield Expected(kind="sent", amount=payout.total, at=at, reason=KINDS["sent"], subject=subject)
        rest = rest - payout.total
        subject = ""
    if rest.amount < 0:
        yield Expected(kind="debt", amount=rest, at=None, reason=KINDS["debt"])
    elif rest.amount and payout is not None and payout.state == Payout.State.FAILED:
        yield Expected(kind="failed", amount=rest, at=at, reason=payout.last_error, subject=subject)
    elif rest.amount:
        yield Expected(kind="payable", amount=rest, at=at, reason=KINDS["payable"], subject=subject)


def _held(party: Party, owner: str, *, now: datetime) -> Iterator[Expected]:
    """Yield the lines that something holds, each until the last of its holds ends."""
    rows = Hold.objects.filter(released_at=None, line__in=_open_lines(party, owner)).select_related("line")
    holds: dict[str, list[Hold]] = defaultdict(list)
    for hold in rows.order_by("id"):
        holds[hold.line_id or ""].append(hold)
    for found in holds.values():
        line = found[0].line
        if line is None:
            continue
        ends = [line.return_by, *(hold.release_at for hold in found)]
        known = [end for end in ends if end is not None]
        terms = {name: getattr(line, name) for name in _TERMS}
        paid = Money(line.amount - line.refunded, line.currency)
        yield Expected(
            kind="held",
            amount=_part(party, paid, Funded(line.platform_funding, line.streamer_funding), terms),
            at=max(next_end(max(known)), now) if len(known) == len(ends) else None,
            reason=found[0].get_reason_display(),
            subject=line.id,
            lines=1,
        )


def _slot_fees(party: Party, owner: str, *, now: datetime) -> Iterator[Expected]:
    """Yield the held fees: to a streamer and an agency what all of the minutes earn, to a brand all of it.

    What the one does not get comes back to the other, once the minutes are counted after the show.
    """
    fees = SlotFee.objects.filter(**{OWNER[party]: owner}, state=SlotFee.State.HELD)
    for fee in fees.select_related("session").order_by("id"):
        most = split_fee(fee.total, fee.total, agency_share_bp=fee.agency_share_bp)
        part = fee.total if party is Party.BRAND else getattr(most, party.value)
        ended = fee.session.ended_at
        if part.amount:
            yield Expected(
                kind="slot_fee",
                amount=part,
                at=max(ended + COUNT_MINUTES_AFTER, now) if ended else None,
                reason=KINDS["slot_fee"],
                subject=fee.id,
                at_most=True,
            )


def _unsettled(party: Party, owner: str, *, now: datetime) -> Iterator[Expected]:
    """Yield what is expected of all other lines, by the week in which their return windows end.

    Lines of the same price and terms are counted by the database and split once: each has the same parts.
    """
    held = Hold.objects.filter(line=OuterRef("id"), released_at=None)
    groups = (
        _open_lines(party, owner)
        .exclude(Exists(held))
        .order_by()
        .annotate(
            week=TruncWeek("return_by"),
            paid=F("amount") - F("refunded"),
            platform_funded=F("platform_discount") * F("quantity") - F("platform_unfunded"),
            streamer_funded=F("streamer_discount") * F("quantity") - F("streamer_unfunded"),
        )
        .values("week", "state", "currency", "paid", "platform_funded", "streamer_funded", *_TERMS)
        .annotate(lines=Count("id"))
    )
    sums: dict[tuple[str, str, datetime | None], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        kind = "due" if group["state"] == OrderLine.State.COMPLETED else "estimated"
        paid, platform, streamer = (
            Money(group[name], group["currency"]) for name in ("paid", "platform_funded", "streamer_funded")
        )
        terms = {name: group[name] for name in _TERMS}
        part = _part(party, paid, Funded(platform, streamer), terms)
        total = sums[kind, group["currency"], group["week"]]
        total[0] += part.amount * group["lines"]
        total[1] += group["lines"]
    settled_until = SettlementRun.objects.aggregate(at=Max("period_end"))["at"]
    for (kind, currency, week), (amount, lines) in sums.items():
        at = None if week is None else max(_settled_at(week, settled_until), now)
        yield Expected(kind=kind, amount=Money(amount, currency), at=at, reason=KINDS[kind], lines=lines)


def _settled_at(week: datetime, settled_until: datetime | None) -> datetime:
    """Return when the lines are settled whose return windows end in a week: with it, or with the next run."""
    end = week + PERIOD
    return max(end, settled_until + PERIOD) if settled_until else end


def _open_lines(party: Party, owner: str) -> QuerySet[OrderLine]:
    """Return the lines that were paid for and will be settled if nothing comes back."""
    settled = SettledLine.objects.filter(line=OuterRef("id"), refund="")
    own = lines_of({party: [owner]})
    lines = OrderLine.objects.filter(own, state__in=_OPEN, amount__gt=F("refunded"))
    return lines.exclude(Exists(settled))


def _part(party: Party, paid: Money, funded: Funded, terms: dict[str, Any]) -> Money:
    """Return a party's part of what a buyer paid for a line and funders added."""
    part: Money = getattr(settle_sale(paid, funded, **terms), party.value)
    return part
