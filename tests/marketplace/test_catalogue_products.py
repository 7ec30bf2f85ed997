"""Products, through the API: who sees and changes which, search, expansion, publication."""

from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries

from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Brand, Category, Fact, Product, User, Variant
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = pytest.mark.usefixtures("generous_limits")


@pytest.fixture
def stall(brand: Brand, brand_owner: User, category: Category) -> Callable[[str], Product]:
    """Return a function that publishes a product with one variant."""

    def publish(title: str) -> Product:
        now = clock.now()
        product = create_product(
            brand_id=brand.id, category=category.slug, title=title, actor=brand_owner, now=now
        )
        sku = f"SKU-{title}"
        price = Money(100, "CNY")
        create_variant(product_id=product.id, sku=sku, price=price, actor=brand_owner, now=now)
        return publish_product(product_id=product.id, actor=brand_owner, now=now)

    return publish


def test_a_product_is_made_published_changed_and_archived(
    brand: Brand, brand_staff: User, category: Category
) -> None:
    staff = with_token(brand_staff, Scope.CATALOGUE_WRITE)
    made = staff.send(
        "POST", "/api/v1/products", {"brand": brand.id, "category": "tea", "title": "  Green tea "}
    )
    assert made.status_code == 201
    product = Product.objects.get()
    path = f"/api/v1/products/{product.id}"
    assert made.json() == {
        "object": "product",
        "id": product.id,
        "brand": brand.id,
        "category": "tea",
        "title": "Green tea",
        "description": "",
        "return_policy": "standard",
        "perishable": False,
        "state": "draft",
        "pictures": [],
        "created_at": clock.to_wire(product.created_at),
        "updated_at": clock.to_wire(product.updated_at),
    }
    problem_of(Caller().send("GET", path), 404, "not_found")
    problem_of(staff.send("POST", f"{path}/publish"), 409, "not_publishable")

    new = {"sku": "T1", "price": {"amount": 3990, "currency": "CNY"}}
    assert staff.send("POST", f"{path}/variants", new).status_code == 201
    published = staff.send("POST", f"{path}/publish")
    assert published.json()["state"] == "published"
    assert Caller().send("GET", path).json() == published.json()
    again = staff.send("POST", f"{path}/publish")
    assert again.json() == published.json()

    changes = {"title": "Fresh tea", "perishable": True, "return_policy": "perishable"}
    changed = staff.send("PATCH", path, changes).json()
    assert {name: changed[name] for name in changes} == changes

    assert staff.send("POST", f"{path}/archive").json()["state"] == "archived"
    problem_of(Caller().send("GET", path), 404, "not_found")
    assert staff.send("GET", path).json()["state"] == "archived"
    assert staff.send("POST", f"{path}/publish").json()["state"] == "published"
    told = Fact.objects.filter(subject=product.id).order_by("at").values_list("type", flat=True)
    assert list(told) == [
        "product.created",
        "product.published",
        "product.updated",
        "product.archived",
        "product.published",
    ]


def test_only_members_write(product: Product, outsider: User, brand: Brand) -> None:
    path, otto = f"/api/v1/products/{product.id}", with_cookie(outsider)
    new = {"brand": brand.id, "category": "tea", "title": "Fake"}
    problem_of(otto.send("POST", "/api/v1/products", new), 404, "not_found")
    problem_of(otto.send("PATCH", path, {"title": "Fake"}), 404, "not_found")
    problem_of(otto.send("POST", f"{path}/publish"), 404, "not_found")
    problem_of(otto.send("POST", f"{path}/archive"), 404, "not_found")
    for method in ("PATCH", "POST"):
        target = path if method == "PATCH" else f"{path}/archive"
        problem_of(Caller().send(method, target, {}), 401, "sign_in_required")
    product.refresh_from_db()
    assert (product.title, product.state) == ("Green tea", "published")


def test_a_token_without_the_scope_writes_nothing(product: Product, brand_owner: User) -> None:
    token = with_token(brand_owner, Scope.SESSIONS_HOST)
    answer = token.send("PATCH", f"/api/v1/products/{product.id}", {"title": "X"})
    assert problem_of(answer, 403, "scope_missing")["data"] == {"scope": "catalogue:write"}


def test_a_category_must_exist(draft: Product, brand_owner: User, brand: Brand) -> None:
    owner = with_cookie(brand_owner)
    body = {"brand": brand.id, "category": "nothing", "title": "X"}
    assert problem_of(owner.send("POST", "/api/v1/products", body), 400, "invalid")["param"] == "category"
    answer = owner.send("PATCH", f"/api/v1/products/{draft.id}", {"category": "nothing"})
    assert problem_of(answer, 400, "invalid")["param"] == "category"


def titles(answer: object) -> list[str]:
    return [row["title"] for row in answer.json()["data"]]  # type: ignore[attr-defined]


def test_products_are_found_by_words_brand_category_and_sku(
    stall: Callable[[str], Product], brand: Brand
) -> None:
    for title in ("Oolong tea", "Green tea", "Tea pot"):
        stall(title)
    anybody = Caller()
    assert titles(anybody.send("GET", "/api/v1/products")) == ["Tea pot", "Green tea", "Oolong tea"]
    assert titles(anybody.send("GET", "/api/v1/products?q=TEA+green")) == ["Green tea"]
    assert titles(anybody.send("GET", "/api/v1/products?q=mountain+pot")) == ["Tea pot"]
    assert titles(anybody.send("GET", "/api/v1/products", query_params={"q": "sku-tea pot"})) == []
    assert titles(anybody.send("GET", "/api/v1/products?category=tea&limit=1")) == ["Tea pot"]
    assert titles(anybody.send("GET", "/api/v1/products?category=fruit")) == []
    assert titles(anybody.send("GET", f"/api/v1/products?brand={brand.id}&q=oolong")) == ["Oolong tea"]
    assert titles(anybody.send("GET", f"/api/v1/products?brand=brd_{'0' * 32}")) == []


def test_a_sku_finds_its_product(product: Product) -> None:
    assert titles(Caller().send("GET", "/api/v1/products?q=tea-500")) == ["Green tea"]


def test_pages_go_on_where_they_ended(stall: Callable[[str], Product]) -> None:
    made = [stall(f"Tea {number}").id for number in range(5)]
    newest_first, seen, cursor = made[::-1], [], ""
    while True:
        page = Caller().send("GET", f"/api/v1/products?limit=2{cursor}").json()
        seen += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            break
        cursor = f"&starting_after={seen[-1]}"
    assert seen == newest_first
    back = Caller().send("GET", f"/api/v1/products?limit=2&ending_before={seen[-1]}").json()
    assert [row["id"] for row in back["data"]] == newest_first[2:4]


def test_states_other_than_published_are_for_members(
    draft: Product, brand_staff: User, outsider: User, admin: User
) -> None:
    assert titles(Caller().send("GET", "/api/v1/products")) == []
    problem_of(Caller().send("GET", "/api/v1/products?state=draft"), 401, "sign_in_required")
    assert titles(with_cookie(outsider).send("GET", "/api/v1/products?state=all")) == []
    for person in (brand_staff, admin):
        caller = with_cookie(person)
        assert titles(caller.send("GET", "/api/v1/products?state=draft")) == ["Green tea"]
        assert titles(caller.send("GET", "/api/v1/products?state=all")) == ["Green tea"]
        assert titles(caller.send("GET", "/api/v1/products?state=archived")) == []


def test_what_is_expanded_is_answered_in_full(product: Product, variant: Variant, brand: Brand) -> None:
    path = f"/api/v1/products/{product.id}"
    expanded = Caller().send("GET", f"{path}?expand[]=brand&expand[]=category&expand[]=variants").json()
    assert expanded["brand"] == Caller().send("GET", f"/api/v1/brands/{brand.id}").json()
    assert expanded["category"] == {"object": "category", "slug": "tea", "name": "Tea", "fee_bp": 500}
    assert expanded["variants"] == [Caller().send("GET", f"/api/v1/variants/{variant.id}").json()]
    plain = Caller().send("GET", path).json()
    assert (plain["brand"], plain["category"], "variants" in plain) == (brand.id, "tea", False)
    problem_of(Caller().send("GET", f"{path}?expand[]=stock"), 400, "invalid")


def test_variants_that_are_not_offered_show_to_members_only(
    product: Product, variant: Variant, brand_owner: User
) -> None:
    owner = with_cookie(brand_owner)
    owner.send("POST", f"/api/v1/variants/{variant.id}/deactivate")
    path = f"/api/v1/products/{product.id}?expand[]=variants"
    assert Caller().send("GET", path).json()["variants"] == []
    assert [row["active"] for row in owner.send("GET", path).json()["variants"]] == [False]
    listed = Caller().send("GET", "/api/v1/products?expand[]=variants").json()["data"]
    assert [row["variants"] for row in listed] == [[]]
    own = owner.send("GET", "/api/v1/products?state=all&expand[]=variants").json()["data"]
    assert [row["variants"][0]["id"] for row in own] == [variant.id]


def test_a_page_costs_the_same_however_many_products_it_holds(
    stall: Callable[[str], Product], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = "/api/v1/products?expand[]=brand&expand[]=category&expand[]=variants"
    stall("One")
    with django_assert_num_queries(3):
        assert len(Caller().send("GET", path).json()["data"]) == 1
    for title in ("Two", "Three", "Four"):
        stall(title)
    with django_assert_num_queries(3):
        assert len(Caller().send("GET", path).json()["data"]) == 4


def test_a_repeated_key_makes_one_product(brand: Brand, brand_owner: User, category: Category) -> None:
    owner, key = with_token(brand_owner, Scope.CATALOGUE_WRITE), {"Idempotency-Key": "same"}
    body = {"brand": brand.id, "category": "tea", "title": "Once"}
    first = owner.send("POST", "/api/v1/products", body, headers=key)
    again = owner.send("POST", "/api/v1/products", body, headers=key)
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    assert Product.objects.count() == 1
    other = owner.send("POST", "/api/v1/products", {**body, "title": "Twice"}, headers=key)
    problem_of(other, 422, "idempotency_mismatch")
