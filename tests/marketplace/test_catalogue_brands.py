"""Brands, their members, and categories, through the API."""

import pytest

from marketplace.actions import brands
from marketplace.models import Brand, BrandMember, Category, Fact, User
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("embedded")]


def facts(type_: str) -> list[dict[str, object]]:
    return list(Fact.objects.filter(type=type_).values_list("payload", flat=True))


def test_whoever_makes_a_brand_owns_it(buyer: User) -> None:
    answer = with_token(buyer, Scope.CATALOGUE_WRITE).send(
        "POST", "/api/v1/brands", {"name": "Bella's Bakery", "country": "DE", "description": "Bread."}
    )
    assert answer.status_code == 201
    brand = Brand.objects.get()
    assert answer.json() == Caller().send("GET", f"/api/v1/brands/{brand.id}").json()
    assert {name: answer.json()[name] for name in ("object", "id", "name", "slug", "country")} == {
        "object": "brand",
        "id": brand.id,
        "name": "Bella's Bakery",
        "slug": "bellas-bakery",
        "country": "DE",
    }
    assert list(brand.members.values_list("user_id", "role")) == [(buyer.id, "owner")]
    assert facts("brand.created") == [
        {"brand": brand.id, "name": "Bella's Bakery", "slug": "bellas-bakery", "by": buyer.id}
    ]


def test_a_brand_without_latin_letters_gets_a_slug_of_its_id(buyer: User) -> None:
    answer = with_cookie(buyer).send("POST", "/api/v1/brands", {"name": "山茶"}).json()
    assert answer["slug"] == answer["id"][-12:]


@pytest.mark.parametrize(
    ("body", "param"),
    (
        ({"name": "mountain tea"}, "name"),
        ({"name": "Another", "slug": "mountain-tea"}, "slug"),
    ),
)
def test_names_and_slugs_are_unique(brand: Brand, buyer: User, body: dict[str, str], param: str) -> None:
    answer = with_cookie(buyer).send("POST", "/api/v1/brands", body)
    assert problem_of(answer, 409, "name_taken")["param"] == param
    assert Brand.objects.count() == 1


def test_a_person_owns_only_so_many_brands(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brands, "MAX_OWNED_BRANDS", 1)
    browser = with_cookie(buyer)
    assert browser.send("POST", "/api/v1/brands", {"name": "One"}).status_code == 201
    answer = browser.send("POST", "/api/v1/brands", {"name": "Two"})
    assert problem_of(answer, 409, "limit_reached")["data"] == {"limit": 1}


def test_anybody_lists_brands_and_a_member_its_own(brand: Brand, brand_staff: User, buyer: User) -> None:
    other = with_cookie(buyer).send("POST", "/api/v1/brands", {"name": "Bakery"}).json()["id"]
    everything = Caller().send("GET", "/api/v1/brands").json()
    assert [row["id"] for row in everything["data"]] == [other, brand.id]
    page = Caller().send("GET", f"/api/v1/brands?limit=1&starting_after={other}").json()
    assert ([row["id"] for row in page["data"]], page["has_more"]) == ([brand.id], False)
    own = with_cookie(brand_staff).send("GET", "/api/v1/brands?own=true").json()
    assert [row["id"] for row in own["data"]] == [brand.id]
    problem_of(Caller().send("GET", "/api/v1/brands?own=true"), 401, "sign_in_required")


def test_an_owner_changes_the_brand(brand: Brand, brand_owner: User) -> None:
    browser = with_cookie(brand_owner)
    answer = browser.send("PATCH", f"/api/v1/brands/{brand.id}", {"name": "Valley Tea", "country": "CN"})
    assert (answer.json()["name"], answer.json()["slug"]) == ("Valley Tea", "mountain-tea")
    assert [fact["changed"] for fact in facts("brand.updated")] == [["name"]]
    assert browser.send("PATCH", f"/api/v1/brands/{brand.id}", {}).json() == answer.json()
    assert len(facts("brand.updated")) == 1


def test_staff_do_not_change_the_brand_and_others_do_not_learn_of_it(
    brand: Brand, brand_staff: User, outsider: User
) -> None:
    path, body = f"/api/v1/brands/{brand.id}", {"name": "Mine"}
    problem_of(with_cookie(brand_staff).send("PATCH", path, body), 403, "forbidden")
    problem_of(with_cookie(outsider).send("PATCH", path, body), 404, "not_found")
    problem_of(Caller().send("PATCH", path, body), 401, "sign_in_required")
    problem_of(with_token(brand_staff).send("PATCH", path, body), 403, "scope_missing")
    brand.refresh_from_db()
    assert brand.name == "Mountain Tea"


def test_an_owner_adds_changes_and_removes_members(brand: Brand, brand_owner: User, buyer: User) -> None:
    owner, path = with_cookie(brand_owner), f"/api/v1/brands/{brand.id}/members"
    added = owner.send("POST", path, {"username": "bella"})
    assert (added.status_code, added.json()) == (
        201,
        {
            "object": "brand_member",
            "brand": brand.id,
            "user": {"object": "user", "id": buyer.id, "username": "bella", "display_name": "Bella"},
            "role": "staff",
        },
    )
    listed = with_cookie(buyer).send("GET", path).json()
    assert [(row["user"]["username"], row["role"]) for row in listed["data"]] == [
        ("bella", "staff"),
        ("olga", "owner"),
    ]
    changed = owner.send("PATCH", f"{path}/{buyer.id}", {"role": "owner"})
    assert changed.json()["role"] == "owner"
    assert owner.send("DELETE", f"{path}/{buyer.id}").status_code == 204
    assert not BrandMember.objects.filter(user=buyer).exists()
    told = {"brand": brand.id, "user": buyer.id, "by": brand_owner.id}
    assert facts("brand.member_added") == [{**told, "role": "staff"}]
    assert facts("brand.member_changed") == [{**told, "role": "owner"}]
    assert facts("brand.member_removed") == [{**told, "role": "owner"}]


def test_a_brand_always_has_an_owner(brand: Brand, brand_owner: User, buyer: User) -> None:
    owner, path = with_cookie(brand_owner), f"/api/v1/brands/{brand.id}/members/{brand_owner.id}"
    problem_of(owner.send("DELETE", path), 409, "last_owner")
    problem_of(owner.send("PATCH", path, {"role": "staff"}), 409, "last_owner")
    owner.send("POST", f"/api/v1/brands/{brand.id}/members", {"username": "bella", "role": "owner"})
    assert owner.send("DELETE", path).status_code == 204
    assert list(brand.members.values_list("user_id", flat=True)) == [buyer.id]


def test_staff_may_leave_and_do_nothing_else_to_members(
    brand: Brand, brand_owner: User, brand_staff: User, buyer: User
) -> None:
    staff, path = with_cookie(brand_staff), f"/api/v1/brands/{brand.id}/members"
    problem_of(staff.send("POST", path, {"username": "bella"}), 403, "forbidden")
    problem_of(staff.send("PATCH", f"{path}/{brand_staff.id}", {"role": "owner"}), 403, "forbidden")
    problem_of(staff.send("DELETE", f"{path}/{brand_owner.id}"), 403, "forbidden")
    assert staff.send("DELETE", f"{path}/{brand_staff.id}").status_code == 204
    problem_of(staff.send("DELETE", f"{path}/{brand_staff.id}"), 404, "not_found")


def test_no_token_adds_people(brand: Brand, brand_owner: User, buyer: User) -> None:
    token = with_token(brand_owner, Scope.CATALOGUE_WRITE)
    answer = token.send("POST", f"/api/v1/brands/{brand.id}/members", {"username": "bella"})
    problem_of(answer, 403, "session_only")


@pytest.mark.parametrize("name", ("nobody", "olga"))
def test_who_is_unknown_or_there_already_is_not_added(brand: Brand, brand_owner: User, name: str) -> None:
    answer = with_cookie(brand_owner).send("POST", f"/api/v1/brands/{brand.id}/members", {"username": name})
    status, code = {"nobody": (400, "invalid"), "olga": (409, "already_member")}[name]
    assert problem_of(answer, status, code)["param"] == "username"
    assert brand.members.count() == 1


def test_outsiders_see_no_members(brand: Brand, outsider: User) -> None:
    path = f"/api/v1/brands/{brand.id}/members"
    problem_of(with_cookie(outsider).send("GET", path), 404, "not_found")
    problem_of(Caller().send("GET", path), 401, "sign_in_required")


def test_platform_staff_keep_the_categories(admin: User, category: Category, brand_owner: User) -> None:
    staff = with_cookie(admin)
    made = staff.send("POST", "/api/v1/categories", {"slug": "fruit", "name": "Fruit", "fee_bp": 300})
    assert (made.status_code, made.json()) == (
        201,
        {"object": "category", "slug": "fruit", "name": "Fruit", "fee_bp": 300},
    )
    problem_of(
        staff.send("POST", "/api/v1/categories", {"slug": "fruit", "name": "Fruit"}), 409, "name_taken"
    )
    changed = staff.send("PATCH", "/api/v1/categories/fruit", {"fee_bp": 250})
    assert changed.json()["fee_bp"] == 250
    listed = Caller().send("GET", "/api/v1/categories").json()
    assert listed == {
        "object": "list",
        "data": [changed.json(), {"object": "category", "slug": "tea", "name": "Tea", "fee_bp": 500}],
        "has_more": False,
    }
    assert Caller().send("GET", "/api/v1/categories/fruit").json() == changed.json()
    problem_of(Caller().send("GET", "/api/v1/categories/nothing"), 404, "not_found")
    owner = with_cookie(brand_owner)
    problem_of(owner.send("POST", "/api/v1/categories", {"slug": "x", "name": "X"}), 403, "forbidden")
    problem_of(owner.send("PATCH", "/api/v1/categories/tea", {"fee_bp": 0}), 403, "forbidden")
    assert len(facts("category.created")) == 1
    assert [fact["changed"] for fact in facts("category.updated")] == [["fee_bp"]]
