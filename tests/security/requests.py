"""What the proofs send: a good body for every route that takes one, and what must have happened before it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from marketplace.lib import clock
from refunds.actions.answer_return import approve_return, offer_refund, reject_return
from refunds.actions.carry_return import receive_return, send_back
from refunds.actions.dispute_return import dispute_return
from streams.actions.show import end_session, pause_session, rehearse_session
from tests.marketplace.rest_callers import Caller
from tests.orders.shop import ADDRESS, APPROVE
from tests.people import PASSWORD
from tests.security.matrix import Row
from tests.security.world import World

PRICE = {"amount": 3990, "currency": "CNY"}
PRICE_OFF = {"amount": 100, "currency": "CNY"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
CSV = b"title,category,sku,price,currency,on_hand\r\nOolong,tea,OO-1,39.90,CNY,5\r\n"


class File(bytes):
    """The content of a file in a multipart body."""


Body = dict[str, Any]

WISH: Body = {"line": "{arrived_line}", "units": 1, "type": "return_and_refund", "reason": "no_reason"}

#: Bodies by method and address below ``/api/v1/``; ``{names}`` stand for ids of the world.
BODIES: dict[tuple[str, str], Body] = {
    ("POST", "tokens"): {"name": "phone", "scopes": []},
    ("POST", "accounts"): {"username": "nina", "password": "a long and good one"},
    ("POST", "session"): {"username": "bella", "password": PASSWORD},
    ("PATCH", "me"): {"display_name": "New"},
    ("POST", "brands"): {"name": "New tea"},
    ("PATCH", "brands/{brand}"): {"description": "New"},
    ("POST", "brands/{brand}/members"): {"username": "otto"},
    ("PATCH", "brands/{brand}/members/{staff}"): {"role": "owner"},
    ("POST", "brands/{brand}/catalogue/imports"): {"file": File(CSV), "dry_run": "true"},
    ("POST", "categories"): {"slug": "cups", "name": "Cups"},
    ("PATCH", "categories/{category}"): {"name": "Teas"},
    ("POST", "products"): {"brand": "{brand}", "category": "tea", "title": "New"},
    ("PATCH", "products/{product}"): {"title": "New"},
    ("POST", "products/{product}/variants"): {"sku": "NEW", "price": PRICE},
    ("POST", "products/{product}/pictures"): {"file": File(PNG), "alt": "A bag"},
    ("PUT", "products/{product}/pictures/order"): {"pictures": ["{back}", "{picture}"]},
    ("PATCH", "pictures/{picture}"): {"alt": "New"},
    ("PATCH", "variants/{variant}"): {"title": "New"},
    ("POST", "variants/{variant}/stock/restock"): {"quantity": 5, "note": "Delivery"},
    ("POST", "variants/{variant}/stock/correct"): {"on_hand": 50, "note": "Counted"},
    ("POST", "streamers"): {"name": "New"},
    ("PATCH", "streamers/{streamer}"): {"bio": "New"},
    ("PUT", "streamers/{streamer}/agency"): {"agency": "{agency}"},
    ("POST", "streamers/{streamer}/moderators"): {"user": "{other}"},
    ("POST", "agencies"): {"name": "New", "share_bp": 500},
    ("PATCH", "agencies/{agency}"): {"share_bp": 500},
    ("POST", "agencies/{agency}/members"): {"username": "otto"},
    ("PATCH", "agencies/{agency}/members/{alien}"): {"role": "owner"},
    ("POST", "collaborations"): {"brand": "{brand}", "kind": "open", "rate_bp": 500},
    ("POST", "sessions"): {"title": "New"},
    ("PATCH", "sessions/{scheduled}"): {"title": "New"},
    ("PATCH", "sessions/{draft}"): {"title": "New"},
    ("POST", "sessions/{live}/cover"): {"file": File(PNG)},
    ("POST", "sessions/{draft}/schedule"): {"scheduled_at": "{tomorrow}"},
    ("POST", "sessions/{live}/lineup"): {"variant": "{spare_variant}", "live_price": PRICE},
    ("POST", "sessions/{live}/lineup/order"): {"slots": ["{third}", "{slot}", "{pinned}"]},
    ("PATCH", "sessions/{live}/lineup/{slot}"): {"on_sale": False},
    ("PATCH", "sessions/{draft}/lineup/{draft_slot}"): {"on_sale": False},
    ("POST", "sessions/{live}/lineup/{third}/discounts"): {"funder": "streamer", "amount": PRICE_OFF},
    ("POST", "sessions/{live}/lineup/{slot}/restock"): {"quantity": 5},
    ("POST", "sessions/{draft}/lineup/{draft_slot}/fee"): {"amount": PRICE, "minutes": 10},
    ("POST", "sessions/{live}/deals"): {"slot": "{third}", "price": PRICE, "quota": 1, "seconds": 60},
    ("POST", "sessions/{live}/replay"): {"sells": True},
    ("POST", "sessions/{live}/captions"): {"text": "Look at this.", "slot": "{third}"},
    ("POST", "sessions/{live}/sanctions"): {"user": "{other}", "kind": "mute", "seconds": 60},
    ("POST", "sessions/{live}/slow-mode"): {"seconds": 5},
    ("POST", "sessions/{live}/blocked-words"): {"word": "cheap"},
    ("POST", "orders"): {"slot": "{third}", "quantity": 1, "price": PRICE},
    ("POST", "returns"): WISH,
    ("POST", "returns/preview"): WISH,
    ("POST", "returns/{return}/evidence"): {"file": File(PNG)},
    ("POST", "returns/{return}/approve"): {"note": "Sorry."},
    ("POST", "returns/{return}/reject"): {"note": "It is fine."},
    ("POST", "returns/{return}/offer"): {"amount": {"amount": 1000, "currency": "CNY"}},
    ("POST", "returns/{return}/decline-offer"): {"note": "Too little."},
    ("POST", "returns/{return}/send-back"): {"carrier": "Hawker Express", "tracking_number": "RET0001"},
    ("POST", "returns/{return}/accept-goods"): {"note": "As new."},
    ("POST", "returns/{return}/refuse-goods"): {"note": "It is used."},
    ("POST", "returns/{return}/dispute"): {"note": "It is not fine."},
    ("POST", "returns/{return}/decide"): {"decision": "seller", "note": "It is fine."},
    ("POST", "evidence"): {"file": File(PNG)},
    ("POST", "sandbox/people"): {"count": 2, "seed": 7},
    ("POST", "sandbox/clock/advance"): {"seconds": 1},
    ("POST", "orders/{unpaid}/pay"): {"card": APPROVE, "address": ADDRESS},
    ("POST", "orders/{paid}/shipments"): {"carrier": "Hawker Express", "tracking_number": "HX0001"},
}


def off_air(world: World) -> None:
    """End the show."""
    end_session(session_id=world.ids["live"], actor=world.people["host"], now=clock.now())


def rehearsing(world: World) -> None:
    """Rehearse the next show."""
    off_air(world)
    rehearse_session(session_id=world.ids["scheduled"], actor=world.people["host"], now=clock.now())


def paused(world: World) -> None:
    """Take a break."""
    pause_session(session_id=world.ids["live"], actor=world.people["host"], now=clock.now())


def _offered(world: World) -> None:
    offer_refund(return_id=world.ids["return"], amount=1_000, actor=world.ids["owner"], now=clock.now())


def _rejected(world: World) -> None:
    reject_return(return_id=world.ids["return"], actor=world.ids["owner"], note="No.", now=clock.now())


def _disputed(world: World) -> None:
    _rejected(world)
    dispute_return(
        return_id=world.ids["return"], party="buyer", actor=world.ids["buyer"], note="Why?", now=clock.now()
    )


def _approved(world: World) -> None:
    approve_return(return_id=world.ids["return"], actor=world.ids["owner"], now=clock.now())


def sent_back(world: World) -> None:
    """Have the goods of a return on their way."""
    _approved(world)
    send_back(
        return_id=world.ids["return"],
        carrier="Hawker Express",
        tracking_number="RET0001",
        actor=world.ids["buyer"],
        now=clock.now(),
    )


def _received(world: World) -> None:
    sent_back(world)
    receive_return(return_id=world.ids["return"], actor=world.ids["owner"], now=clock.now())


#: What must have happened before a step of a return.
RETURN_BEFORE: dict[str, Callable[[World], None]] = {
    "accept_offer": _offered,
    "decline_offer": _offered,
    "send_back": _approved,
    "receive": sent_back,
    "accept_goods": _received,
    "refuse_goods": _received,
    "dispute": _rejected,
    "decide": _disputed,
}

#: What must have happened before a request makes sense.
BEFORE: dict[tuple[str, str], Callable[[World], None]] = {
    ("POST", "sessions/{scheduled}/rehearse"): off_air,
    ("POST", "sessions/{scheduled}/end-rehearsal"): rehearsing,
    ("POST", "sessions/{scheduled}/start"): off_air,
    ("POST", "sessions/{live}/resume"): paused,
    **{
        ("POST", f"returns/{{return}}/{step.replace('_', '-')}"): before
        for step, before in RETURN_BEFORE.items()
    },
}


def body_of(world: World, method: str, address: str) -> Body | None:
    """Return a good body, with ids in the place of names; None where nothing is sent."""
    body = BODIES.get((method, address))
    if body is None:
        return None
    filled: Body = world.fill(body)
    if "scheduled_at" in filled:
        filled["scheduled_at"] = clock.to_wire(clock.now() + timedelta(days=1))
    return filled


def let_in(world: World, row: Row) -> Caller:
    """Return somebody whom a row lets in, with a token where one will do: only the input is to blame."""
    if row.allowed is None or row.token in {"cookie", "none"}:
        return world.caller(row.allowed or "nobody")
    return world.bearer(world.tokens[row.allowed])


def encoded(body: Body | None) -> dict[str, Any]:
    """Return a body as ``Caller.send`` takes it: JSON, or multipart when there is a file in it."""
    if body is None or not any(isinstance(value, File) for value in body.values()):
        return {"body": body}
    parts = {
        name: SimpleUploadedFile("file.bin", value) if isinstance(value, File) else value
        for name, value in body.items()
    }
    return {
        "body": encode_multipart("border", parts),
        "content_type": "multipart/form-data; boundary=border",
    }
