"""Commission plans over the API: who offers, who reads, what cannot be."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import Brand, Fact, User, Variant
from streams.models import Collaboration, Streamer
from tests.marketplace.rest_callers import Caller, problem_of, with_token

URL = "/api/v1/collaborations"


@pytest.fixture
def as_brand(brand_staff: User) -> Caller:
    """Return Stan at the brand's desk."""
    return with_token(brand_staff, "catalogue:write")


def offer(caller: Caller, brand: Brand, **given: Any) -> Any:
    return caller.send("POST", URL, {"brand": brand.id, "kind": "open", "rate_bp": 1000, **given})


def test_a_brand_offers_a_plan(
    brand: Brand, brand_staff: User, as_brand: Caller, streamer: Streamer, tea: Variant, cup: Variant
) -> None:
    starts_at = clock.to_wire(clock.now() + timedelta(hours=1))
    ends_at = clock.to_wire(clock.now() + timedelta(days=30))
    rates = [{"product": cup.product_id, "rate_bp": 2000}, {"product": tea.product_id, "rate_bp": 0}]

    answer = offer(
        as_brand,
        brand,
        kind="targeted",
        streamer=streamer.id,
        rates=rates,
        starts_at=starts_at,
        ends_at=ends_at,
    )

    plan = Collaboration.objects.get()
    assert answer.status_code == 201
    shown = answer.json()
    assert sorted(shown.pop("rates"), key=lambda each: -each["rate_bp"]) == rates
    terms = {
        "brand": brand.id,
        "streamer": streamer.id,
        "kind": "targeted",
        "rate_bp": 1000,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }
    created = clock.to_wire(plan.created_at)
    assert shown == {**terms, "object": "collaboration", "id": plan.id, "created_at": created}
    fact = Fact.objects.get(type="collaboration.created")
    assert fact.payload == {**terms, "collaboration": plan.id, "actor": brand_staff.id}


@pytest.mark.parametrize(
    ("given", "param"),
    (
        ({"kind": "targeted"}, "streamer"),
        ({"kind": "exclusive", "streamer": None}, "streamer"),
        ({"streamer": "{streamer}"}, "streamer"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"rates": [{"product": "prd_" + "0" * 32, "rate_bp": 1}]}, "rates"),
    ),
)
def test_plans_that_cannot_be(
    brand: Brand, as_brand: Caller, streamer: Streamer, given: dict[str, Any], param: str
) -> None:
    given = {name: streamer.id if value == "{streamer}" else value for name, value in given.items()}
    assert problem_of(offer(as_brand, brand, **given), 400, "invalid")["errors"][0]["param"] == param
    assert not Collaboration.objects.exists()
    assert not Fact.objects.filter(type="collaboration.created").exists()


def test_a_streamer_who_is_not_there(brand: Brand, as_brand: Caller) -> None:
    answer = offer(as_brand, brand, kind="exclusive", streamer="str_" + "0" * 32)
    assert problem_of(answer, 404, "not_found")["param"] == "streamer"


def test_only_the_brand_offers_and_ends(
    brand: Brand, plan: Collaboration, streamer: Streamer, as_outsider: Caller, as_brand: Caller, host: User
) -> None:
    as_streamer = with_token(host, "catalogue:write")
    for caller in (as_outsider, as_streamer):
        assert problem_of(offer(caller, brand), 404, "not_found")["param"] == "brand"
    end = f"{URL}/{plan.id}/end"
    problem_of(as_outsider.send("POST", end), 404, "not_found")
    problem_of(as_streamer.send("POST", end), 403, "forbidden")
    problem_of(Caller().send("POST", end), 401, "sign_in_required")
    assert Collaboration.objects.get().ends_at is None

    ended = as_brand.send("POST", end).json()
    assert ended["ends_at"] == clock.to_wire(Collaboration.objects.get().ends_at or clock.now())
    problem_of(as_brand.send("POST", end), 409, "collaboration_over")
    assert Fact.objects.filter(type="collaboration.ended").count() == 1


def test_plans_are_read_by_those_they_are_for(
    brand: Brand,
    as_brand: Caller,
    as_host: Caller,
    as_outsider: Caller,
    streamer: Streamer,
    other_streamer: Streamer,
) -> None:
    made = {
        "open": offer(as_brand, brand).json()["id"],
        "hana": offer(as_brand, brand, kind="targeted", streamer=streamer.id).json()["id"],
        "rico": offer(as_brand, brand, kind="exclusive", streamer=other_streamer.id).json()["id"],
    }
    names = {id_: name for name, id_ in made.items()}

    def listed(caller: Caller, query: str = "") -> set[str]:
        return {names[plan["id"]] for plan in caller.get(URL + query).json()["data"]}

    as_rico = with_token(other_streamer.user)
    assert listed(as_brand) == {"open", "hana", "rico"}
    assert listed(as_host) == {"open", "hana"}
    assert listed(as_rico) == {"open", "rico"}
    assert listed(as_outsider) == set()
    problem_of(Caller().get(URL), 401, "sign_in_required")
    assert listed(as_brand, f"?streamer={streamer.id}") == {"hana"}
    assert listed(as_brand, f"?brand={'brd_' + '0' * 32}") == set()
    as_brand.send("POST", f"{URL}/{made['open']}/end")
    assert listed(as_brand, f"?running=true&brand={brand.id}") == {"hana", "rico"}
    assert listed(as_brand, "?running=false") == {"open"}

    assert as_host.get(f"{URL}/{made['hana']}?expand[]=streamer").json()["streamer"]["name"] == "Hana Live"
    problem_of(as_host.get(f"{URL}/{made['rico']}"), 404, "not_found")
