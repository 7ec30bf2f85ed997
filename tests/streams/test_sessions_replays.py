"""Every POST with an Idempotency-Key: done once, answered alike; lists that cost the same however long."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.models import Brand, Fact, IdempotencyRecord, User, Variant
from streams.actions.collaborations import make_collaboration
from streams.actions.lineup import add_slot
from streams.models import Deal, RoomEvent, Session, Slot, Streamer
from tests.marketplace.rest_callers import Caller, with_token
from tests.streams.conftest import MakeVariant, yuan


@pytest.fixture
def caller(host: User, admin: User, brand: Brand) -> Caller:
    """Return Ada, who may do everything."""
    return with_token(admin, "sessions:host", "catalogue:write")


def twice(caller: Caller, path: str, body: Any = None) -> dict[str, Any]:
    """Send a request twice with one key; it has its effect once."""
    key = {"Idempotency-Key": f"{path} {body}"[:255]}
    first = caller.send("POST", f"/api/v1/{path}", body, headers=key)
    assert first.status_code in {200, 201}, first.content
    after = Fact.objects.count(), RoomEvent.objects.count()
    again = caller.send("POST", f"/api/v1/{path}", body, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content), path
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (Fact.objects.count(), RoomEvent.objects.count()) == after, path
    answer: dict[str, Any] = first.json()
    return answer


def test_every_post_of_a_show_happens_once(
    caller: Caller, plan: object, tea: Variant, streamer: Streamer, buyer: User, brand: Brand
) -> None:
    twice(caller, "streamers", {"name": "Ada Live"})
    twice(caller, f"streamers/{streamer.id}/moderators", {"user": buyer.id})
    twice(caller, "agencies", {"name": "Stars", "share_bp": 1})
    made = twice(caller, "collaborations", {"brand": brand.id, "kind": "open", "rate_bp": 1})
    twice(caller, f"collaborations/{made['id']}/end")
    session = f"sessions/{twice(caller, 'sessions', {'title': 'Tea'})['id']}"
    price = {"amount": 100, "currency": "CNY"}
    slot = twice(caller, f"{session}/lineup", {"variant": tea.id, "live_price": price})["id"]
    when = clock.to_wire(clock.now() + timedelta(hours=1))
    twice(caller, f"{session}/lineup/order", {"slots": [slot]})
    twice(caller, f"{session}/schedule", {"scheduled_at": when})
    twice(caller, f"{session}/unschedule")
    other = clock.to_wire(clock.now() + timedelta(hours=2))
    assert caller.send("POST", f"/api/v1/{session}/schedule", {"scheduled_at": other}).status_code == 200
    for step in ("rehearse", "end-rehearsal", "start", "pause", "resume"):
        twice(caller, f"{session}/{step}")
    twice(caller, f"{session}/lineup/{slot}/pin")
    twice(caller, f"{session}/lineup/{slot}/unpin")
    twice(caller, f"{session}/lineup/{slot}/restock", {"quantity": 5})
    twice(caller, f"{session}/captions", {"text": "Hand-picked in April.", "slot": slot, "claim": "harvest"})
    deal = twice(caller, f"{session}/deals", {"slot": slot, "price": price, "quota": 1, "seconds": 60})["id"]
    twice(caller, f"{session}/deals/{deal}/close")
    twice(caller, f"{session}/end")
    twice(caller, f"{session}/replay", {"sells": True})
    cancelled = f"sessions/{twice(caller, 'sessions', {'title': 'Other'})['id']}"
    twice(caller, f"{cancelled}/cancel")
    assert IdempotencyRecord.objects.count() == 25


def test_a_refusal_is_not_kept(caller: Caller, draft: Session, tea: Variant, plan: object) -> None:
    key = {"Idempotency-Key": "k"}
    path = f"/api/v1/sessions/{draft.id}/lineup"
    body = {"variant": tea.id, "live_price": {"amount": 100, "currency": "CNY"}}
    Variant.objects.update(active=False)
    assert caller.send("POST", path, body, headers=key).status_code == 409
    Variant.objects.update(active=True)
    assert caller.send("POST", path, body, headers=key).status_code == 201


@pytest.mark.parametrize("what", ("lineup", "deals", "checklist", "metrics", "events"))
def test_a_longer_show_costs_no_more_queries(
    caller: Caller, live: Session, slot: Slot, make_variant: MakeVariant, host: User, what: str
) -> None:
    grow = _grower(live, make_variant, host)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(f"/api/v1/sessions/{live.id}/{what}").status_code == 200
        return len(queries)

    grow(0)
    cost()
    before = cost()
    for number in range(1, 5):
        grow(number)
    assert cost() == before


def _grower(live: Session, make_variant: MakeVariant, host: User) -> Callable[[int], None]:
    def grow(number: int) -> None:
        now = clock.now()
        variant = make_variant(f"SKU-{number}")
        new = add_slot(session_id=live.id, variant_id=variant.id, live_price=yuan(990), actor=host, now=now)
        Deal.objects.create(
            slot=new, session=live, price=1, quota=1, opens_at=now, closes_at=now + timedelta(hours=1)
        )

    return grow


def test_more_plans_cost_no_more_queries(
    caller: Caller, brand: Brand, brand_owner: User, streamer: Streamer, tea: Variant
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = caller.get("/api/v1/collaborations?expand[]=streamer.agency")
            assert answer.status_code == 200
        return len(queries)

    def offer() -> None:
        make_collaboration(
            brand=brand,
            kind="targeted",
            streamer_id=streamer.id,
            rate_bp=1,
            rates={tea.product_id: 2},
            actor=brand_owner,
            now=clock.now(),
        )

    offer()
    cost()
    before = cost()
    for _ in range(4):
        offer()
    assert cost() == before
