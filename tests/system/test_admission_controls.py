"""Negative controls: the race that admission wins is lost as soon as its guards are taken away.

Eight buyers in eight threads want four units. Each has read how many there are before any of them writes,
where the locks let them. ``Guards.ALL`` is the product as it is. ``Guards.NO_LOCKS`` reads without locks, so
that only guarded UPDATEs and constraints are left. ``Guards.NONE`` drops those too.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import connection, models

from marketplace import stock
from marketplace.actions.stock import correct_stock
from marketplace.errors import Conflict
from marketplace.lib import clock, rows
from marketplace.lib.pipeline import Answer
from marketplace.models import StockLevel, User
from orders.actions import place_orders as module
from orders.models import Order, OrderLine
from orders.requests import Accepted, Outcome, PurchaseRequest
from streams import stock_facts
from streams.actions.deals import open_deal
from streams.actions.lineup import change_slot
from streams.models import Deal, Session, Slot
from tests.orders.shop import PRICE, Shop
from tests.system.books import audit, check_books
from tests.system.crowd import make_crowd

UNITS, BUYERS = 4, 8
MEETING_SECONDS = 0.5

Patch = pytest.MonkeyPatch


class Guards(Enum):
    ALL = "all guards"
    NO_LOCKS = "without locks"
    NONE = "without locks and constraints"


@dataclass
class Race:
    """What eight buyers ask for at the same moment, and what holds them back beside the locks."""

    requests: list[PurchaseRequest]
    constraints: Sequence[tuple[type[models.Model], str]] = ()


def shelf(shop: Shop) -> Race:
    """Four units on the shelf."""
    variant = shop.slot.variant_id
    correct_stock(variant_id=variant, on_hand=UNITS, note="count", actor=shop.owner, now=clock.now())
    return Race(one_each(shop), [(StockLevel, "held_at_most_on_hand")])


def allocation(shop: Shop) -> Race:
    """Ten on the shelf, four of them for this show."""
    change_slot(slot_id=shop.slot.id, allocation=UNITS, actor=shop.host, now=clock.now())
    return Race(one_each(shop), [(Slot, "slot_taken_within_allocation")])


def quota(shop: Shop) -> Race:
    """Ten on the shelf, four of them at the deal's price."""
    deal = open_deal(
        slot_id=shop.slot.id, price=PRICE, quota=UNITS, seconds=600, actor=shop.host, now=clock.now()
    )
    return Race(one_each(shop, deal=deal.id), [(Deal, "deal_taken_within_quota")])


def limit(shop: Shop) -> Race:
    """One buyer with a limit of four, eight keys."""
    change_slot(slot_id=shop.slot.id, per_buyer_limit=UNITS, actor=shop.host, now=clock.now())
    buyer = make_crowd(1)[0].id
    return Race([wish(shop, buyer, f"key-{number}") for number in range(BUYERS)])


def one_each(shop: Shop, *, deal: str | None = None) -> list[PurchaseRequest]:
    return [wish(shop, person.id, "key", deal=deal) for person in make_crowd(BUYERS)]


def wish(shop: Shop, buyer: str, key: str, *, deal: str | None = None) -> PurchaseRequest:
    return PurchaseRequest(buyer, shop.slot.id, deal, 1, PRICE, key)


SCARCE = (shelf, allocation, quota, limit)


@pytest.mark.parametrize("scarce", SCARCE)
def test_with_every_guard_exactly_what_there_is_is_sold(
    scarce: Callable[[Shop], Race], shop: Shop, transactional_db: None, monkeypatch: Patch
) -> None:
    assert units_sold(run(scarce(shop), Guards.ALL, monkeypatch)) == UNITS
    assert check_books(shop.session.id) == UNITS


@pytest.mark.parametrize("scarce", (shelf, allocation, quota))
def test_without_locks_the_constraints_still_refuse_to_oversell(
    scarce: Callable[[Shop], Race], shop: Shop, transactional_db: None, monkeypatch: Patch
) -> None:
    assert units_sold(run(scarce(shop), Guards.NO_LOCKS, monkeypatch)) <= UNITS
    assert OrderLine.objects.count() <= UNITS


@pytest.mark.parametrize("scarce", SCARCE)
def test_without_guards_the_same_race_sells_more_than_there_is(
    scarce: Callable[[Shop], Race], shop: Shop, transactional_db: None, monkeypatch: Patch
) -> None:
    race = scarce(shop)
    with dropped(race.constraints):
        assert units_sold(run(race, Guards.NONE, monkeypatch)) > UNITS
        assert OrderLine.objects.count() > UNITS
        if race.constraints:
            assert audit() != "0 findings\n"


def test_with_every_guard_a_key_is_one_order(
    shop: Shop, buyer: User, transactional_db: None, monkeypatch: Patch
) -> None:
    race = Race([wish(shop, buyer.id, "mine")] * BUYERS)
    outcomes = run(race, Guards.ALL, monkeypatch)
    assert {outcome.order_id for outcome in outcomes if isinstance(outcome, Accepted)} == {
        Order.objects.get().id
    }
    assert units_sold(outcomes) == BUYERS
    assert check_books(shop.session.id) == 1


def test_without_the_unique_key_the_same_race_doubles_orders(
    shop: Shop, buyer: User, transactional_db: None, monkeypatch: Patch
) -> None:
    race = Race([wish(shop, buyer.id, "mine")] * BUYERS, [(Order, "order_once_per_key")])
    with dropped(race.constraints):
        run(race, Guards.NONE, monkeypatch)
        assert Order.objects.filter(buyer=buyer, key="mine").count() > 1
        assert "order.key_used_twice" in audit()


def units_sold(outcomes: Sequence[Outcome | None]) -> int:
    return sum(isinstance(outcome, Accepted) for outcome in outcomes)


def run(race: Race, guards: Guards, patch: Patch) -> list[Outcome | None]:
    """Let every request be placed by a thread of its own; None where the database refused it."""
    if guards is not Guards.ALL:
        take_locks_away(patch)
    if guards is Guards.NONE:
        take_second_wall_away(patch)
    meet_after("lock_market", len(race.requests), patch)
    outcomes: list[Outcome | None] = [None] * len(race.requests)

    def place(number: int) -> None:
        try:
            connection.ensure_connection()
            if guards is Guards.NO_LOCKS and connection.vendor == "sqlite":
                vars(connection)["transaction_mode"] = "DEFERRED"
            with suppress(DatabaseError, Conflict):
                outcomes[number] = module.place_orders([race.requests[number]], now=clock.now()).outcomes[0]
        finally:
            connection.close()

    threads = [threading.Thread(target=place, args=(number,)) for number in range(len(race.requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def meet_after(step: str, parties: int, patch: Patch) -> None:
    """Let nobody go on after a reading step before all have taken it, unless a lock keeps them from it."""
    meeting = threading.Barrier(parties)
    read = getattr(module, step)

    def read_and_wait(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(MEETING_SECONDS)
        return found

    patch.setattr(module, step, read_and_wait)


def take_locks_away(patch: Patch) -> None:
    """Read rows without FOR UPDATE."""
    patch.setattr(rows, "ask_lock", fetch_instead)
    # the numbering of the room's facts would itself let only one of the racers through
    patch.setattr(stock_facts, "tell", tell_nobody)


def fetch_instead(
    model: type[models.Model], keys: Collection[str], *, by: str = "id", also: rows.Select | None = None
) -> Answer[list[models.Model]]:
    return rows.ask_fetch(model, keys, by=by)


def tell_nobody(sessions: Iterable[Session], *, now: datetime) -> list[str]:
    return []


def take_second_wall_away(patch: Patch) -> None:
    """Change the stock level whatever it is; on SQLite without a transaction."""
    unguarded = stock._MOVE.partition(" AND ")[0] + " AND %s + %s + %s < 1000"
    patch.setattr(stock, "_MOVE", unguarded)
    if connection.vendor == "sqlite":
        patch.setattr(module, "action", autocommit)


@contextmanager
def autocommit() -> Iterator[None]:
    """Pretend to be in a transaction, while the database commits every statement by itself."""
    connection.ensure_connection()
    connection.in_atomic_block = True
    try:
        yield
    finally:
        connection.in_atomic_block = False
        connection.run_on_commit.clear()


@contextmanager
def dropped(constraints: Sequence[tuple[type[models.Model], str]]) -> Iterator[None]:
    """Drop constraints of the database, and put them back once the rows that break them are gone."""
    with ExitStack() as undo:
        for model, name in constraints:
            undo.enter_context(_dropped(model, name))
        undo.callback(forget_sales)
        yield


@contextmanager
def _dropped(model: type[models.Model], name: str) -> Iterator[None]:
    whole = model._meta.constraints  # SQLite makes the whole table anew from this
    constraint = next(each for each in whole if each.name == name)
    model._meta.constraints = [each for each in whole if each is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    yield
    model._meta.constraints = whole
    with connection.schema_editor() as editor:
        editor.add_constraint(model, constraint)


def forget_sales() -> None:
    OrderLine.objects.all().delete()
    Order.objects.all().delete()
    for model in (Slot, Deal):
        model._default_manager.update(taken=0)
    StockLevel.objects.update(held=0)
