"""Whether people keep what has arrived, and how both sides answer. Follows from seed and rates alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from streams.simulator.script import Table

#: Why people ask for their money, and how often of a hundred times (one brand's 180,681 refunds).
REASONS = (("no_reason", 56.0), ("other", 37.0), ("not_received", 5.5), ("quality", 1.5))
#: Days after the arrival on which they ask; the right ends after seven, of perishable goods after two.
DAYS = ((0, 40), (1, 25), (2, 15), (3, 10), (4, 6), (5, 4))


@dataclass(frozen=True)
class Regrets:
    """How often what was bought comes back, and how both sides answer. All shares are from 0 to 1.

    ``rates`` are by category, ``others`` is for all that are not named. Of requests the seller approves,
    offers a part, rejects, or leaves what remains to the deadline.
    """

    others: float = 0.12
    rates: Mapping[str, float] = field(default_factory=dict)
    approves: float = 0.85
    offers: float = 0.06
    rejects: float = 0.05
    accepts_offer: float = 0.6
    sends_back: float = 0.92
    disputes: float = 0.3
    goods_are_fine: float = 0.95


@dataclass(frozen=True)
class Regret:
    """Somebody wants to give something back, so many days after it arrived."""

    days: int
    reason: str


def read_regrets(document: dict[str, Any], *, name: str) -> Regrets:
    """Return the table ``returns`` of a script; what is left out has a default. Raises BadScript."""
    table = Table(document.get("returns", {}), f"{name}: [returns]")
    by_category = Table(table.take("rates") or {}, f"{name}: [returns.rates]")
    rates = {each: by_category.number(each, low=0, high=1) for each in by_category.names()}
    shares = {
        each: table.number(each, low=0, high=1, default=default)
        for each, default in vars(Regrets()).items()
        if each != "rates"
    }
    table.done()
    return Regrets(rates=rates, **shares)


def regret_of(dice: Random, category: str, regrets: Regrets) -> Regret | None:
    """Return what somebody does with a product of a category; None when they keep it."""
    if dice.random() >= regrets.rates.get(category, regrets.others):
        return None
    reason = dice.choices([each for each, _ in REASONS], weights=[often for _, often in REASONS])[0]
    days = dice.choices([each for each, _ in DAYS], weights=[often for _, often in DAYS])[0]
    return Regret(days, reason)


def next_step(state: str, dice: Random, regrets: Regrets) -> str:
    """Return what whoever's turn it is does in a state of a return; empty to let the deadline pass."""
    choices: dict[str, tuple[tuple[str, float], ...]] = {
        "requested": (
            ("approve", regrets.approves), ("offer", regrets.offers), ("reject", regrets.rejects),
        ),
        "offered": (("accept-offer", regrets.accepts_offer), ("decline-offer", 1.0)),
        "approved": (("send-back", regrets.sends_back),),
        "in_transit": (("receive", 1.0),),
        "received": (("accept-goods", regrets.goods_are_fine), ("refuse-goods", 1.0)),
        "rejected": (("dispute", regrets.disputes),),
        "refused_at_inspection": (("dispute", regrets.disputes),),
    }  # fmt: skip
    luck = dice.random()
    for step, share in choices.get(state, ()):
        if luck < share:
            return step
        luck -= share
    return ""
