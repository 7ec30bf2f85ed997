"""The rules of returns, as data: what may come back and why, who has how long, whom to trust, how many.

The return policy stands on the order line, copied when it was sold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from marketplace.models import Product
from refunds.models import Return

Policy = Product.ReturnPolicy
Reason = Return.Reason
State = Return.State
Type = Return.Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a reason gives a right to.

    Attributes:
        types: whether the goods have to come back.
        within: how long after delivery, or after shipping for what has not arrived; None for no end.
        after: how long one has to wait first.
        evidence: types that need a file to be shown.
        by_share: whether less than the whole price may be claimed, for goods damaged in part.
    """

    types: tuple[str, ...]
    within: timedelta | None = None
    after: timedelta = timedelta(0)
    evidence: frozenset[str] = frozenset()
    by_share: bool = False


Rules = Mapping[str, Rule]


def _each(reasons: Iterable[str], rule: Rule) -> Rules:
    return dict.fromkeys(reasons, rule)


_WINDOW = timedelta(days=7)
_BOTH = (Type.RETURN_AND_REFUND, Type.REFUND_ONLY)
_FAULTS = (Reason.NOT_AS_DESCRIBED, Reason.DAMAGED, Reason.WRONG_ITEM, Reason.QUALITY)
_NOT_FOUND: Rules = {Reason.NOT_RECEIVED: Rule(types=(Type.REFUND_ONLY,), within=_WINDOW)}
_CHANGE_OF_MIND = Rule(types=(Type.RETURN_AND_REFUND,), within=_WINDOW)
_FAULT = Rule(types=_BOTH, within=_WINDOW, evidence=frozenset({Type.REFUND_ONLY}))
_SHOWN_FAULT = Rule(types=_BOTH, within=_WINDOW, evidence=frozenset(_BOTH))
_SPOILED = Rule(
    types=(Type.REFUND_ONLY,),
    within=timedelta(hours=48),
    evidence=frozenset({Type.REFUND_ONLY}),
    by_share=True,
)

#: What may be asked for once the parcel has arrived, by return policy.
DELIVERED: Mapping[str, Rules] = {
    Policy.STANDARD: {
        Reason.NO_REASON: _CHANGE_OF_MIND,
        Reason.OTHER: _CHANGE_OF_MIND,
        **_each(_FAULTS, _FAULT),
        **_NOT_FOUND,
    },
    Policy.PERISHABLE: {**_each(_FAULTS, _SPOILED), **_NOT_FOUND},
    Policy.MADE_TO_ORDER: {**_each(_FAULTS, _SHOWN_FAULT), **_NOT_FOUND},
    Policy.NONE: {**_each(_FAULTS, _SHOWN_FAULT), **_NOT_FOUND},
}

#: What may be asked for while the parcel is on its way.
SHIPPED: Rules = {Reason.NOT_RECEIVED: Rule(types=(Type.REFUND_ONLY,), after=timedelta(days=7))}

#: What may be asked for before it ships: the whole line only.
UNSHIPPED: Rules = _each((Reason.NO_REASON, Reason.OTHER), Rule(types=(Type.REFUND_ONLY,)))

#: Reasons for which the buyer pays the parcel back; for all others the seller does.
BUYER_PAYS_FREIGHT = frozenset({Reason.NO_REASON, Reason.OTHER})


@dataclass(frozen=True, slots=True)
class Timeout:
    """Whose turn it is, how long they have, and what happens when they let it pass.

    ``within`` is None where the deadline of the state before goes on.
    """

    actor: str
    within: timedelta | None
    default: str


TIMEOUTS: Mapping[str, Timeout] = {
    State.REQUESTED: Timeout("seller", timedelta(hours=48), "approve"),
    State.OFFERED: Timeout("buyer", timedelta(hours=48), "decline_offer"),
    State.APPROVED: Timeout("buyer", timedelta(days=5), "close"),
    State.IN_TRANSIT: Timeout("seller", timedelta(days=8), "refund"),
    State.RECEIVED: Timeout("seller", None, "refund"),
    State.REJECTED: Timeout("buyer", timedelta(days=7), "close"),
    State.REFUSED: Timeout("buyer", timedelta(days=7), "close"),
    State.DISPUTED: Timeout("staff", timedelta(days=7), "decide_for_buyer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Who is believed at once.

    Attributes:
        most: up to which amount, in minor units by currency.
        kept_lines: how many lines they have kept to the end with no money given back, at least.
        back_percent: for which share of their units money was given back, be it a part, at most.
        no_lost_dispute_for: how long no dispute has been decided against them.
    """

    most: Mapping[str, int]
    kept_lines: int
    back_percent: int
    no_lost_dispute_for: timedelta


#: A trusted buyer's request is approved at once, and paid at once when nothing has to come back.
TRUSTED = Trust(
    most={"CNY": 20_000, "USD": 3_000, "EUR": 3_000},
    kept_lines=5,
    back_percent=20,
    no_lost_dispute_for=timedelta(days=180),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often one buyer may ask, and a seller offer."""

    open_per_buyer: int
    per_line: int
    lately: int
    lately_is: timedelta
    offers: int
    files_per_party: int
    unused_files: int


LIMITS = Limits(
    open_per_buyer=20,
    per_line=5,
    lately=60,
    lately_is=timedelta(days=30),
    offers=3,
    files_per_party=6,
    unused_files=12,
)
