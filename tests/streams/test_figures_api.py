"""A session's figures over the API: exact numbers, money in the session's currency."""

import json
from datetime import timedelta

import pytest

from marketplace.lib import clock
from marketplace.lib.atomic import action
from streams import figures
from streams.actions.presence import Watched, record_attendance, record_rooms
from streams.models import Session
from streams.queries.figures import MINUTE, minute_of
from tests.marketplace.rest_callers import Caller

pytestmark = pytest.mark.django_db(transaction=True)


def money(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "CNY"}


def test_a_show_in_figures(live: Session, as_host: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    this, before = minute_of(now), minute_of(now) - 2 * MINUTE
    with action():
        figures.add(live.id, now=before, process="web-1", orders=2, units=3, gross=11_970, peak_viewers=40)
        figures.add(
            live.id, now=before, process="web-2", joins=9, leaves=1, chats=4, likes=70, peak_viewers=2
        )
        figures.add(live.id, now=now, process="web-1", given_back=3_990)
    record_rooms(viewers={live.id: 41}, likes={}, counts=[], process="web-1", now=now)
    record_attendance([Watched(live.id, "usr_a", now, now + timedelta(seconds=60), visits=1, seconds=60)])
    answer = as_host.send("GET", f"/api/v1/sessions/{live.id}/metrics")
    assert answer.status_code == 200, answer.content
    shown = json.loads(answer.content)
    minutes, last = shown.pop("minutes"), shown.pop("last")
    assert [minute["minute"] for minute in minutes] == [
        clock.to_wire(moment) for moment in (before, before + MINUTE, this)
    ]
    assert minutes[0] == {
        "minute": clock.to_wire(before),
        "peak_viewers": 42,
        "joins": 9,
        "leaves": 1,
        "chats": 4,
        "likes": 70,
        "orders": 2,
        "units": 3,
        "gross": money(11_970),
        "given_back": money(0),
        "net": money(11_970),
    }
    assert minutes[2]["net"] == money(-3_990)
    assert last == {**minutes[0], "minute": clock.to_wire(this - 5 * MINUTE)}
    assert shown.pop("before")["gross"] == money(0)
    assert shown == {
        "object": "session_metrics",
        "session": live.id,
        "viewers": 41,
        "totals": {
            "peak_viewers": 42,
            "joins": 9,
            "chats": 4,
            "likes": 70,
            "orders": 2,
            "units": 3,
            "gross": money(11_970),
            "given_back": money(3_990),
            "net": money(7_980),
            "unique_viewers": 1,
            "watched_seconds": 60,
        },
    }
