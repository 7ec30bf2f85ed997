"""What one viewer is going to do. Follows from the seed, the script and the rates alone."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from random import Random

import orjson

from streams.simulator.rates import Rates
from streams.simulator.script import Script
from streams.simulator.words import chat_line

RETURN_SECONDS = 90.0
REACTION_MEDIAN_SECONDS = 4.0
REACTION_SIGMA = 0.6
PAY_MEDIAN_SECONDS = 12.0
PAY_SIGMA = 0.8
LIKES_AT_ONCE = 5
LOOK_SECONDS = 6.0
SHORTEST_VISIT = 3.0
SECOND_CARD = 0.5
#: Quantities and how often they are wanted.
QUANTITIES = ((1, 80), (2, 15), (3, 5))
#: The gateway simulator's numbers for cards that end up paid, and how often they come.
GOOD_CARDS = (
    ("4242424242424242", 82),  # captured at once
    ("4000010000000027", 6),  # webhook twice
    ("4000010000000043", 6),  # webhook before the answer
    ("4000010000000084", 3),  # an error first
    ("4000080000000020", 3),  # two seconds late
)
BAD_CARDS = ("4000000000009995", "4000000000000002", "4000000000000069")


Draw = Callable[[str], Random]


@dataclass(frozen=True)
class Visit:
    """Script seconds; a negative start is a share of the waiting time before the show."""

    start: float
    end: float


@dataclass(frozen=True)
class Wish:
    """A purchase that somebody will try.

    ``at`` is a script second; with ``deal``, the number of a beat, it is when that deal should open, and
    ``reaction`` seconds later they buy. ``cards`` are tried one after the other; none is never paid.
    """

    at: float
    product: str
    quantity: int
    deal: int | None = None
    reaction: float = 0.0
    pay_after: float = 0.0
    cards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One viewer's evening."""

    number: int
    follower: bool
    visits: tuple[Visit, ...]
    wishes: tuple[Wish, ...]
    looks: tuple[tuple[float, str], ...]
    chats: tuple[tuple[float, str], ...]
    likes: tuple[tuple[float, int], ...]


def plan_viewer(seed: int, number: int, script: Script, rates: Rates) -> Plan:
    """Return the plan of the viewer with this number. Every purpose draws from a random stream of its own."""

    def draw(purpose: str) -> Random:
        return Random(f"{seed}:{number}:{purpose}")  # noqa: S311 - repeatable is what it is for

    follower = draw("follower").random() < rates.followers
    visits = tuple(_visits(draw("visit"), rates, show_seconds(script), follower=follower))
    wishes = [*_deal_wishes(draw, script, rates, visits)]
    wishes += _plain_wishes(draw, script, rates, visits, follower=follower)
    return Plan(
        number=number,
        follower=follower,
        visits=visits,
        wishes=tuple(sorted(wishes, key=lambda wish: wish.at)),
        looks=tuple(_looks(draw("look"), script, rates, visits)),
        chats=tuple(_chats(draw("chat"), script, rates, visits)),
        likes=tuple(_likes(draw("like"), rates, visits)),
    )


def digest_of(plans: list[Plan]) -> str:
    """Return a SHA-256 over plans: equal digests are equal decisions."""
    running = hashlib.sha256()
    for plan in plans:
        running.update(orjson.dumps(asdict(plan)))
    return running.hexdigest()


def show_seconds(script: Script) -> float:
    """Return when the show ends, in script seconds."""
    last = script.beats[-1]
    return last.at if last.verb == "end" else script.minutes * 60


def explained(script: Script, product: str) -> Iterator[tuple[float, float]]:
    """Yield from when to when a product is pinned, in script seconds."""
    pins = [beat for beat in script.beats if beat.verb == "pin"]
    ends = [beat.at for beat in pins[1:]] + [show_seconds(script)]
    for beat, end in zip(pins, ends, strict=True):
        if beat.product == product:
            yield beat.at, end


def explained_at(script: Script, moment: float) -> str:
    """Return the key of the product that is pinned at a script second, empty before the first pin."""
    pins = [beat.product for beat in script.beats if beat.verb == "pin" and beat.at <= moment]
    return pins[-1] if pins else ""


def _visits(dice: Random, rates: Rates, length: float, *, follower: bool) -> Iterator[Visit]:
    start = _arrival(dice, rates, length, follower=follower)
    median = rates.follower_visit_median_seconds if follower else rates.visit_median_seconds
    while start < length - SHORTEST_VISIT:
        stay = max(SHORTEST_VISIT, dice.lognormvariate(math.log(median), rates.visit_sigma))
        end = min(max(start, 0.0) + stay, length)
        yield Visit(round(start, 3), round(end, 3))
        if end >= length or dice.random() >= rates.return_share:
            return
        start = end + dice.expovariate(1 / RETURN_SECONDS)


def _arrival(dice: Random, rates: Rates, length: float, *, follower: bool) -> float:
    ramp = rates.ramp_minutes * 60
    if follower:
        return -dice.random() if dice.random() < rates.waiting else dice.expovariate(2 / ramp) % length
    if dice.random() < rates.steady:
        return dice.uniform(0, length)
    return dice.expovariate(1 / ramp) % length


def _appeal(script: Script, rates: Rates) -> dict[str, float]:
    """Return how much each product is wanted; the first in the script is 1 (Zipf's law)."""
    return {product.key: rank**-rates.concentration for rank, product in enumerate(script.products, start=1)}


def _deal_wishes(draw: Draw, script: Script, rates: Rates, visits: tuple[Visit, ...]) -> Iterator[Wish]:
    appeal = _appeal(script, rates)
    for number, beat in enumerate(script.beats):
        if beat.verb != "deal" or not any(visit.start <= beat.at < visit.end for visit in visits):
            continue
        dice = draw(f"deal:{number}")
        if dice.random() < rates.deal_conversion * appeal[beat.product]:
            reaction = dice.lognormvariate(math.log(REACTION_MEDIAN_SECONDS), REACTION_SIGMA)
            limit = beat.per_buyer_limit
            wish = _wish(dice, script, rates, beat.at, beat.product, limit)
            yield replace(wish, deal=number, reaction=round(reaction, 3))


def _plain_wishes(
    draw: Draw, script: Script, rates: Rates, visits: tuple[Visit, ...], *, follower: bool
) -> Iterator[Wish]:
    appeal = _appeal(script, rates)
    chance = rates.follower_conversion if follower else rates.conversion
    for number, visit in enumerate(visits):
        dice = draw(f"buy:{number}")
        if dice.random() >= chance:
            continue
        product = dice.choices(list(appeal), weights=list(appeal.values()))[0]
        start, end = max(visit.start, 0.0), visit.end
        shown = [(max(start, low), min(end, high)) for low, high in explained(script, product)]
        low, high = next(((low, high) for low, high in shown if low < high), (start, end))
        yield _wish(dice, script, rates, round(dice.uniform(low, high), 3), product, None)


def _wish(dice: Random, script: Script, rates: Rates, at: float, product: str, limit: int | None) -> Wish:
    """Return somebody's purchase: how many within the limits, and how they will pay."""
    limits = [each.per_buyer_limit for each in script.products if each.key == product] + [limit]
    most = min((each for each in limits if each is not None), default=QUANTITIES[-1][0])
    wanted = dice.choices([units for units, _ in QUANTITIES], weights=[often for _, often in QUANTITIES])[0]
    return Wish(
        at=at,
        product=product,
        quantity=min(wanted, most),
        pay_after=round(dice.lognormvariate(math.log(PAY_MEDIAN_SECONDS), PAY_SIGMA), 3),
        cards=_cards(dice, rates),
    )


def _cards(dice: Random, rates: Rates) -> tuple[str, ...]:
    good = dice.choices([card for card, _ in GOOD_CARDS], weights=[often for _, often in GOOD_CARDS])[0]
    luck = dice.random()
    if luck < rates.unpaid:
        return ()
    if luck < rates.unpaid + rates.declined:
        bad = dice.choice(BAD_CARDS)
        return (bad, good) if dice.random() < SECOND_CARD else (bad,)
    return (good,)


def _looks(
    dice: Random, script: Script, rates: Rates, visits: tuple[Visit, ...]
) -> Iterator[tuple[float, str]]:
    """Yield when somebody opens the page of a product that has just been pinned."""
    for beat in script.beats:
        if beat.verb != "pin":
            continue
        moment = beat.at + dice.expovariate(1 / LOOK_SECONDS)
        if dice.random() < rates.looks and any(visit.start <= moment < visit.end for visit in visits):
            yield round(moment, 3), beat.product


def _chats(
    dice: Random, script: Script, rates: Rates, visits: tuple[Visit, ...]
) -> Iterator[tuple[float, str]]:
    titles = {product.key: product.title or product.sku for product in script.products}
    for moment in _moments(dice, rates.chats_per_minute, visits):
        yield moment, chat_line(dice, titles.get(explained_at(script, moment), ""))


def _likes(dice: Random, rates: Rates, visits: tuple[Visit, ...]) -> Iterator[tuple[float, int]]:
    for moment in _moments(dice, rates.likes_per_minute / LIKES_AT_ONCE, visits):
        yield moment, dice.randint(1, 2 * LIKES_AT_ONCE - 1)


def _moments(dice: Random, per_minute: float, visits: tuple[Visit, ...]) -> Iterator[float]:
    """Yield the moments of a Poisson process while somebody is there."""
    if per_minute <= 0:
        return
    for visit in visits:
        moment = max(visit.start, 0.0) + dice.expovariate(per_minute / 60)
        while moment < visit.end:
            yield round(moment, 3)
            moment += dice.expovariate(per_minute / 60)
