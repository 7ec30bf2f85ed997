"""The buttons of the catalogue's admin: each asks, runs one action, and says what came of it."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from marketplace.actions.products import create_product
from marketplace.lib import clock
from marketplace.models import (
    Brand,
    BrandMember,
    Category,
    Fact,
    Product,
    ProductPicture,
    StockLevel,
    User,
    Variant,
)  # fmt: skip
from tests.marketplace.admin_pages import lists, page, press, signed_in
from tests.people import PASSWORD

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("embedded")]


@pytest.fixture
def owner(brand_owner: User) -> Client:
    return signed_in(brand_owner)


@pytest.fixture
def ada(admin: User) -> Client:
    return signed_in(admin)


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
    assert "Nobody would be left who owns it" in press(owner, brand, "remove_member", member=brand_owner.id)
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
    assert b'enctype="multipart/form-data"' in owner.get(page(brand, "import_file")).content
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
