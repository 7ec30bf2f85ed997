"""A worker killed with SIGKILL anywhere in settlement and payouts: who goes on comes to the same rows."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from marketplace.actions.brands import create_brand
from marketplace.lib import clock
from marketplace.models import User
from orders.payments.bank import desk
from orders.settlement.periods import next_end
from orders.tasks import sweep_payouts
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import PRICE, Shop, open_show
from tests.orders.times import settle
from tests.people import sign_up
from tests.servers import ROOT
from tests.settlement.mortal import Life, Story
from tests.settlement.sales import back_for, deliver, end_period, give_back, represent, sell

pytestmark = [
    pytest.mark.only_in("scaled"),
    pytest.mark.django_db(transaction=True),
]

SEED = 20_261_128
KILLS, KILLS_OF_ONE = 50, 3
SIGKILL = 9
ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "marketplace.settings", "DATABASE_POOL": "2"}

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
#: After the end of the period: as often as the bank may have to be asked, or tried again the next day.
MOMENTS = (
    *(timedelta(0), HOUR, 2 * HOUR),
    *(ONE_DAY, ONE_DAY + HOUR, ONE_DAY + 2 * HOUR),
    *(2 * ONE_DAY + 3 * HOUR, 2 * ONE_DAY + 4 * HOUR),
)


class Worker:
    """The parent of workers that die, and the copies of the database that they work on."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path, moments: list[str]) -> None:
        self._process, self._log, self._moments = process, log, moments
        self._seed = str(connection.settings_dict["NAME"])

    @contextmanager
    def copy(self) -> Iterator[Life]:
        """Yield a whole life on a fresh copy of what was sold."""
        name = f"{self._seed}_killed"
        _execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._seed}"')
        try:
            yield Life(database=name, moments=self._moments)
        finally:
            _execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def live(self, life: Life) -> Story:
        """Return what became of a life."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(life)) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._log.read_text()[-5_000:]
        return Story(**json.loads(answer))

    def die_and_live(self, life: Life, points: list[int]) -> tuple[int, Story]:
        """Kill the worker at points of the whole way, each time going on, until one comes to the end.

        Return how often it was killed, and the story of the last one.
        """
        passed = 0
        for kills, point in enumerate(sorted(points)):
            story = self.live(replace(life, die_at=max(1, point - passed)))
            if not story.signal:
                return kills, story
            assert story.signal == SIGKILL
            life, passed = replace(life, begin=story.moment), point
        return len(points), self.live(life)


def _execute(statement: str) -> None:
    settings = connection.settings_dict
    where = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    with psycopg.connect(
        **where, password=settings["PASSWORD"], dbname="postgres", autocommit=True
    ) as server:
        server.execute(statement)


@pytest.fixture
def worker(
    alone: None,
    hours: Hours,
    admin: User,
    buyer: User,
    server_folder: Path,
    server_environment: Mapping[str, str],
) -> Iterator[Worker]:
    """Return a worker in front of a period that has just ended."""
    _trade(admin, buyer, hours)
    end = next_end(clock.now())
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # nobody may be connected to what is copied
    path = server_folder / "mortal.log"
    with (
        path.open("w") as log,
        subprocess.Popen(
            (sys.executable, "-m", "tests.settlement.mortal"),
            cwd=ROOT,
            env={**os.environ, **server_environment, **ENVIRONMENT},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Worker(process, path, [(end + after).isoformat() for after in MOMENTS])


def _trade(admin: User, buyer: User, hours: Hours) -> None:
    """Sell of six brands: one goes on, one ends in debt, and there is one for each habit of the bank."""
    first, debtor, *others = [_show(admin, number) for number in range(6)]
    represent(first.session.streamer, share_bp=1_500)
    early = [sell(show, buyer) for show in (first, debtor)]
    for show, order in zip((first, debtor), early, strict=True):
        deliver(show, order, hours=hours, days=0)
    deliver(first, hours=hours)
    end_period(hours)
    sweep_payouts()
    sales = [(first, sell(first, buyer, quantity=2)) for _ in range(3)]
    for show, ending in zip(others, (desk.FAILS, desk.LATE, desk.TWICE, desk.SILENT), strict=True):
        sales.append((show, sell(show, buyer)))
        give_back(sales[-1][1], back_for(ending))
    for show, order in sales:
        deliver(show, order, hours=hours, days=0)
    deliver(first, hours=hours)
    for order in early:
        give_back(order, PRICE.amount)  # taken back of what has been paid, and a reserve
    settle()


def _show(admin: User, number: int) -> Shop:
    owner, host = sign_up(f"owner{number}"), sign_up(f"host{number}")
    brand = create_brand(actor=owner, name=f"Brand {number}", country="CN", now=clock.now())
    return open_show(brand, owner, host, admin)


def test_a_worker_killed_anywhere_leaves_what_the_next_one_makes_whole(worker: Worker) -> None:
    with worker.copy() as life:
        whole = worker.live(life)
    assert (whole.rows["findings"], whole.rows["paid_twice"]) == ([], [])
    _check_that_much_happens(whole)
    chance, kills = random.Random(SEED), 0
    while kills < KILLS:
        points = [chance.randint(1, whole.points) for _ in range(KILLS_OF_ONE)]
        with worker.copy() as life:
            killed, story = worker.die_and_live(life, points)
        for table, rows in whole.rows.items():
            assert story.rows[table] == rows, (SEED, points, table)
        kills += killed


def _check_that_much_happens(whole: Story) -> None:
    """See that the run has in it what can go wrong."""
    rows = whole.rows
    assert (len(rows["lines"]), {row[4] for row in rows["statements"]}) == (11, {"paid", "closed"})
    assert [row for row in rows["statements"] if row[10] < 0], "nobody owes anything"
    assert {tuple(row[3:]) for row in rows["bank"]} == {("done", "", 0), ("failed", "account_closed", 0)}
    assert {row[3] for row in rows["payouts"]} == {"done"}
    assert rows["holds"], "nothing is kept back"
    assert whole.points > 10 * KILLS


def test_a_bank_that_is_asked_under_new_keys_pays_twice_what_a_kill_cut_off(worker: Worker) -> None:
    """The negative control: the same kills find a payout that does not remember its key."""
    with worker.copy() as life:
        whole = worker.live(replace(life, forgetful=True))
    chance = random.Random(SEED)
    for _ in range(KILLS):
        points = [chance.randint(1, whole.points) for _ in range(KILLS_OF_ONE)]
        with worker.copy() as life:
            _, story = worker.die_and_live(replace(life, forgetful=True), points)
        if set(story.rows["paid_twice"]) > set(whole.rows["paid_twice"]):
            assert "settlement.paid_twice" in " ".join(story.rows["findings"])
            return
    pytest.fail("no kill fell between an order to the bank and what was written down of its answer")
