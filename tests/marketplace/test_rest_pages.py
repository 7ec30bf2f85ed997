"""Lists come in pages whose cost does not grow with their depth; related objects come when asked for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.models import Brand, User
from marketplace.rest.expand import Expand
from tests.marketplace.rest_callers import Caller, problem_of

pytestmark = [pytest.mark.urls("tests.marketplace.rest_site"), pytest.mark.django_db]


@pytest.fixture
def five(db: None) -> list[Brand]:
    """Return five brands, the oldest first; by name they stand in another order."""
    found = enumerate(["Clay", "Apple", "Elm", "Birch", "Dew"])
    made = [
        Brand(id=f"brd_{number:032x}", name=name, slug=name.lower(), created_at=clock.now())
        for number, name in found
    ]
    return Brand.objects.bulk_create(made)


def names(query: str) -> tuple[list[str], bool]:
    answer = Caller().get(f"/api/v1/brands?{query}").json()
    assert answer["object"] == "list"
    return [row["name"] for row in answer["data"]], answer["has_more"]


def test_a_list_begins_with_the_newest(five: list[Brand]) -> None:
    assert names("") == (["Dew", "Birch", "Elm", "Apple", "Clay"], False)
    assert names("limit=5") == (["Dew", "Birch", "Elm", "Apple", "Clay"], False)
    assert names("limit=4") == (["Dew", "Birch", "Elm", "Apple"], True)


def test_pages_go_forward_and_back(five: list[Brand]) -> None:
    clay, _, elm, birch, dew = five
    assert names(f"limit=2&starting_after={dew.id}") == (["Birch", "Elm"], True)
    assert names(f"limit=2&starting_after={elm.id}") == (["Apple", "Clay"], False)
    assert names(f"limit=2&starting_after={clay.id}") == ([], False)
    assert names(f"limit=2&ending_before={clay.id}") == (["Elm", "Apple"], True)
    assert names(f"limit=2&ending_before={birch.id}") == (["Dew"], False)


def test_pages_of_an_order_by_name(five: list[Brand]) -> None:
    _, apple, _, _, dew = five
    assert names(f"order=name&limit=2&starting_after={apple.id}") == (["Birch", "Clay"], True)
    assert names(f"order=name&limit=2&ending_before={dew.id}") == (["Birch", "Clay"], True)
    assert names(f"order=-name&limit=3&starting_after={dew.id}") == (["Clay", "Birch", "Apple"], False)


def test_equal_values_are_told_apart_by_id(five: list[Brand]) -> None:
    Brand.objects.update(country="CN", created_at=clock.now())
    seen: list[str] = []
    cursor = ""
    while True:
        query = f"limit=1&order=id&country=CN{cursor}"
        page, more = names(query)
        seen += page
        if not more:
            break
        cursor = f"&starting_after={Brand.objects.get(name=page[0]).id}"
    assert seen == ["Clay", "Apple", "Elm", "Birch", "Dew"]


@pytest.mark.parametrize(
    ("query", "param"),
    (
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e1", "limit"),
        ("limit=٣", "limit"),
        ("limit=", "limit"),
        ("starting_after=7", "starting_after"),
        ("starting_after=ord_019ab3c4d5e67f8091a2b3c4d5e6f708", "starting_after"),
        ("starting_after=brd_%00", "starting_after"),
        ("ending_before=brd_019ab3c4d5e67f8091a2b3c4d5e6f70", "ending_before"),
        ("order=name&starting_after=brd_019ab3c4d5e67f8091a2b3c4d5e6f708", "starting_after"),
        (
            "starting_after=brd_019ab3c4d5e67f8091a2b3c4d5e6f708"
            "&ending_before=brd_019ab3c4d5e67f8091a2b3c4d5e6f708",
            "ending_before",
        ),
    ),
)
def test_a_bad_cursor_or_limit_is_refused_by_name(query: str, param: str) -> None:
    assert problem_of(Caller().get(f"/api/v1/brands?{query}"), 400, "invalid")["param"] == param


def test_a_page_is_one_query_with_a_bound(five: list[Brand]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        names(f"limit=2&starting_after={five[4].id}")
    assert len(queries) == 1
    assert "LIMIT 3" in queries[0]["sql"]
    assert "OFFSET" not in queries[0]["sql"]


def test_a_resource_shows_related_ones_only_when_asked(brand: Brand, brand_owner: User) -> None:
    plain = Caller().get(f"/api/v1/brands/{brand.id}").json()
    assert plain.keys() == {"object", "id", "name", "created_at"}
    assert (plain["object"], plain["id"], plain["name"]) == ("brand", brand.id, "Mountain Tea")

    expanded = Caller().get(f"/api/v1/brands/{brand.id}?expand[]=members").json()
    assert expanded["members"] == [{"user": brand_owner.id, "role": "owner"}]

    deeper = Caller().get(f"/api/v1/brands/{brand.id}?expand[]=members.user").json()
    assert deeper["members"] == [{"user": {"id": brand_owner.id, "name": "olga"}, "role": "owner"}]

    listed = Caller().get("/api/v1/brands?expand[]=members.user").json()["data"]
    assert listed == [deeper]


@pytest.mark.parametrize("path", ("owner", "members.brand", "members.user.brand", "", "__class__"))
def test_only_the_white_list_is_expanded(brand: Brand, path: str) -> None:
    response = Caller().get(f"/api/v1/brands/{brand.id}?expand[]={path}")
    problem = problem_of(response, 400, "invalid")
    assert (problem["param"], problem["detail"]) == (
        "expand[]",
        "This operation expands members, members.user.",
    )


def test_expansion_knows_what_is_below() -> None:
    expand = Expand(frozenset({"lines.variant", "lines.slot.deal", "session"}))
    assert ("lines" in expand, "session" in expand, "variant" in expand, "line" in expand) == (
        True, True, False, False
    )  # fmt: skip
    assert expand.below("lines") == Expand(frozenset({"variant", "slot.deal"}))
    assert expand.below("session") == Expand()
