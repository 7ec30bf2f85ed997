"""Who has how much of what buyers paid: as it was settled, and for the rest as the terms on the lines say.

What the marketplace pays of discounts goes off its own part, so that the parts sum to what buyers paid.
"""

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, When

from marketplace.lib.money import Money
from marketplace.reports.queries.sales import DELIVERABLE, paid
from orders.models import OrderLine, SettledLine
from orders.settlement.split import Funded, Parts, settle_sale
from orders.states import Line

#: In the order of ``orders.settlement.split.Parts``.
PARTIES = ("brand", "streamer", "agency", "platform")
#: What went back to them of what they had paid.
BUYERS = "buyers"

_TERMS = ("rate_bp", "agency_share_bp", "fee_bp")


@dataclass(frozen=True, slots=True)
class Share:
    """One party's part, and how much of it is settled; for buyers what went back to them."""

    party: str
    amount: Money
    settled: Money


def shares(lines: QuerySet[OrderLine], currency: str) -> list[Share]:
    """Return the shares of all parties in what was paid for these lines; they sum to it. Four queries."""
    settled, expected = _settled(lines), _expected(lines, currency)
    parts = [
        Share(party, Money(done + rest, currency), Money(done, currency))
        for party, done, rest in zip(PARTIES, settled, expected, strict=True)
    ]
    back = Sum(Case(When(state=Line.CANCELLED, then=F("amount")), default=F("refunded")), default=0)
    gone = Money(lines.filter(paid()).aggregate(back=back)["back"], currency)
    return [*parts, Share(BUYERS, gone, gone)]


def _settled(lines: QuerySet[OrderLine]) -> list[int]:
    """Return the parts that stand in the books; first rows and claw-backs have an index each."""
    sums = {party: Sum(f"{party}_part", default=0) for party in PARTIES}
    sums["platform"] = Sum(F("platform_part") - F("platform_funded"), default=0)
    rows = SettledLine.objects.filter(line_id__in=lines.values("id")).order_by()
    both = [rows.filter(refund="").aggregate(**sums), rows.filter(~Q(refund="")).aggregate(**sums)]
    return [sum(each[party] for each in both) for party in PARTIES]


def _expected(lines: QuerySet[OrderLine], currency: str) -> list[int]:
    """Return the parts of lines that are not settled; lines of equal price and terms are split as one."""
    done = SettledLine.objects.filter(line=OuterRef("pk"), refund="")
    waiting = lines.filter(~Exists(done), state__in=DELIVERABLE, refunded__lt=F("amount"))
    groups = waiting.order_by().values(
        *_TERMS,
        kept=F("amount") - F("refunded"),
        platform_funded=F("platform_discount") * F("quantity") - F("platform_unfunded"),
        streamer_funded=F("streamer_discount") * F("quantity") - F("streamer_unfunded"),
    )
    sums = [0] * len(PARTIES)
    for group in groups.annotate(alike=Count("id")):
        kept, *funders = (
            Money(group[name], currency) for name in ("kept", "platform_funded", "streamer_funded")
        )
        parts = _parts(kept, Funded(*funders), {name: group[name] for name in _TERMS})
        for place, part in enumerate(parts):
            sums[place] += part.amount * group["alike"]
    return sums


def _parts(kept: Money, funded: Funded, terms: dict[str, int]) -> Parts:
    parts = settle_sale(kept, funded, **terms)
    return parts._replace(platform=parts.platform - funded.platform)
