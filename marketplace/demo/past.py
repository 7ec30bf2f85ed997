"""The demo's past: played on the sandbox's clock, so that every row tells of the moment it belongs to.

All that happened in the last two weeks is a list of acts in the order of time. Each of them looks whether it
has been done, so a run that was cut off is finished by the next one.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from marketplace.demo.courses import OF_CROWD, OF_VIEWER, Course, courses
from marketplace.demo.programme import Part, past
from marketplace.demo.purchases import Fate, Purchase, change_mind, place, settle, ship
from marketplace.demo.returns import move_on
from marketplace.demo.shows import DEAL_AFTER, FIRST_PART, ORDERS_AFTER, PART_SECONDS, Act, Stage
from marketplace.lib import clock
from marketplace.models import User
from orders import tasks as orders_tasks
from orders.payments.simulator.deliveries import deliver_due
from refunds import tasks as refunds_tasks

#: How long before the demo's making it begins: before the first show is announced.
BEGAN = timedelta(days=14)
SWEEP_EVERY = timedelta(days=1)
#: Brands pack twice a day; whatever comes second waits for the next day.
SHIP_AFTER = (timedelta(hours=5), timedelta(hours=29))
COMES_BACK_EVERY = timedelta(hours=6)
#: Seconds from a product's first word to the orders that come after its deal.
MORE_AFTER = 90

#: What becomes of the demo viewer's second order of each past show; the first is kept.
VIEWERS_FATES = (Fate.FORGETS, Fate.PAYS_AND_CANCELS, Fate.CANCELS, Fate.FORGETS)
#: The fates of every twelve orders of others.
FATES = (*[Fate.KEEPS] * 8, Fate.FORGETS, Fate.CANCELS, Fate.PAYS_AND_CANCELS, Fate.KEEPS)


def play(made: datetime, viewer: User, crowd: Sequence[User]) -> None:
    """Play all past shows and what followed them, up to the moment ``made``."""
    acts: list[Act] = []
    for show, fate in zip(past(), VIEWERS_FATES, strict=True):
        stage = Stage(show, made + show.ahead, crowd)
        acts += stage.beats()
        acts += _orders(stage, viewer, fate, made)
        acts += [(stage.seconds(each), sweep) for each in (stage.length + 60, stage.length + 1_800)]
    until = made - BEGAN
    while (until := until + SWEEP_EVERY) < made:
        acts.append((until, sweep))
    run([*(act for act in acts if act[0] < made), (made, sweep)])


def run(acts: Iterable[Act]) -> None:
    """Do everything in the order of time, each with the marketplace's clock at its moment."""
    for at, act in sorted(acts, key=lambda act: act[0]):
        with clock_at(at):
            act(at)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Set this process's marketplace clock to a moment, for as long as the block runs."""
    before = clock.ahead()
    clock.set_ahead(moment - clock.machine_now())
    try:
        yield
    finally:
        clock.set_ahead(before)


def sweep(now: datetime) -> None:
    """Do what the background does: expire, refund, move parcels, complete, settle and pay out."""
    orders_tasks.sweep_expired_orders()
    refunds_tasks.sweep_refunds()
    while deliver_due(now):
        orders_tasks.sweep_webhooks()
        refunds_tasks.sweep_refund_webhooks()
    orders_tasks.sweep_parcels()
    orders_tasks.sweep_completed_lines()
    orders_tasks.sweep_settlement()
    orders_tasks.sweep_payouts()


def _orders(stage: Stage, viewer: User, fate: Fate, made: datetime) -> Iterator[Act]:
    """Yield the purchases of a show and what becomes of each."""
    chance = random.Random(stage.show.title)  # noqa: S311 - the same orders for everybody
    buyers = chance.sample(list(stage.crowd), len(stage.crowd))
    fates = chance.sample(FATES, len(FATES))
    comes_back: list[Purchase] = []
    for number, part in enumerate(stage.show.parts):
        mine = [buyers.pop() for _ in range(part.orders)]
        bought = [
            Purchase(buyer, f"demo-{part.sku}-{stage.show.title}"[:80], fates[each % len(fates)])
            for each, buyer in enumerate(mine, start=number * 5)
        ]
        if number == 0:
            bought[0] = Purchase(viewer, f"demo-{stage.show.title}"[:80], Fate.KEEPS)
        elif number == 1:
            bought[0] = Purchase(viewer, f"demo-second-{stage.show.title}"[:80], fate)
        bought = _with_courses(bought, courses(OF_CROWD, part.sku), viewer)
        more = [
            Purchase(viewer, f"demo-back-{each}-{part.sku}-{stage.show.title}"[:80], Fate.KEEPS, course)
            for each, course in enumerate(courses(OF_VIEWER, part.sku))
        ]
        comes_back += [purchase for purchase in (*bought, *more) if purchase.course]
        yield from _part(stage, part, FIRST_PART + number * PART_SECONDS, bought, more, chance)
    moment = stage.begins
    while comes_back and (moment := moment + COMES_BACK_EVERY) < made:
        yield moment, partial(move_on, comes_back, made)


def _with_courses(bought: Sequence[Purchase], some: Sequence[Course], viewer: User) -> list[Purchase]:
    """Bring the first of a product's orders back, the viewer's and those that are not kept aside."""
    waiting = list(some)
    return [
        replace(purchase, course=waiting.pop(0))
        if waiting and purchase.fate is Fate.KEEPS and purchase.buyer != viewer
        else purchase
        for purchase in bought
    ]


def _part(
    stage: Stage,
    part: Part,
    base: int,
    bought: Sequence[Purchase],
    more: Sequence[Purchase],
    chance: random.Random,
) -> Iterator[Act]:
    """Yield the orders of a product; ``more`` are placed when its deal is over."""
    for number, after in enumerate(ORDERS_AFTER):
        some = bought[number :: len(ORDERS_AFTER)]
        yield stage.seconds(base + after), partial(_buy, stage, part.sku, some)
    yield stage.seconds(base + MORE_AFTER), partial(_buy, stage, part.sku, more)
    for purchase in (*bought, *more):
        placed = base + DEAL_AFTER + 60
        yield stage.seconds(placed + chance.uniform(5, 200)), partial(settle, purchase)
        if purchase.fate is Fate.PAYS_AND_CANCELS:
            yield stage.seconds(placed + chance.uniform(900, 3_600)), partial(change_mind, purchase)
        if purchase.fate is Fate.KEEPS:
            packed = SHIP_AFTER[0] if purchase.course else chance.choice((*SHIP_AFTER, SHIP_AFTER[0]))
            later = packed + timedelta(minutes=chance.uniform(0, 180))
            yield stage.begins + later, partial(ship, purchase)


def _buy(stage: Stage, sku: str, some: Sequence[Purchase], now: datetime) -> None:
    """Place orders, at the deal's price as long as it has units."""
    if not some:
        return
    deal = stage.deal(sku, now)
    slot = stage.slots[sku]
    price = slot.price if deal is None else deal.unit_price
    place(some, slot_id=slot.id, deal_id=None if deal is None else deal.id, price=price, now=now)
