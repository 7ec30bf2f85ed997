"""The admin of the catalogue: who comes in, what each sees, what the buttons do, what lists cost."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
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
from tests.people import PASSWORD

pytestmark = pytest.mark.usefixtures("generous_limits")

OWN = ("brand", "product", "variant", "stocklevel", "stockmovement")
STAFF = ("category", "user", "fact")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def lists(model: str) -> str:
    return reverse(f"admin:marketplace_{model}_changelist")


def page(obj: Any, button: str = "change") -> str:
    return reverse(f"admin:marketplace_{obj._meta.model_name}_{button}", args=[obj.pk])


def press(client: Client, obj: Any, button: str, **values: Any) -> str:
    """Open a button's page, send its form, and return what the next page says."""
    address = page(obj, button)
    asked = client.get(address)
    assert asked.status_code == 200
    assert b"csrfmiddlewaretoken" in asked.content
    answer = client.post(address, values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


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


@pytest.mark.parametrize("model", (*OWN, *STAFF))
def test_nothing_is_written_without_an_action(ada: Client, variant: Variant, model: str) -> None:
    assert ada.get(reverse(f"admin:marketplace_{model}_add")).status_code == 403
    newest: Any = {
        "brand": Brand, "product": Product, "variant": Variant, "stocklevel": StockLevel,
        "stockmovement": StockMovement, "category": Category, "user": User, "fact": Fact,
    }[model]._default_manager.first()  # fmt: skip
    shown = ada.get(page(newest))
    assert shown.status_code == 200
    assert b'name="_save"' not in shown.content
    assert ada.post(page(newest), {"title": "X"}).status_code == 403
    delete = reverse(f"admin:marketplace_{model}_delete", args=[newest.pk])
    assert ada.post(delete, {"post": "yes"}).status_code == 403


def test_a_brand_is_made_and_changed(owner: Client, brand_owner: User, brand: Brand) -> None:
    address = reverse("admin:marketplace_brand_create")
    assert owner.get(address).status_code == 200
    said = owner.post(address, {"name": "Tea House", "country": "CN"}, follow=True).content.decode()
    assert "Tea House was made." in said
    made = Brand.objects.get(slug="tea-house")
    assert made.members.get().user == brand_owner
    assert "The brand was changed." in press(owner, made, "edit", name="Tea Garden", description="Leaves")
    made.refresh_from_db()
    assert (made.name, made.country, made.description) == ("Tea Garden", "", "Leaves")
    refused = press(owner, made, "edit", name="Mountain Tea")
    assert "This name is taken." in refused
    invalid = press(owner, made, "edit", name="", country="china")
    assert "This field is required." in invalid


def test_members_come_change_and_go(owner: Client, brand: Brand, brand_owner: User, buyer: User) -> None:
    assert "bella now acts for the brand." in press(
        owner, brand, "add_member", username="bella", role="staff"
    )
    assert "There is nobody with this name." in press(
        owner, brand, "add_member", username="nobody", role="staff"
    )
    assert "bella is now owner." in press(owner, brand, "change_member", member=buyer.id, role="owner")
    assert "The member was removed." in press(owner, brand, "remove_member", member=buyer.id)
    assert "would be left without an owner" in press(owner, brand, "remove_member", member=brand_owner.id)
    assert list(BrandMember.objects.values_list("user_id", flat=True)) == [brand_owner.id]


def test_staff_of_a_brand_do_not_change_it(brand_staff: User, brand: Brand) -> None:
    stan = signed_in(brand_staff)
    assert "Only an owner of the brand may do this." in press(stan, brand, "edit", name="Mine")
    brand.refresh_from_db()
    assert brand.name == "Mountain Tea"


def test_a_product_goes_its_way(owner: Client, brand: Brand, category: Category) -> None:
    values = {"title": "Oolong", "category": "tea", "return_policy": "standard"}
    assert "Oolong was made" in press(owner, brand, "add_product", **values)
    product = Product.objects.get()
    assert "needs an active variant" in press(owner, product, "publish")
    new = {"sku": "O-1", "price": "39.90", "currency": "CNY", "weight_grams": 100, "on_hand": 5}
    assert "O-1 was added." in press(owner, product, "add_variant", **new)
    assert "The brand already uses this SKU." in press(owner, product, "add_variant", **new)
    wrong = press(owner, product, "add_variant", **{**new, "sku": "O-2", "price": "1.5", "currency": "JPY"})
    assert "JPY has 0 digits behind the point." in wrong
    variant = Variant.objects.get()
    assert (str(variant.price), variant.stock.on_hand) == ("39.90 CNY", 5)
    assert "The product is published." in press(owner, product, "publish")
    changed = {**values, "title": "Fine Oolong", "description": "Rolled.", "perishable": "on"}
    assert "The product was changed" in press(owner, product, "edit", **changed)
    restock = {"variant": variant.id, "quantity": 7, "note": "Truck"}
    assert "Restocked: 12 on hand, 0 held." in press(owner, product, "restock", **restock)
    assert "The product is archived." in press(owner, product, "archive")
    product.refresh_from_db()
    assert (product.title, product.perishable, product.state) == ("Fine Oolong", True, "archived")


def test_variants_change_and_are_counted(owner: Client, variant: Variant) -> None:
    shown = owner.get(page(variant, "edit")).content.decode()
    assert 'value="39.90"' in shown
    values = {"sku": "TEA-1", "title": "1 kg", "price": "70", "currency": "CNY", "weight_grams": 1000}
    assert "The variant was changed" in press(owner, variant, "edit", **values)
    assert "Restocked: 11 on hand, 0 held." in press(owner, variant, "restock", quantity=1, note="x")
    assert "Counted: 4 on hand, 0 held." in press(owner, variant, "count", on_hand=4, note="Count")
    assert "offered no longer" in press(owner, variant, "deactivate")
    variant.refresh_from_db()
    assert (variant.sku, variant.list_price, variant.active) == ("TEA-1", 7000, False)
    assert "The variant is offered." in press(owner, variant, "activate")
    assert "greater than or equal to 1" in press(owner, variant, "restock", quantity=0, note="x")


def test_many_products_are_published_and_archived_at_once(
    owner: Client, variant: Variant, brand: Brand, brand_owner: User
) -> None:
    empty = create_product(
        brand_id=brand.id, category="tea", title="Empty", actor=brand_owner, now=clock.now()
    )
    chosen = {"_selected_action": [variant.product_id, empty.id]}
    said = owner.post(lists("product"), {"action": "publish_selected", **chosen}, follow=True)
    assert b"1 products published." in said.content
    assert b"Empty: A product needs an active variant" in said.content
    owner.post(lists("product"), {"action": "archive_selected", **chosen})
    assert set(Product.objects.values_list("state", flat=True)) == {"archived"}


def test_pictures_are_added_ordered_and_deleted(
    owner: Client, product: Product, png: bytes, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    for alt in ("Front", "Back"):
        file = SimpleUploadedFile("x.png", png)
        assert "The picture was added." in press(owner, product, "add_picture", file=file, alt=alt)
    text = SimpleUploadedFile("x.png", b"no picture")
    assert "not a PNG, JPEG or WebP" in press(owner, product, "add_picture", file=text, alt="Text")
    front, back = ProductPicture.objects.order_by("position")
    assert "The picture is the cover now." in press(owner, product, "cover_picture", picture=back.id)
    assert [picture.alt for picture in product.pictures.all()] == ["Back", "Front"]
    assert "The picture was deleted." in press(owner, product, "delete_picture", picture=front.id)
    assert len(list((tmp_path / "products").iterdir())) == 1
    assert "<img src=" in owner.get(page(product)).content.decode()


def test_files_come_in_and_go_out(owner: Client, brand: Brand, variant: Variant) -> None:
    answer: Any = owner.get(page(brand, "export_file"))
    written = b"".join(answer.streaming_content)
    changed = written.replace(b",10\r\n", b",25\r\n")
    dry = press(owner, brand, "import_file", file=io.BytesIO(changed), dry_run="on")
    assert "Would be imported: 1 lines" in dry
    assert StockLevel.objects.get(variant=variant).on_hand == 10
    assert "stock levels changed: 1." in press(owner, brand, "import_file", file=io.BytesIO(changed))
    assert StockLevel.objects.get(variant=variant).on_hand == 25
    bad = press(owner, brand, "import_file", file=io.BytesIO(b"sku,on_hand\nTEA-500,many\nX,-1\n"))
    assert "2.on_hand: A whole number" in bad
    assert "3.on_hand: A whole number" in bad


def test_platform_staff_keep_categories(ada: Client, category: Category) -> None:
    address = reverse("admin:marketplace_category_create")
    made = {"slug": "fruit", "name": "Fruit", "fee_bp": 300}
    assert b"Fruit was made." in ada.post(address, made, follow=True).content
    assert "The category was changed" in press(ada, category, "edit", name="Teas", fee_bp=400)
    category.refresh_from_db()
    assert (category.name, category.fee_bp) == ("Teas", 400)


def test_platform_staff_help_people(ada: Client, admin: User, buyer: User) -> None:
    bella = signed_in(buyer)
    assert bella.get("/api/v1/me").status_code == 200
    assert "The password was set" in press(ada, buyer, "set_password", password="another good secret")
    assert bella.get("/api/v1/me").status_code == 401
    assert "too common" in press(ada, buyer, "set_password", password="password123")
    assert "no longer sign in" in press(ada, buyer, "block")
    again = {"username": "bella", "password": "another good secret"}
    assert Client().post("/api/v1/session", again, content_type="application/json").status_code == 401
    assert "may sign in again" in press(ada, buyer, "unblock")
    assert Client().post("/api/v1/session", again, content_type="application/json").status_code == 200
    assert "is platform staff" in press(ada, buyer, "grant_staff")
    assert "no longer platform staff" in press(ada, buyer, "revoke_staff")
    assert "Nobody may do this to themselves." in press(ada, admin, "block")
    made = {"username": "newcomer", "password": PASSWORD}
    assert (
        b"newcomer was signed up."
        in ada.post(reverse("admin:marketplace_user_create"), made, follow=True).content
    )
    told = Fact.objects.filter(subject=buyer.id).order_by("at").values_list("type", flat=True)
    assert list(told) == [
        "account.created", "account.password_set", "account.blocked", "account.unblocked",
        "account.staff_granted", "account.staff_revoked",
    ]  # fmt: skip


def test_staff_have_no_power_over_staff(admin: User, buyer: User, outsider: User) -> None:
    User.objects.filter(id__in=[buyer.id, outsider.id]).update(is_staff=True)
    bella = signed_in(User.objects.get(id=buyer.id))
    for button in ("block", "set_password"):
        said = press(bella, outsider, button, password="another good secret")
        assert "Only a superuser may do this to platform staff." in said
    assert "Only a superuser may choose" in press(bella, outsider, "revoke_staff")
    assert User.objects.get(id=outsider.id).is_active


@pytest.mark.parametrize("model", (*OWN, *STAFF))
def test_a_list_costs_the_same_however_long_it_is(
    admin: User, brand: Brand, brand_owner: User, variant: Variant, model: str
) -> None:
    def cost() -> int:
        ada = signed_in(admin)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert ada.get(lists(model)).status_code == 200
        return len(queries)

    one = cost()
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
    assert cost() == one


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
