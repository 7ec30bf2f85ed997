"""The admin of the catalogue: who comes in, what each sees, what lists cost."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from marketplace import limits
from marketplace.actions.brands import create_brand
from marketplace.actions.products import create_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import (
    Brand,
    BrandMember,
    Category,
    Fact,
    Product,
    ProductPicture,
    StockLevel,
    StockMovement,
    User,
    Variant,
)  # fmt: skip
from streams.models import Moderator, Streamer
from tests.marketplace.admin_pages import OWN, STAFF, lists, page, signed_in
from tests.people import PASSWORD

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("embedded")]


@pytest.fixture
def owner(brand_owner: User) -> Client:
    return signed_in(brand_owner)


@pytest.fixture
def ada(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def bakery(buyer: User, category: Category) -> Brand:
    """Return another brand with a product of its own."""
    now = clock.now()
    brand = create_brand(actor=buyer, name="Bakery", now=now)
    product = create_product(brand_id=brand.id, category="tea", title="Bread", actor=buyer, now=now)
    price = Money(500, "CNY")
    create_variant(product_id=product.id, sku="BREAD", price=price, on_hand=3, actor=buyer, now=now)
    return brand


def test_who_has_something_to_do_signs_in(brand_staff: User, outsider: User, host: User) -> None:
    def tries(name: str) -> int:
        data = {"username": name, "password": PASSWORD, "next": "/admin/"}
        return Client().post("/admin/login/", data).status_code

    assert (tries("stan"), tries("otto"), tries("hana")) == (302, 200, 200)
    streamer = Streamer.objects.create(user=host, name="Hana live", created_at=clock.now())
    Moderator.objects.create(streamer=streamer, user=outsider)
    assert (tries("otto"), tries("hana")) == (302, 302)


def test_outsiders_and_strangers_are_sent_to_the_door(outsider: User) -> None:
    for client in (Client(), signed_in(outsider)):
        for model in (*OWN, *STAFF):
            answer = client.get(lists(model))
            assert (answer.status_code, answer.headers["Location"]) == (
                302,
                f"/admin/login/?next={lists(model)}",
            )


def test_passwords_are_tried_only_so_often(brand_staff: User, settings: Settings) -> None:
    limits.forget_local()
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "2/d"}
    settings.REDIS_URL = ""
    data = {"username": "stan", "password": "wrong"}
    answers = [Client().post("/admin/login/", data).content for _ in range(3)]
    assert [b"Too many tries" in answer for answer in answers] == [False, False, True]
    limits.forget_local()


@pytest.mark.parametrize("model", OWN)
def test_brand_staff_see_only_what_is_theirs(
    brand_staff: User, variant: Variant, bakery: Brand, admin: User, model: str
) -> None:
    words = {"brand": ("Mountain Tea", "Bakery"), "product": ("Green tea", "Bread")}
    mine, other = words.get(model, ("TEA-500", "BREAD"))
    stans = signed_in(brand_staff).get(lists(model)).content.decode()
    adas = signed_in(admin).get(lists(model)).content.decode()
    assert (mine in stans, other in stans) == (True, False)
    assert (mine in adas, other in adas) == (True, True)


@pytest.mark.parametrize("model", STAFF)
def test_lists_of_the_platform_are_for_its_staff(brand_staff: User, ada: Client, model: str) -> None:
    assert signed_in(brand_staff).get(lists(model)).status_code == 403
    assert ada.get(lists(model)).status_code == 200


def test_the_sidebar_shows_what_one_may_see(brand_staff: User, ada: Client) -> None:
    stans = signed_in(brand_staff).get("/admin/").content.decode()
    assert (lists("product") in stans, lists("user") in stans, lists("fact") in stans) == (
        True, False, False,
    )  # fmt: skip
    adas = ada.get("/admin/").content.decode()
    assert all(lists(model) in adas for model in (*OWN, *STAFF))


@pytest.mark.parametrize("model", OWN)
def test_pages_of_others_are_not_there(
    brand_staff: User, bakery: Brand, variant: Variant, ada: Client, model: str
) -> None:
    bread = Variant.objects.get(sku="BREAD")
    other = {
        "brand": bakery,
        "product": bread.product,
        "variant": bread,
        "stocklevel": bread.stock,
        "stockmovement": bread.stock.movements.get(),
    }[model]
    stan = signed_in(brand_staff)
    assert stan.get(page(other), follow=True).redirect_chain == [("/admin/", 302)]
    assert ada.get(page(other)).status_code == 200


def test_buttons_of_others_are_not_there(brand_staff: User, bakery: Brand, variant: Variant) -> None:
    stan, bread = signed_in(brand_staff), Variant.objects.get(sku="BREAD")
    pressed = [
        (bakery, ("edit", "add_product", "add_member", "change_member", "remove_member", "import_file")),
        (bakery, ("export_file",)),
        (bread.product, ("publish", "archive", "edit", "restock", "add_variant", "add_picture")),
        (bread.product, ("cover_picture", "delete_picture")),
        (bread, ("restock", "count", "edit", "activate", "deactivate")),
    ]
    for obj, buttons in pressed:
        for button in buttons:
            assert stan.get(page(obj, button)).status_code == 404, button
            assert stan.post(page(obj, button), {"quantity": 1, "note": "x"}).status_code == 404, button
    assert StockLevel.objects.get(variant=bread).on_hand == 3
    assert stan.get(reverse("admin:marketplace_product_publish", args=["nonsense"])).status_code == 404


def test_buttons_of_the_platform_are_for_its_staff(
    brand_staff: User, category: Category, buyer: User
) -> None:
    stan = signed_in(brand_staff)
    for obj, buttons in (
        (category, ("edit",)),
        (buyer, ("set_password", "block", "unblock", "grant_staff", "revoke_staff")),
    ):
        for button in buttons:
            assert stan.post(page(obj, button), {"password": PASSWORD}).status_code == 404, button
    for button in ("category_create", "user_create"):
        assert stan.post(reverse(f"admin:marketplace_{button}")).status_code == 404
    buyer.refresh_from_db()
    assert (buyer.is_active, buyer.is_staff) == (True, False)


def test_nothing_is_written_without_an_action(ada: Client, variant: Variant) -> None:
    kinds = (Brand, Product, Variant, StockLevel, StockMovement, Category, User, Fact)
    assert {kind._meta.model_name for kind in kinds} == {*OWN, *STAFF}
    for kind in kinds:
        newest: Any = kind._default_manager.first()
        pages = {name: f"admin:marketplace_{kind._meta.model_name}_{name}" for name in ("add", "delete")}
        assert ada.get(reverse(pages["add"])).status_code == 403, kind
        shown = ada.get(page(newest))
        assert (shown.status_code, b'name="_save"' in shown.content) == (200, False), kind
        assert ada.post(page(newest), {"title": "X"}).status_code == 403, kind
        delete = reverse(pages["delete"], args=[newest.pk])
        assert ada.post(delete, {"post": "yes"}).status_code == 403, kind


def test_who_has_nothing_to_do_is_sent_away_by_three_queries(buyer: User) -> None:
    browser = signed_in(buyer)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(lists("product")).status_code == 302
    assert len(queries) == 3, "the session, the person, and for whom they act"


def test_a_list_costs_the_same_however_long_it_is(
    ada: Client, brand: Brand, brand_owner: User, variant: Variant
) -> None:
    def cost(model: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(lists(model)).status_code == 200
        return len(queries)

    short = {model: cost(model) for model in (*OWN, *STAFF)}
    now = clock.now()
    for number in range(5):
        Category.objects.create(slug=f"shelf-{number}", name="Shelf")
        product = create_product(
            brand_id=brand.id, category=f"shelf-{number}", title="More", actor=brand_owner, now=now
        )
        price = Money(1, "CNY")
        create_variant(
            product_id=product.id, sku=f"M-{number}", price=price, on_hand=1, actor=brand_owner, now=now
        )
        create_brand(actor=brand_owner, name=f"Brand {number}", now=now)
        User.objects.create(username=f"person-{number}")
    assert {model: cost(model) for model in short} == short


@pytest.mark.parametrize("model", ("brand", "product"))
def test_a_page_costs_the_same_however_much_it_holds(
    owner: Client, brand: Brand, brand_owner: User, variant: Variant, model: str
) -> None:
    obj: Any = brand if model == "brand" else variant.product

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(page(obj)).status_code == 200
        return len(queries)

    cost()  # what Django keeps in memory from then on
    one = cost()
    for number in range(4):
        person = User.objects.create(username=f"person-{number}")
        BrandMember.objects.create(brand=brand, user=person)
        create_variant(
            product_id=variant.product_id,
            sku=f"M-{number}",
            price=Money(1, "CNY"),
            actor=brand_owner,
            now=clock.now(),
        )
        ProductPicture.objects.create(product_id=variant.product_id, file="x.png", alt="x")
    assert cost() == one


def test_lists_are_searched_and_filtered(owner: Client, variant: Variant, bakery: Brand) -> None:
    for query in ("?q=green", "?q=TEA-500", "?state__exact=draft", "?category__slug__exact=tea"):
        assert b"Green tea" in owner.get(lists("product") + query).content, query
    assert b"TEA-500" in owner.get(lists("variant") + "?q=tea").content
    assert b"TEA-500" in owner.get(lists("stockmovement") + "?q=TEA-500&kind__exact=restock").content
    assert b"Bakery" not in owner.get(lists("product")).content
