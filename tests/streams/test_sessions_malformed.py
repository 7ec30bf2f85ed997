"""Every field of every body wrong in type, size, encoding, sign and range: refused by name, no effect."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from marketplace.models import Fact, User
from streams.models import RoomEvent, Session, Slot, Streamer
from tests.marketplace.rest_callers import Caller, problem_of, with_token

pytestmark = pytest.mark.only_in("scaled")

HUGE = 2**63
NOT_TEXT: tuple[Any, ...] = (None, 7, True, [], {}, ["x"])
NOT_A_NUMBER: tuple[Any, ...] = (None, "7", 1.5, True, [], {}, HUGE, -HUGE)
NOT_AN_ID: tuple[Any, ...] = (
    7,
    "",
    "x",
    "ses_",
    "ord_" + "0" * 32,
    "{prefix}_" + "0" * 31,
    "{prefix}_" + "G" * 32,
    [],
    {},
)
NOT_MONEY: tuple[Any, ...] = (
    None,
    3990,
    "39.90 CNY",
    {},
    {"amount": 3990},
    {"amount": "3990", "currency": "CNY"},
    {"amount": 39.9, "currency": "CNY"},
    {"amount": True, "currency": "CNY"},
    {"amount": 0, "currency": "CNY"},
    {"amount": -1, "currency": "CNY"},
    {"amount": HUGE, "currency": "CNY"},
    {"amount": 10**12 + 1, "currency": "CNY"},
    {"amount": 1, "currency": "cny"},
    {"amount": 1, "currency": "CNYX"},
    {"amount": 1, "currency": "C\u00d1Y"},
    {"amount": 1, "currency": None},
    {"amount": 1, "currency": "CNY", "more": 1},
)
NOT_A_MOMENT: tuple[Any, ...] = (
    7,
    "",
    "tomorrow",
    "2026-11-11",
    "2026-11-11T12:00:00",
    "2026-13-11T12:00:00Z",
    "1999-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "٢٠٢٦-11-11T12:00:00Z",
    [],
    {},
)
NOT_A_SWITCH: tuple[Any, ...] = (None, 0, 1, "true", [], {})
NOT_A_LIST: tuple[Any, ...] = (None, 7, "x", {}, [None], ["x"], [7])


def is_unreadable(value: Any) -> bool:
    """Tell whether the JSON reader refuses the whole body because of this value."""
    written = json.dumps(value).replace(f"-{HUGE}", "")
    return any(part in written for part in (r"\u0000", r"\ud800", str(HUGE)))


def text(most: int) -> tuple[Any, ...]:
    return (*NOT_TEXT, "x" * (most + 1), "\0", "a\0b", "\ud800")


def line(most: int) -> tuple[Any, ...]:
    return (*text(most), "", "   ", "two\nlines")


def number(low: int, high: int) -> tuple[Any, ...]:
    return (*NOT_A_NUMBER, low - 1, high + 1)


def limit(low: int, high: int) -> tuple[Any, ...]:
    """Return wrong values of a number that may be null."""
    return tuple(value for value in number(low, high) if value is not None)


def id_(prefix: str) -> tuple[Any, ...]:
    return tuple(
        value.replace("{prefix}", prefix) if isinstance(value, str) else value for value in NOT_AN_ID
    )


def word() -> tuple[Any, ...]:
    return (*NOT_TEXT, "", "other", "LIVE")


MILLIARD = 1_000_000_000
NEW_SESSION = {
    "title": line(120),
    "description": text(4000),
    "source": word(),
    "source_url": text(500),
    "payment_window_seconds": number(60, 86_400),
}
NEW_SLOT = {
    "live_price": NOT_MONEY,
    "allocation": limit(0, MILLIARD),
    "per_buyer_limit": limit(1, 1_000_000),
    "position": number(1, 10_000),
    "on_sale": NOT_A_SWITCH,
}
MONEY = {"amount": 100, "currency": "CNY"}

#: Method, address, a body that would be taken, wrong values by field.
BODIES: tuple[tuple[str, str, dict[str, Any], dict[str, tuple[Any, ...]]], ...] = (
    ("POST", "streamers", {"name": "New"}, {"name": line(80), "bio": text(2000)}),
    ("PATCH", "streamers/{streamer}", {"bio": "x"}, {"name": line(80), "bio": text(2000)}),
    ("PUT", "streamers/{streamer}/agency", {"agency": None}, {"agency": id_("agc")}),
    ("POST", "streamers/{streamer}/moderators", {"user": "{user}"}, {"user": (None, *id_("usr"))}),
    (
        "POST",
        "agencies",
        {"name": "Stars", "share_bp": 0},
        {"name": line(120), "share_bp": number(0, 10_000)},
    ),
    (
        "POST",
        "collaborations",
        {"brand": "{brand}", "kind": "open", "rate_bp": 0},
        {
            "brand": (None, *id_("brd")),
            "kind": word(),
            "rate_bp": number(0, 10_000),
            "streamer": id_("str"),
            "starts_at": NOT_A_MOMENT,
            "ends_at": NOT_A_MOMENT,
            "rates": (*NOT_A_LIST, [{}], [{"product": "x", "rate_bp": 1}]),
        },
    ),
    ("POST", "sessions", {"title": "New"}, NEW_SESSION),
    ("PATCH", "{session}", {"title": "New"}, NEW_SESSION),
    ("POST", "{session}/schedule", {}, {"scheduled_at": (None, *NOT_A_MOMENT)}),
    (
        "POST",
        "{session}/lineup",
        {"variant": "{variant}", "live_price": MONEY},
        {**NEW_SLOT, "variant": (None, *id_("var"))},
    ),
    ("PATCH", "{session}/lineup/{slot}", {"on_sale": True}, NEW_SLOT),
    ("POST", "{session}/lineup/order", {"slots": ["{slot}"]}, {"slots": NOT_A_LIST}),
    ("POST", "{session}/lineup/{slot}/restock", {"quantity": 1}, {"quantity": number(1, MILLIARD)}),
    ("POST", "{session}/replay", {"sells": True}, {"sells": NOT_A_SWITCH}),
    (
        "POST",
        "{session}/captions",
        {"text": "Hand-picked.", "slot": "{slot}"},
        {"text": (None, *line(200)), "slot": id_("slt"), "claim": line(60)},
    ),
    (
        "POST",
        "{session}/deals",
        {"slot": "{slot}", "price": MONEY, "quota": 1, "seconds": 60},
        {
            "slot": (None, *id_("slt")),
            "price": NOT_MONEY,
            "quota": number(1, MILLIARD),
            "seconds": number(5, 3_600),
            "per_buyer_limit": limit(1, 1_000_000),
            "opens_at": NOT_A_MOMENT,
        },
    ),
)

Fill = Callable[[Any], Any]


@pytest.fixture
def fill(live: Session, slot: Slot, streamer: Streamer, buyer: User) -> Fill:
    """Return a function that puts ids in the place of names."""
    names = {
        "streamer": streamer.id,
        "user": buyer.id,
        "session": f"sessions/{live.id}",
        "slot": slot.id,
        "brand": slot.variant.brand_id,
        "variant": slot.variant_id,
    }

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.format(**names)
        if isinstance(value, list):
            return [filled(each) for each in value]
        return {name: filled(each) for name, each in value.items()} if isinstance(value, dict) else value

    return filled


@pytest.fixture
def caller(admin: User) -> Caller:
    """Return Ada, who may do everything, so that only the input is to blame."""
    return with_token(admin, "sessions:host", "catalogue:write")


def counts() -> tuple[Any, ...]:
    return Fact.objects.count(), RoomEvent.objects.count(), list(Slot.objects.values())


@pytest.mark.parametrize(
    ("method", "address", "good", "wrong"), BODIES, ids=[f"{body[0]} {body[1]}" for body in BODIES]
)
def test_a_wrong_field_is_refused_by_name(
    caller: Caller,
    fill: Fill,
    method: str,
    address: str,
    good: dict[str, Any],
    wrong: dict[str, tuple[Any, ...]],
) -> None:
    url, before = f"/api/v1/{fill(address)}", counts()
    for field, values in wrong.items():
        for number_, value in enumerate(values):
            body = {**fill(good), field: value}
            key = {"Idempotency-Key": f"{field}{number_}"}
            problem = problem_of(caller.send(method, url, body, headers=key), 400, "invalid")
            named = {error["param"].partition(".")[0] for error in problem["errors"]}
            assert named == (set() if is_unreadable(value) else {field}), (field, value, problem)
    assert counts() == before


BAD_BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"\xff\xfe",
    b'{"a": NaN}',
    b'{"unknown_field": 1}',
    b"[" * 40_000,
)


@pytest.mark.parametrize(
    ("method", "address"), [body[:2] for body in BODIES], ids=[f"{body[0]} {body[1]}" for body in BODIES]
)
def test_a_body_that_is_none(caller: Caller, fill: Fill, method: str, address: str) -> None:
    before = counts()
    for body in BAD_BODIES:
        answer = caller.send(method, f"/api/v1/{fill(address)}", body, headers={"Idempotency-Key": "k"})
        problem_of(answer, 400, "invalid")
    assert counts() == before


QUERIES = (
    "sessions?show=all",
    "sessions?mine=1",
    "sessions?streamer=x",
    "sessions?brand=x",
    f"sessions?category={'x' * 41}",
    f"sessions?q={'x' * 81}",
    "sessions?q=%00",
    "sessions?unknown=1",
    "sessions?limit=101",
    "sessions?starting_after=x",
    "sessions?expand[]=orders",
    f"streamers?q={'x' * 81}",
    "collaborations?running=yes",
    "collaborations?brand=x",
    "{session}/deals?open=1",
    "{session}/deals?slot=x",
    "{session}/lineup?starting_after=x",
)


def test_a_wrong_parameter_is_refused(caller: Caller, fill: Fill) -> None:
    for query in QUERIES:
        problem_of(caller.get(f"/api/v1/{fill(query)}"), 400, "invalid")


def test_a_wrong_id_in_an_address_is_not_found(caller: Caller, fill: Fill) -> None:
    for address in (
        "sessions/x",
        "sessions/ses_x",
        "{session}/lineup/slt_x",
        "{session}/deals/dl_x",
        "agencies/agc_",
        "collaborations/x",
    ):
        assert caller.get(f"/api/v1/{fill(address)}").status_code == 404, address
