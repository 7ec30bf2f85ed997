"""The line-up over the API: what gets in, what can be changed, what is being explained."""

from typing import Any

import pytest

from marketplace.actions.products import archive_product
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Fact, StockLevel, User, Variant
from streams.actions import lineup
from streams.actions.collaborations import end_collaboration, make_collaboration
from streams.actions.deals import open_deal
from streams.models import Collaboration, RoomEvent, Session, Slot, Streamer
from tests.marketplace.rest_callers import Caller, problem_of, with_token
from tests.streams.conftest import BringTo, MakeVariant, yuan

pytestmark = pytest.mark.only_in("embedded")

PRICE = {"amount": 3990, "currency": "CNY"}


def add(caller: Caller, session: Session, variant: Variant, **given: Any) -> Any:
    body = {"variant": variant.id, "live_price": PRICE, **given}
    return caller.send("POST", f"/api/v1/sessions/{session.id}/lineup", body)


def patch(caller: Caller, slot: Slot, **changes: Any) -> Any:
    return caller.send("PATCH", f"/api/v1/sessions/{slot.session_id}/lineup/{slot.id}", changes)


def pin(caller: Caller, slot: Slot, step: str = "pin") -> Any:
    return caller.send("POST", f"/api/v1/sessions/{slot.session_id}/lineup/{slot.id}/{step}")


def facts_of(session: Session | Slot) -> list[tuple[str, dict[str, Any]]]:
    session_id = session.session_id if isinstance(session, Slot) else session.id
    events = RoomEvent.objects.filter(session_id=session_id).order_by("seq")
    return [(event.type, event.payload) for event in events]


def in_room(slot: Slot, **changes: Any) -> dict[str, Any]:
    """Return Hana's tea as the room shows it."""
    variant = slot.variant
    return {
        "id": slot.id,
        "position": 1,
        "product": {"id": variant.product_id, "title": "TEA of the brand", "return_policy": "standard"},
        "variant": {"id": variant.id, "sku": "TEA", "title": ""},
        "brand": {"id": variant.brand_id, "name": "Mountain Tea"},
        "price": PRICE,
        "full_price": changes.get("price", PRICE),
        "discounts": [],
        "list_price": {"amount": 4990, "currency": "CNY"},
        "per_buyer_limit": None,
        "on_sale": True,
        "pinned": False,
        "left": 30,
        "sold": 0,
        **changes,
    }


def test_a_variant_gets_a_slot(draft: Session, plan: Collaboration, tea: Variant, as_host: Caller) -> None:
    answer = add(as_host, draft, tea, allocation=8, per_buyer_limit=2)

    slot = Slot.objects.get()
    assert answer.status_code == 201
    shown = in_room(slot, left=8, per_buyer_limit=2)
    assert answer.json() == {**shown, "object": "slot", "session": draft.id, "allocation": 8}
    assert facts_of(draft) == [("slot.added", {"slot": shown})]
    assert Fact.objects.get(type="slot.added").payload == {
        "slot": slot.id,
        "session": draft.id,
        "variant": tea.id,
        "price": PRICE,
        "full_price": PRICE,
        "discounts": [],
        "allocation": 8,
        "per_buyer_limit": 2,
        "position": 1,
        "on_sale": True,
        "actor": draft.streamer.user_id,
    }


def test_the_next_slot_comes_last_unless_it_is_told_where(
    draft: Session, plan: Collaboration, make_variant: MakeVariant, as_host: Caller
) -> None:
    positions = [
        add(as_host, draft, make_variant(f"SKU-{number}"), **given).json()["position"]
        for number, given in enumerate(({}, {}, {"position": 7}, {}))
    ]
    assert positions == [1, 2, 7, 8]


@pytest.mark.parametrize("state", ("draft", "scheduled", "rehearsal", "live", "paused"))
def test_a_line_up_grows_until_the_end(bring_to: BringTo, cup: Variant, as_host: Caller, state: str) -> None:
    assert add(as_host, bring_to(state), cup).status_code == 201


@pytest.mark.parametrize("state", ("ended", "cancelled"))
def test_nothing_changes_after_the_end(
    bring_to: BringTo, slot: Slot, cup: Variant, as_host: Caller, state: str
) -> None:
    session = bring_to(state)
    before = facts_of(session)
    problem_of(add(as_host, session, cup), 409, "wrong_session_state")
    problem_of(patch(as_host, slot, on_sale=False), 409, "wrong_session_state")
    order = as_host.send("POST", f"/api/v1/sessions/{session.id}/lineup/order", {"slots": [slot.id]})
    problem_of(order, 409, "wrong_session_state")
    assert (facts_of(session), Slot.objects.get().on_sale) == (before, True)


class TestWhatDoesNotGetIn:
    """Nothing is added and the room hears nothing."""

    @pytest.fixture(autouse=True)
    def nothing_added(self, draft: Session) -> Any:
        yield
        assert not Slot.objects.filter(session=draft).exists()
        assert facts_of(draft) == []

    def test_a_variant_that_is_not_there(
        self, draft: Session, plan: Collaboration, tea: Variant, as_host: Caller
    ) -> None:
        tea.id = "var_" + "0" * 32
        assert problem_of(add(as_host, draft, tea), 404, "not_found")["param"] == "variant"

    def test_a_product_that_is_not_published(
        self, draft: Session, plan: Collaboration, tea: Variant, as_host: Caller, brand_owner: User
    ) -> None:
        archive_product(product_id=tea.product_id, actor=brand_owner, now=clock.now())
        assert problem_of(add(as_host, draft, tea), 409, "not_for_sale")["param"] == "variant"

    def test_a_variant_that_is_not_active(
        self, draft: Session, plan: Collaboration, tea: Variant, as_host: Caller
    ) -> None:
        Variant.objects.filter(id=tea.id).update(active=False)
        problem_of(add(as_host, draft, tea), 409, "not_for_sale")

    def test_a_brand_without_a_plan(self, draft: Session, tea: Variant, as_host: Caller) -> None:
        problem = problem_of(add(as_host, draft, tea), 403, "brand_has_not_agreed")
        assert problem["data"] == {"brand": tea.brand_id}

    def test_a_plan_that_has_ended(
        self, draft: Session, plan: Collaboration, tea: Variant, as_host: Caller, brand_owner: User
    ) -> None:
        end_collaboration(collaboration_id=plan.id, actor=brand_owner, now=clock.now())
        problem_of(add(as_host, draft, tea), 403, "brand_has_not_agreed")

    def test_a_brand_that_is_exclusive_with_another(
        self,
        draft: Session,
        plan: Collaboration,
        tea: Variant,
        as_host: Caller,
        brand_owner: User,
        other_streamer: Streamer,
    ) -> None:
        make_collaboration(
            brand=plan.brand,
            kind="exclusive",
            streamer_id=other_streamer.id,
            rate_bp=0,
            actor=brand_owner,
            now=clock.now(),
        )
        problem_of(add(as_host, draft, tea), 403, "brand_has_not_agreed")

    def test_a_price_in_another_currency(
        self, draft: Session, plan: Collaboration, tea: Variant, as_host: Caller
    ) -> None:
        answer = add(as_host, draft, tea, live_price={"amount": 3990, "currency": "EUR"})
        assert problem_of(answer, 409, "other_currency")["data"] == {"currency": "CNY"}


def test_a_variant_is_in_a_line_up_once(slot: Slot, tea: Variant, as_host: Caller) -> None:
    answer = add(as_host, slot.session, tea)
    assert problem_of(answer, 409, "already_in_lineup")["data"] == {"slot": slot.id}


def test_a_session_sells_in_one_currency(slot: Slot, make_variant: MakeVariant, as_host: Caller) -> None:
    foreign = make_variant("CHA", price=Money(990, "EUR"))
    answer = add(as_host, slot.session, foreign, live_price={"amount": 990, "currency": "EUR"})
    assert problem_of(answer, 409, "other_currency")["data"] == {"currency": "CNY"}


def test_a_line_up_has_an_end(
    slot: Slot, cup: Variant, as_host: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineup, "MOST_SLOTS", 1)
    answer = add(as_host, slot.session, cup)
    assert problem_of(answer, 409, "limit_reached")["data"] == {"limit": 1, "left": 0}


def test_who_acts_for_the_brand_needs_no_plan(brand_owner: User, tea: Variant) -> None:
    caller = with_token(brand_owner, "sessions:host")
    caller.send("POST", "/api/v1/streamers", {"name": "Olga Live"})
    session = Session(id=caller.send("POST", "/api/v1/sessions", {"title": "Our own"}).json()["id"])
    assert add(caller, session, tea).status_code == 201


def test_a_slot_is_changed_while_it_sells(live: Session, slot: Slot, as_host: Caller) -> None:
    new = {"amount": 2990, "currency": "CNY"}
    answer = patch(as_host, slot, live_price=new, per_buyer_limit=3, on_sale=False, position=9)
    shown = in_room(slot, price=new, per_buyer_limit=3, on_sale=False, position=9)
    assert answer.json() == {**shown, "object": "slot", "session": live.id, "allocation": None}
    assert facts_of(slot)[-1] == ("slot.updated", {"slot": shown})

    answer = patch(as_host, slot, per_buyer_limit=None)
    assert (answer.json()["per_buyer_limit"], answer.json()["price"]) == (None, new)


def test_an_allocation_never_falls_below_what_is_taken(live: Session, slot: Slot, as_host: Caller) -> None:
    Slot.objects.filter(id=slot.id).update(taken=5)
    answer = patch(as_host, slot, allocation=4)
    assert problem_of(answer, 409, "allocation_below_taken")["data"] == {"taken": 5}
    assert (Slot.objects.get().allocation, facts_of(slot)[-1][0]) == (None, "session.started")

    assert patch(as_host, slot, allocation=5).json()["left"] == 0
    assert patch(as_host, slot, allocation=None).json()["left"] == 30


def test_a_deal_hears_of_a_smaller_allocation(live: Session, slot: Slot, host: User, as_host: Caller) -> None:
    deal = open_deal(slot_id=slot.id, price=yuan(990), quota=10, seconds=60, actor=host, now=clock.now())
    patch(as_host, slot, allocation=4)
    assert facts_of(slot)[-2:] == [
        ("slot.updated", {"slot": in_room(slot, left=4)}),
        (
            "stock.changed",
            {
                "changes": [
                    {"slot": slot.id, "deal": deal.id, "left": 4, "sold": 0},
                ]
            },
        ),
    ]


def test_a_price_keeps_its_currency(slot: Slot, as_host: Caller) -> None:
    answer = patch(as_host, slot, live_price={"amount": 1, "currency": "EUR"})
    assert problem_of(answer, 409, "other_currency")["data"] == {"currency": "CNY"}


def test_the_line_up_is_put_in_another_order(slot: Slot, cup_slot: Slot, as_host: Caller) -> None:
    url = f"/api/v1/sessions/{slot.session_id}/lineup"
    answer = as_host.send("POST", f"{url}/order", {"slots": [cup_slot.id, slot.id]})
    assert [(each["id"], each["position"]) for each in answer.json()["slots"]] == [
        (cup_slot.id, 1),
        (slot.id, 2),
    ]
    told = [(type_, fact["slot"]["id"], fact["slot"]["position"]) for type_, fact in facts_of(slot)[-2:]]
    assert told == [("slot.updated", cup_slot.id, 1), ("slot.updated", slot.id, 2)]
    assert [each["id"] for each in as_host.get(url).json()["data"]] == [cup_slot.id, slot.id]

    before = len(facts_of(slot))
    as_host.send("POST", f"{url}/order", {"slots": [cup_slot.id, slot.id]})
    assert len(facts_of(slot)) == before


@pytest.mark.parametrize("names", ((0,), (0, 0), (0, 1, 1), ()))
def test_an_order_names_every_slot_once(
    slot: Slot, cup_slot: Slot, as_host: Caller, names: tuple[int, ...]
) -> None:
    ids = [(slot.id, cup_slot.id)[name] for name in names]
    answer = as_host.send("POST", f"/api/v1/sessions/{slot.session_id}/lineup/order", {"slots": ids})
    assert problem_of(answer, 400, "invalid")["param"] == "slots"


def test_a_pin_takes_the_place_of_the_last(
    live: Session, slot: Slot, cup_slot: Slot, as_host: Caller
) -> None:
    assert pin(as_host, slot).json()["pinned"] is True
    assert pin(as_host, cup_slot).json()["pinned"] is True
    assert pin(as_host, cup_slot).json()["pinned"] is True
    pinned = [(type_, fact) for type_, fact in facts_of(slot) if "pinned" in type_]
    assert pinned == [("slot.pinned", {"slot": slot.id}), ("slot.pinned", {"slot": cup_slot.id})]
    assert list(Slot.objects.filter(pinned=True)) == [cup_slot]

    assert pin(as_host, slot, "unpin").json()["pinned"] is False
    assert pin(as_host, cup_slot, "unpin").json()["pinned"] is False
    assert facts_of(slot)[-1] == ("slot.unpinned", {"slot": cup_slot.id})
    assert not Slot.objects.filter(pinned=True).exists()
    types = Fact.objects.filter(type__contains="pinned").values_list("type", flat=True)
    assert sorted(types) == ["slot.pinned", "slot.pinned", "slot.unpinned"]


@pytest.mark.parametrize("state", ("draft", "scheduled", "ended", "cancelled"))
def test_nothing_is_pinned_off_air(bring_to: BringTo, slot: Slot, as_host: Caller, state: str) -> None:
    bring_to(state)
    problem_of(pin(as_host, slot), 409, "wrong_session_state")
    problem_of(pin(as_host, slot, "unpin"), 409, "wrong_session_state")
    assert not Slot.objects.filter(pinned=True).exists()


class TestRestocking:
    """Units that the host finds backstage."""

    def restock(self, caller: Caller, slot: Slot, quantity: int = 12) -> Any:
        url = f"/api/v1/sessions/{slot.session_id}/lineup/{slot.id}/restock"
        return caller.send("POST", url, {"quantity": quantity}, headers={"Idempotency-Key": "k"})

    def test_every_room_that_sells_it_hears(
        self, live: Session, slot: Slot, tea: Variant, host: User, brand_owner: User, admin: User
    ) -> None:
        answer = self.restock(with_token(admin, "sessions:host"), slot)
        assert answer.json()["left"] == 42
        assert StockLevel.objects.get(variant=tea).on_hand == 42
        assert facts_of(slot)[-1] == (
            "stock.changed",
            {"changes": [{"slot": slot.id, "deal": None, "left": 42, "sold": 0}]},
        )
        assert Fact.objects.filter(type="stock.restocked").latest("at").payload == {
            "variant": tea.id,
            "session": live.id,
            "difference": 12,
            "on_hand": 42,
            "held": 0,
            "by": admin.id,
        }

    def test_the_shelf_is_the_brands(self, live: Session, slot: Slot, tea: Variant, as_host: Caller) -> None:
        problem_of(self.restock(as_host, slot), 403, "forbidden")
        assert StockLevel.objects.get(variant=tea).on_hand == 30

    def test_off_air_the_catalogue_does_it(self, scheduled: Session, slot: Slot, admin: User) -> None:
        problem_of(self.restock(with_token(admin, "sessions:host"), slot), 409, "wrong_session_state")

    def test_it_needs_a_key(self, live: Session, slot: Slot, as_host: Caller) -> None:
        url = f"/api/v1/sessions/{slot.session_id}/lineup/{slot.id}/restock"
        problem_of(as_host.send("POST", url, {"quantity": 1}), 400, "idempotency_key_missing")
