"""Every room x every role, every command x every role, and buying over HTTP, in a running server."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed

from marketplace.actions.accounts import block_account
from marketplace.actions.tokens import create_token, revoke_token
from marketplace.lib import clock
from marketplace.models import ApiToken
from marketplace.models.tokens import Scope
from streams.actions import moderation
from streams.protocol import COMMANDS
from tests.security.matrix import ROWS
from tests.security.requests import PRICE, body_of
from tests.security.world import ROLES, World
from tests.servers import Web
from tests.streams.seats import Hall, Seat, ticket_for
from tests.system.http import Ask, Reply, ask

pytestmark = pytest.mark.django_db(transaction=True)

#: Who comes into a room: ``in``, or the code that the socket is closed with. Tom is banned from the live one.
ROOMS = """
room        nobody buyer other host rival moderator owner staff alien admin troll
live        in     in    in    in   in    in        in    in    in    in    4403
scheduled   in     in    in    in   in    in        in    in    in    in    in
draft       4404   4404  4404  in   4404  in        in    in    4404  in    4404
"""
#: What a command is answered in the live room; ``-`` is silence. Otto is muted.
ANSWERS = """
command     nobody           buyer    other    host     rival    moderator owner    staff    alien    admin
buy         sign_in_required accepted accepted accepted accepted accepted  accepted accepted accepted accepted
chat.send   sign_in_required accepted muted    accepted accepted accepted  accepted accepted accepted accepted
like        -                -        -        -        -        -         -        -        -        -
ping        pong             pong     pong     pong     pong     pong      pong     pong     pong     pong
"""


def table(text: str) -> dict[str, dict[str, str]]:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {name: dict(zip(head[1:], cells, strict=True)) for name, *cells in rows}


def entry(seat: Seat) -> str:
    """Return whether somebody is in, or the code that they were turned away with."""
    try:
        seat.next("room.snapshot")
    except ConnectionClosed as closed:
        return str(closed.rcvd.code if closed.rcvd else closed)
    seat.leave()
    return "in"


def test_every_room_lets_in_whom_the_matrix_says(live_world: World, patient_web: Web) -> None:
    expected = table(ROOMS)
    for door in ("cookie", "ticket"):
        found: dict[str, dict[str, str]] = {room: {} for room in expected}
        with Hall() as hall:
            for room, roles in expected.items():
                for role in roles:
                    person = live_world.people.get(role)
                    given = {"cookie": live_world.cookies.get(role, ""), "origin": patient_web.url}
                    if door == "ticket":
                        given = {"ticket": ticket_for(person) if person else ""}
                    found[room][role] = entry(hall.sit(patient_web, live_world.ids[room], **given))
        assert found == expected, door


def data_of(world: World, command: str, role: str) -> dict[str, Any]:
    data: dict[str, dict[str, Any]] = {
        "buy": {"slot": world.ids["third"], "quantity": 1, "price": PRICE, "key": role},
        "chat.send": {"text": f"Good evening from {role}"},
        "like": {"count": 1},
        "ping": {},
    }
    return data[command]


def answer_to(world: World, seat: Seat, command: str, role: str) -> str:
    """Return the answer to a command in a word."""
    seat.say(command, data_of(world, command, role), id_="asked")
    if command == "like":
        seat.say("ping", id_="after")
        assert seat.next("pong", "error")["re"] == "after"
        return "-"
    answer = seat.next("buy.accepted", "buy.refused", "chat.accepted", "pong", "error")
    assert answer["re"] == "asked"
    return str(answer["data"].get("code") or answer["type"].rpartition(".")[2])


def test_every_command_is_answered_as_the_matrix_says(live_world: World, patient_web: Web) -> None:
    expected, room = table(ANSWERS), live_world.ids["live"]
    assert expected.keys() == set(COMMANDS)
    moderation.mute(
        session_id=room,
        user_id=live_world.people["other"].id,
        seconds=600,
        actor=live_world.people["host"],
        now=clock.now(),
    )
    found: dict[str, dict[str, str]] = {command: {} for command in expected}
    with Hall() as hall:
        for role in ROLES:
            cookie = live_world.cookies.get(role, "")
            seat = hall.sit(patient_web, room, cookie=cookie, origin=patient_web.url)
            for command in expected:
                found[command][role] = answer_to(live_world, seat, command, role)
            seat.leave()
    assert found == expected


def buy(web: Web, world: World, key: str, **headers: str) -> Reply:
    body = json.dumps(body_of(world, "POST", "orders")).encode()
    sent = {"Content-Type": "application/json", "Idempotency-Key": key, **headers}
    return ask(Ask(web, body, sent))


def by_browser(web: Web, world: World, role: str) -> Reply:
    cookies = {settings.SESSION_COOKIE_NAME: world.cookies.get(role, ""), settings.CSRF_COOKIE_NAME: "c" * 32}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
    return buy(web, world, f"browser {role}", **{"Cookie": cookie, "X-CSRFToken": "c" * 32})


def by_token(web: Web, world: World, role: str, *scopes: str, key: str = "program") -> Reply:
    secret = "unknown"
    if person := world.people.get(role):
        secret = create_token(user=person, name="x", scopes=scopes, expires_at=None, now=clock.now())[1]
    return buy(web, world, f"{key} {role}", Authorization=f"Bearer {secret}")


def test_buying_over_http_is_for_whom_the_matrix_says(live_world: World, patient_web: Web) -> None:
    (row,) = (row for row in ROWS if (row.method, row.address) == ("POST", "orders"))
    browsers = {role: by_browser(patient_web, live_world, role).status for role in ROLES}
    programs = {role: by_token(patient_web, live_world, role, Scope.ORDERS_WRITE).status for role in ROLES}
    assert browsers == programs == row.statuses
    others = [scope for scope in Scope.values if scope != Scope.ORDERS_WRITE]
    refused = by_token(patient_web, live_world, "buyer", *others, key="others")
    assert (refused.status, refused.code) == (403, "scope_missing")
    forged = buy(patient_web, live_world, "forged", Cookie=f"sessionid={live_world.cookies['buyer']}")
    assert (forged.status, forged.code) == (403, "csrf_failed")


def test_a_token_that_is_over_buys_nothing(live_world: World, patient_web: Web) -> None:
    now, people = clock.now(), live_world.people
    made = {
        name: create_token(user=people[who], name="x", scopes=Scope.values, expires_at=None, now=now)
        for name, who in (("expired", "buyer"), ("revoked", "buyer"), ("blocked", "troll"))
    }
    ApiToken.objects.filter(id=made["expired"][0].id).update(expiry=now - timedelta(seconds=1))
    revoke_token(user=people["buyer"], token_id=made["revoked"][0].id, now=now)
    block_account(user_id=people["troll"].id, actor=people["admin"], now=now)
    for name, (_, secret) in made.items():
        answer = buy(patient_web, live_world, name, Authorization=f"Bearer {secret}")
        assert (answer.status, answer.code) == (401, "invalid_token"), name
