"""The terms of a sale: which plan wins, at which rate, who shares."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import Brand, User, Variant
from streams.actions.collaborations import end_collaboration, make_collaboration
from streams.actions.people import create_agency, set_agency
from streams.models import Collaboration, Slot, Streamer
from streams.queries.terms import Terms, agreed_brands, terms_for


@pytest.fixture
def offer(brand: Brand, brand_owner: User) -> Any:
    """Return a function by which the brand offers one more plan."""

    def make(kind: str, rate_bp: int, **given: Any) -> Collaboration:
        now = given.pop("now", clock.now())
        return make_collaboration(
            brand=brand, kind=kind, rate_bp=rate_bp, actor=brand_owner, now=now, **given
        )

    return make


def plan_of(slot: Slot, after: timedelta = timedelta(0)) -> tuple[str | None, int]:
    terms = terms_for([slot], now=clock.now() + after)[slot.id]
    return terms.collaboration_id, terms.rate_bp


def test_everything_a_line_copies(
    slot: Slot, plan: Collaboration, streamer: Streamer, admin: User, brand: Brand
) -> None:
    now = clock.now()
    agency = create_agency(name="Stars", share_bp=2000, actor=admin, now=now)
    set_agency(streamer_id=streamer.id, agency_id=agency.id, actor=admin, now=now)
    assert terms_for([slot], now=now) == {
        slot.id: Terms(
            brand_id=brand.id,
            streamer_id=streamer.id,
            collaboration_id=plan.id,
            rate_bp=1000,
            agency_id=agency.id,
            agency_share_bp=2000,
            fee_bp=500,
            return_policy="standard",
        )
    }


def test_without_plan_and_agency_the_brand_keeps_the_rest(
    slot: Slot, plan: Collaboration, brand_owner: User
) -> None:
    end_collaboration(collaboration_id=plan.id, actor=brand_owner, now=clock.now())
    terms = terms_for([slot], now=clock.now())[slot.id]
    assert (terms.collaboration_id, terms.rate_bp) == (None, 0)
    assert (terms.agency_id, terms.agency_share_bp, terms.fee_bp) == (None, 0, 500)


def test_exclusive_goes_before_targeted_before_open(
    slot: Slot, plan: Collaboration, streamer: Streamer, brand_owner: User, offer: Any
) -> None:
    exclusive = offer("exclusive", 3000, streamer_id=streamer.id)
    targeted = offer("targeted", 2000, streamer_id=streamer.id)
    offer("open", 9000)
    assert plan_of(slot) == (exclusive.id, 3000)
    end_collaboration(collaboration_id=exclusive.id, actor=brand_owner, now=clock.now())
    assert plan_of(slot) == (targeted.id, 2000)


def test_of_two_of_a_kind_the_newer_wins(slot: Slot, plan: Collaboration, offer: Any) -> None:
    newer = offer("open", 200)
    assert newer.id > plan.id
    assert plan_of(slot) == (newer.id, 200)


def test_a_products_own_rate_goes_before_the_plans(
    slot: Slot, cup_slot: Slot, tea: Variant, offer: Any
) -> None:
    newer = offer("open", 500, rates={tea.product_id: 1500})
    assert plan_of(slot) == (newer.id, 1500)
    assert plan_of(cup_slot) == (newer.id, 500)


def test_plans_of_others_do_not_count(
    slot: Slot, plan: Collaboration, other_streamer: Streamer, offer: Any
) -> None:
    offer("exclusive", 5000, streamer_id=other_streamer.id)
    assert plan_of(slot) == (plan.id, 1000)


def test_a_plan_counts_from_its_beginning_to_its_end(
    slot: Slot, plan: Collaboration, streamer: Streamer, offer: Any
) -> None:
    now = clock.now()
    starts, ends = now + timedelta(hours=1), now + timedelta(hours=2)
    later = offer("targeted", 4000, streamer_id=streamer.id, starts_at=starts, ends_at=ends, now=now)
    found = [
        terms_for([slot], now=moment)[slot.id].collaboration_id
        for moment in (starts - timedelta(milliseconds=1), starts, ends - timedelta(milliseconds=1), ends)
    ]
    assert found == [plan.id, later.id, later.id, plan.id]


def test_many_slots_cost_what_one_costs(slot: Slot, cup_slot: Slot, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        assert terms_for([slot, cup_slot], now=clock.now()).keys() == {slot.id, cup_slot.id}


def test_nothing_asked_nothing_answered(db: None) -> None:
    assert terms_for([], now=clock.now()) == {}


def test_who_may_sell_for_a_brand(
    brand: Brand,
    brand_owner: User,
    streamer: Streamer,
    other_streamer: Streamer,
    offer: Any,
) -> None:
    def may(who: Streamer) -> bool:
        return agreed_brands(who, [brand.id], now=clock.now()) == {brand.id}

    assert (may(streamer), may(other_streamer)) == (False, False)
    offer("targeted", 100, streamer_id=streamer.id)
    assert (may(streamer), may(other_streamer)) == (True, False)
    offer("open", 100)
    assert (may(streamer), may(other_streamer)) == (True, True)
    offer("exclusive", 100, streamer_id=other_streamer.id)
    assert (may(streamer), may(other_streamer)) == (True, True)
    Collaboration.objects.filter(kind="targeted").delete()
    assert (may(streamer), may(other_streamer)) == (False, True)
    streamer.user = brand_owner
    assert may(streamer) is True
