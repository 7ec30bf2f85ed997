"""The upsert of minute figures: adds, keeps the highest peak, loses nothing between two connections."""

import threading
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from marketplace.lib.atomic import OutsideTransaction, action
from marketplace.models import User
from streams import figures
from streams.models import MinuteFigure, Session, Streamer

NOW = datetime(2026, 11, 11, 20, 0, 26, tzinfo=UTC)
MINUTE = NOW.replace(second=0)
FIGURES = [field.name for field in fields(figures.Count)]


def make_session(name: str = "Li Na") -> Session:
    user = User.objects.create_user(username=name)
    streamer = Streamer.objects.create(user=user, name=name, created_at=NOW)
    return Session.objects.create(streamer=streamer, title="Tea", state="live", created_at=NOW)


@pytest.fixture
def session(transactional_db: None) -> Session:
    return make_session()


def test_the_first_count_makes_the_minute_and_later_ones_add_to_it(session: Session) -> None:
    with action():
        figures.add(session.id, now=NOW, process="web-1", orders=2, units=3, gross=11_970, peak_viewers=40)
    with action():
        figures.add(session.id, now=NOW + timedelta(seconds=33), process="web-1", joins=5, peak_viewers=38)
        figures.add(session.id, now=NOW, process="web-1", given_back=3_990, leaves=1, chats=2, likes=70)
    row = MinuteFigure.objects.values(*FIGURES).get()
    assert row == {
        "session_id": session.id,
        "minute": MINUTE,
        "process": "web-1",
        "peak_viewers": 40,
        "joins": 5,
        "leaves": 1,
        "chats": 2,
        "likes": 70,
        "orders": 2,
        "units": 3,
        "gross": 11_970,
        "given_back": 3_990,
    }


def test_a_higher_peak_replaces_a_lower_one(session: Session) -> None:
    for peak in (3, 9, 4):
        with action():
            figures.add(session.id, now=NOW, process="web-1", peak_viewers=peak)
    assert MinuteFigure.objects.get().peak_viewers == 9


def test_processes_and_minutes_count_on_rows_of_their_own(session: Session) -> None:
    with action():
        figures.add(session.id, now=NOW, process="web-1", likes=1)
        figures.add(session.id, now=NOW, process="web-2", likes=2)
        figures.add(session.id, now=NOW + timedelta(minutes=1), process="web-1", likes=4)
        figures.add(session.id, now=NOW, likes=8)
    rows = MinuteFigure.objects.order_by("likes").values_list("minute", "process", "likes")
    assert list(rows) == [
        (MINUTE, "web-1", 1),
        (MINUTE, "web-2", 2),
        (MINUTE + timedelta(minutes=1), "web-1", 4),
        (MINUTE, figures.this_process(), 8),
    ]
    assert len(figures.this_process()) <= 40


def test_a_count_dies_with_its_transaction(session: Session) -> None:
    with action():
        figures.add(session.id, now=NOW, orders=1)
        transaction.set_rollback(True)
    assert not MinuteFigure.objects.exists()


def test_a_count_outside_a_transaction_is_refused(session: Session) -> None:
    with pytest.raises(OutsideTransaction):
        figures.add(session.id, now=NOW, orders=1)


def test_two_connections_that_count_at_once_lose_nothing(session: Session) -> None:
    ready = threading.Barrier(2)
    failures: list[BaseException] = []

    def count(units: int) -> None:
        try:
            for _ in range(50):
                ready.wait(10)
                with action():
                    figures.add(session.id, now=NOW, process="web-1", orders=1, units=units)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)
            ready.abort()
        finally:
            connection.close()

    run_together(lambda: count(1), lambda: count(10))
    assert failures == []
    row = MinuteFigure.objects.get()
    assert (row.orders, row.units) == (100, 550)


def test_many_counts_go_in_together(session: Session) -> None:
    other = make_session("Wang Wei")
    counts = [figures.Count(id_, NOW, "web-1", joins=n) for n, id_ in enumerate([other.id, session.id], 1)]
    with transaction.atomic():
        figures.add_all(counts)
        figures.add_all([])
    assert set(MinuteFigure.objects.values_list("session_id", "joins")) == {(other.id, 1), (session.id, 2)}


def run_together(*functions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
