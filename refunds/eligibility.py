"""What of a line can be asked back, why not, and what it would give. Judged again when it is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Sum

from marketplace.lib.money import Money
from orders.models import OrderLine, Shipment
from orders.states import Line
from refunds.errors import NotReturnable
from refunds.models import Return
from refunds.policy import BUYER_PAYS_FREIGHT, DELIVERED, SHIPPED, UNSHIPPED, Rule, Rules, Type
from refunds.return_states import LETS_GO, State


@dataclass(frozen=True, slots=True)
class Option:
    """One reason that can be given, the rule behind it, and until when."""

    reason: str
    rule: Rule
    until: datetime | None

    @property
    def types(self) -> list[str]:
        """Return whether the goods have to come back."""
        return [str(each) for each in self.rule.types]

    @property
    def evidence_for(self) -> list[str]:
        """Return the types that need a file."""
        return [str(each) for each in self.rule.types if each in self.rule.evidence]

    @property
    def by_share(self) -> bool:
        """Tell whether a share of the price may be claimed."""
        return self.rule.by_share


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What can be asked for of one line; ``why`` says what stands against it when nothing can."""

    line: OrderLine
    units: int
    why: str | None
    options: list[Option] = field(default_factory=list)

    @property
    def line_id(self) -> str:
        """Return the line's id."""
        return self.line.id

    @property
    def eligible(self) -> bool:
        """Tell whether anything can be asked for."""
        return self.why is None

    @property
    def whole_line(self) -> bool:
        """Tell whether it must be all units: before shipping nothing is split."""
        return self.line.state == Line.PAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a buyer asks for."""

    units: int
    type: str
    reason: str
    share: int = 100


def judge_order(lines: Iterable[OrderLine], *, now: datetime) -> list[Eligibility]:
    """Judge every line of one order."""
    lines = list(lines)
    parcels = {parcel.brand_id: parcel for parcel in Shipment.objects.filter(order_id=lines[0].order_id)}
    return [judge(line, parcels.get(line.brand_id), now=now) for line in lines]


def judge_line(line: OrderLine, *, now: datetime) -> Eligibility:
    """Judge one line by its brand's parcel, which is looked up."""
    parcel = Shipment.objects.filter(order_id=line.order_id, brand_id=line.brand_id).first()
    return judge(line, parcel, now=now)


def judge(line: OrderLine, parcel: Shipment | None, *, now: datetime) -> Eligibility:
    """Judge one line; ``parcel`` is its brand's of the order."""
    rules, since, why = _rules(line, parcel)
    left = line.quantity - line.claimed
    if why is None and (left < 1 or (line.state == Line.PAID and line.claimed)):
        why = "already_claimed"
    if why is not None:
        return Eligibility(line, max(left, 0), why)
    options = [
        Option(reason, rule, since + rule.within if since and rule.within else None)
        for reason, rule in rules.items()
        if since is None or since + rule.after <= now
    ]
    if not options:
        return Eligibility(line, left, "on_its_way")
    standing = [option for option in options if option.until is None or now < option.until]
    return Eligibility(line, left, None if standing else "window_over", standing)


def _rules(line: OrderLine, parcel: Shipment | None) -> tuple[Rules, datetime | None, str | None]:
    """Return the rules that hold for a line as it stands, since when, and what bars all of them."""
    if line.state == Line.PAID:
        return UNSHIPPED, None, None
    if line.state == Line.SHIPPED and parcel is not None:
        return SHIPPED, parcel.shipped_at, None
    if line.state in {Line.DELIVERED, Line.COMPLETED} and parcel is not None:
        return DELIVERED[line.return_policy], parcel.delivered_at, None
    return {}, None, "not_paid" if line.state == Line.PENDING_PAYMENT else "closed"


def option_for(found: Eligibility, wish: Wish) -> Option:
    """Return the option under which a wish can be granted; raises NotReturnable."""
    if found.why is not None:
        raise NotReturnable(data={"line": found.line.id, "why": found.why})
    option = next((each for each in found.options if each.reason == wish.reason), None)
    if option is None:
        why = "reason"
    elif wish.type not in option.types:
        why = "type"
    elif wish.share != 100 and not option.by_share:  # noqa: PLR2004 - the whole, in per cent
        why = "share"
    elif wish.units > found.units or (found.whole_line and wish.units != found.line.quantity):
        why = "units"
    else:
        return option
    raise NotReturnable(data={"line": found.line.id, "why": why, "units": found.units})


def value_of(line: OrderLine, wish: Wish) -> Money:
    """Return what a wish is worth: the price of the next units, of which the last one takes what is left."""
    total, units = line.amount, line.quantity
    price = total * (line.claimed + wish.units) // units - total * line.claimed // units
    claimed = (
        Return.objects.filter(line=line)
        .exclude(state__in=[*LETS_GO, State.DECIDED_FOR_SELLER])
        .aggregate(sum=Sum("amount", default=0))["sum"]
    )
    return Money(min(price, total - claimed), line.currency).share(100 * wish.share)


def freight_paid_by(wish: Wish) -> str | None:
    """Return who pays the parcel back, None when nothing has to come back."""
    if wish.type == Type.REFUND_ONLY:
        return None
    return "buyer" if wish.reason in BUYER_PAYS_FREIGHT else "seller"
