"""Catalogue files: what an import does and an export holds, through the API and the commands."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import AsyncClient

from marketplace import audit
from marketplace.lib import clock
from marketplace.models import Brand, Fact, Product, StockLevel, StockMovement, User, Variant
from marketplace.models.tokens import Scope
from tests.marketplace.csv_files import FILE, counts, export, load
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = pytest.mark.usefixtures("generous_limits", "category")


def rows() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in (Product, Variant, StockLevel, StockMovement, Fact)
    }


@pytest.fixture
def owner(brand_owner: User) -> Caller:
    return with_cookie(brand_owner)


def test_a_file_makes_products_variants_and_stock(brand: Brand, brand_staff: User) -> None:
    answer = load(with_token(brand_staff, Scope.CATALOGUE_WRITE), brand, FILE)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "object": "catalogue_import",
            "dry_run": False,
            **counts(rows=3, products_created=2, variants_created=3, stock_changed=2),
        },
    )
    made = Variant.objects.select_related("product", "stock").order_by("sku")
    assert [
        (v.sku, v.title, str(v.price), v.weight_grams, v.product.title, v.product.state, v.stock.on_hand)
        for v in made
    ] == [
        ("B-500", "", "30 JPY", 520, "Black tea", "draft", 0),
        ("G-250", "250 g", "19.90 CNY", 270, "Green tea", "published", 100),
        ("G-500", "500 g", "39.90 CNY", 520, "Green tea", "published", 50),
    ]
    told = Fact.objects.filter(type__regex="^(product|variant|stock)").order_by("type")
    assert list(told.values_list("type", flat=True)) == [
        *["product.created"] * 2,
        "product.published",
        *["variant.created"] * 3,
    ]
    assert audit.findings(clock.now()) == []


def test_the_same_file_again_changes_nothing(brand: Brand, owner: Caller) -> None:
    load(owner, brand, FILE)
    before = rows()
    assert load(owner, brand, FILE).json() == {
        "object": "catalogue_import",
        "dry_run": False,
        **counts(rows=3),
    }
    assert rows() == before


def test_a_repeated_key_imports_once(brand: Brand, owner: Caller) -> None:
    first, again = load(owner, brand, FILE, key="one"), load(owner, brand, FILE, key="one")
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    problem_of(load(owner, brand, FILE + "\n", key="one"), 422, "idempotency_mismatch")


def test_a_dry_run_says_what_would_be_and_changes_nothing(brand: Brand, owner: Caller) -> None:
    before = rows()
    answer = load(owner, brand, FILE, dry_run="true").json()
    assert answer == {
        "object": "catalogue_import",
        "dry_run": True,
        **counts(rows=3, products_created=2, variants_created=3, stock_changed=2),
    }
    assert rows() == before


def test_what_is_exported_can_be_imported_and_changes_nothing(
    brand: Brand, owner: Caller, variant: Variant
) -> None:
    load(owner, brand, FILE)
    written = export(owner, brand)
    assert load(owner, brand, written).json() == {
        "object": "catalogue_import",
        "dry_run": False,
        **counts(rows=4),
    }
    assert export(owner, brand) == written


def test_an_export_holds_everything(brand: Brand, owner: Caller, product: Product, variant: Variant) -> None:
    assert list(csv.DictReader(io.StringIO(export(owner, brand)))) == [
        {
            "product_id": product.id,
            "title": "Green tea",
            "description": "",
            "category": "tea",
            "return_policy": "standard",
            "perishable": "false",
            "state": "published",
            "sku": "TEA-500",
            "variant_title": "500 g",
            "price": "39.90",
            "currency": "CNY",
            "weight_grams": "520",
            "active": "true",
            "on_hand": "10",
        }
    ]


def test_a_file_changes_what_it_names_and_nothing_else(
    brand: Brand, owner: Caller, product: Product, variant: Variant
) -> None:
    changed = load(
        owner,
        brand,
        "sku,title,price,on_hand,active,state\nTEA-500,Spring tea,41.5,25,false,archived\n",
    )
    assert changed.json() == {
        "object": "catalogue_import",
        "dry_run": False,
        **counts(rows=1, products_updated=1, variants_updated=1, stock_changed=1),
    }
    product.refresh_from_db()
    variant.refresh_from_db()
    assert (product.title, product.state, product.category_id) == ("Spring tea", "archived", "tea")
    assert (str(variant.price), variant.title, variant.active) == ("41.50 CNY", "500 g", False)
    assert variant.stock.on_hand == 25
    told = Fact.objects.filter(subject__in=[product.id, variant.id], at__gt=product.created_at)
    assert sorted(told.values_list("type", flat=True))[-5:] == [
        "product.updated",
        "stock.corrected",
        "variant.created",
        "variant.deactivated",
        "variant.updated",
    ]
    by_type = {fact.type: fact.payload for fact in told}
    assert by_type["product.updated"]["changed"] == ["title"]
    assert by_type["variant.updated"]["changed"] == ["price"]
    assert (by_type["stock.corrected"]["difference"], by_type["stock.corrected"]["on_hand"]) == (15, 25)


def test_a_stock_list_needs_two_columns(brand: Brand, owner: Caller, variant: Variant) -> None:
    assert load(owner, brand, "sku,on_hand\nTEA-500,3\n").json()["stock_changed"] == 1
    assert StockLevel.objects.get(variant=variant).on_hand == 3


def test_a_new_sku_joins_the_product_of_its_title_or_id(
    brand: Brand, owner: Caller, product: Product, variant: Variant
) -> None:
    by_title = "title,category,sku,price,currency\nGreen tea,tea,TEA-100,9,CNY\n"
    by_id = f"product_id,sku,price,currency\n{product.id},TEA-200,18,CNY\n"
    renamed = "title,category,sku,price,currency\nFine tea,,TEA-500,,\nFine tea,tea,TEA-300,27,CNY\n"
    for content in (by_title, by_id, renamed):
        assert load(owner, brand, content).status_code == 200, content
    assert Product.objects.count() == 1
    assert sorted(product.variants.values_list("sku", flat=True)) == [
        "TEA-100",
        "TEA-200",
        "TEA-300",
        "TEA-500",
    ]


def test_a_byte_order_mark_quotes_and_lines_in_cells_are_read(brand: Brand, owner: Caller) -> None:
    content = (
        "\ufeffSKU, Title ,category,description,price,currency\r\n"
        '"A-1","Tea, ""green""",tea,"Two\r\nlines",1,CNY\r\n'
        "\r\n"
        "A-2,Pot,nothing,,1,CNY\r\n"
    )
    errors = problem_of(load(owner, brand, content), 400, "bad_catalogue_file")["errors"]
    assert [error["param"] for error in errors] == ["5.category"]
    assert load(owner, brand, content.replace("nothing", "tea")).status_code == 200
    product = Product.objects.get(title='Tea, "green"')
    assert product.description == "Two\r\nlines"


DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "'=1", "'plain", "\uff1dA1", "a=b")


def test_an_export_holds_no_formulas_and_comes_back_the_same(
    brand: Brand, owner: Caller, brand_owner: User, draft: Product
) -> None:
    path = f"/api/v1/products/{draft.id}/variants"
    for text in DANGEROUS:
        body = {"sku": text, "title": text, "price": {"amount": 1, "currency": "CNY"}}
        assert owner.send("POST", path, body).status_code == 201
    owner.send("PATCH", f"/api/v1/products/{draft.id}", {"title": "=cmd()", "description": "@x\n=y"})
    written = export(owner, brand)
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d"))]
    assert load(owner, brand, written).json() == {
        "object": "catalogue_import",
        "dry_run": False,
        **counts(rows=len(DANGEROUS)),
    }
    assert sorted(Variant.objects.values_list("sku", flat=True)) == sorted(DANGEROUS)


async def test_an_export_streams_from_the_real_kind_of_server(
    transactional_db: None, brand: Brand, brand_owner: User, variant: Variant
) -> None:
    client = AsyncClient()
    await client.aforce_login(brand_owner)
    answer: Any = await client.get(f"/api/v1/brands/{brand.id}/catalogue/export")
    pieces = [piece async for piece in answer.streaming_content]
    await sync_to_async(connections.close_all)()
    assert len(pieces) == 2
    assert b"TEA-500" in pieces[1]


def test_the_commands_write_and_read_files(
    brand: Brand, variant: Variant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tea.csv"
    call_command("export_products", brand="mountain-tea", output=str(file))
    call_command("export_products", brand="mountain-tea")
    assert capsys.readouterr().out.encode() == file.read_bytes()
    file.write_text(file.read_text(encoding="utf-8-sig").replace(",10", ",12"))
    dry = io.StringIO()
    call_command("import_products", str(file), brand="mountain-tea", user="olga", dry_run=True, stdout=dry)
    assert dry.getvalue() == (
        "Would import: rows 1, products created 0, products updated 0, variants created 0, "
        "variants updated 0, stock changed 1.\n"
    )
    assert StockLevel.objects.get(variant=variant).on_hand == 10
    call_command("import_products", str(file), brand="mountain-tea", user="olga", stdout=io.StringIO())
    assert StockLevel.objects.get(variant=variant).on_hand == 12


def test_the_commands_say_what_is_wrong(brand: Brand, tmp_path: Path, outsider: User) -> None:
    file, errors = tmp_path / "bad.csv", io.StringIO()
    file.write_text("sku,colour\nA,red\n")
    with pytest.raises(CommandError, match="The file has errors; nothing was imported"):
        call_command("import_products", str(file), brand="mountain-tea", user="olga", stderr=errors)
    assert errors.getvalue().splitlines()[0].startswith("1.colour: The columns are product_id,")
    for wrong in ({"user": "nobody"}, {"user": "otto"}, {"brand": "nothing"}):
        with pytest.raises(CommandError):
            call_command("import_products", str(file), **{"brand": "mountain-tea", "user": "olga", **wrong})
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_products", str(tmp_path / "none.csv"), brand="mountain-tea", user="olga")
    with pytest.raises(CommandError, match="There is no brand"):
        call_command("export_products", brand="nothing")
