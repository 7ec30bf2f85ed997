"""Catalogue files: import and export through the API and the commands."""

import csv
import io
import tracemalloc
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import AsyncClient
from django.test.client import encode_multipart

from marketplace import audit, catalogue_csv, stock
from marketplace.actions.import_catalogue import Import, import_catalogue
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import Brand, Fact, Product, StockLevel, StockMovement, User, Variant
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = pytest.mark.usefixtures("generous_limits", "category")

FILE = """\
title,category,sku,variant_title,price,currency,weight_grams,on_hand,state
Green tea,tea,G-250,250 g,19.90,CNY,270,100,published
Green tea,tea,G-500,500 g,39.90,CNY,520,50,
Black tea,tea,B-500,,30,JPY,520,,
"""


def load(caller: Caller, brand: Brand, content: str | bytes, key: str = "", **more: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    data = {**more, "file": SimpleUploadedFile("catalogue.csv", raw)}
    return caller.send(
        "POST",
        f"/api/v1/brands/{brand.id}/catalogue/imports",
        encode_multipart("border", data),
        content_type="multipart/form-data; boundary=border",
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def export(caller: Caller, brand: Brand) -> str:
    answer = caller.send("GET", f"/api/v1/brands/{brand.id}/catalogue/export")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def counts(**given: int) -> dict[str, Any]:
    nothing = {field.name: 0 for field in fields(Import) if field.name != "dry_run"}
    return {**nothing, **given}


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


BAD = f"""\
product_id,title,category,return_policy,perishable,state,sku,price,currency,weight_grams,active,on_hand
,Tea,nothing,standard,false,draft,A-1,1,CNY,1,true,1
,Tea,tea,sometimes,maybe,gone,A-2,-1,yuan,1.5,2,-1
,,tea,,,,A-3,1,CNY,,,
,Pot,,,,,A-4,,,,,
,Pot,tea,,,,A-4,1,CNY,,,
prd_1,Cup,tea,,,,A-5,1,CNY,,,
prd_{"0" * 32},Cup,tea,,,,A-6,1,CNY,,,
,Lid,tea,,,published,A-7,0.001,CNY,,false,
,Lid,fruit,none,,,A-8,1.5,JPY,,false,99999999999
,,,,,,,,,,,5
,Mug,tea,,,,A-9,12345678901234,CNY
"""


def test_every_error_is_told_at_once_with_line_and_column(brand: Brand, owner: Caller) -> None:
    before = rows()
    problem = problem_of(load(owner, brand, BAD), 400, "bad_catalogue_file")
    places = sorted((error["param"], error["code"]) for error in problem["errors"])
    assert places == sorted(
        [
            ("2.category", "unknown"),
            ("3.return_policy", "invalid"),
            ("3.perishable", "invalid"),
            ("3.state", "invalid"),
            ("3.price", "invalid"),
            ("3.currency", "invalid"),
            ("3.weight_grams", "invalid"),
            ("3.active", "invalid"),
            ("3.on_hand", "invalid"),
            ("4.title", "missing"),
            ("5.price", "missing"),
            ("5.currency", "missing"),
            ("6.sku", "repeated"),
            ("7.product_id", "invalid"),
            ("8.product_id", "unknown"),
            ("9.price", "invalid"),
            ("9.state", "not_publishable"),
            ("10.category", "unknown"),
            ("10.price", "invalid"),
            ("10.on_hand", "invalid"),
            ("11.sku", "missing"),
            ("12", "cells"),
            ("12.price", "invalid"),
        ]
    )
    assert problem["data"] == {"errors": len(places)}
    assert rows() == before


@pytest.mark.parametrize(
    ("content", "place", "code"),
    (
        (b"", "1", "empty"),
        (b"\n\n", "1.sku", "missing"),
        (b"title;sku\n", "1.sku", "missing"),
        (b"title,price\nTea,1\n", "1.sku", "missing"),
        (b"sku,colour\n", "1.colour", "unknown_column"),
        (b"sku,sku\n", "1.sku", "repeated_column"),
        (b"sku,title\nA,\xff\xfe\n", "2", "encoding"),
        ("sku,title\nA,茶\n".encode("utf-16"), "1", "encoding"),
        ("sku,title\nA,B\nB,茶\n".encode("gb18030"), "3", "encoding"),
        (b'sku,title\nA,"open\n', "2", "malformed"),
        (b'sku,title\nA,"x"y\n', "2", "malformed"),
        (b"sku,title\nA,B\x00C\n", "2.title", "invalid"),
        (b"sku,title\nA,B\x1bC\n", "2.title", "invalid"),
        (b"sku,description\nA," + b"x" * 8_001 + b"\n", "2.description", "invalid"),
        (b"sku,description\nA," + b"x" * 200_000 + b"\n", "2", "malformed"),
        (b"sku\n" + b"x" * 65 + b"\n", "2.sku", "invalid"),
    ),
)
def test_a_file_that_is_not_catalogue_csv_is_refused(
    brand: Brand, owner: Caller, content: bytes, place: str, code: str
) -> None:
    answer = load(owner, brand, content)
    assert answer.status_code == 400, answer.content
    if content:
        errors = problem_of(answer, 400, "bad_catalogue_file")["errors"]
        assert (place, code) in {(error["param"], error["code"]) for error in errors}


def test_lines_of_one_product_must_agree(brand: Brand, owner: Caller, variant: Variant) -> None:
    content = f"product_id,sku,title,price,currency\n,TEA-500,One,,\n{variant.product_id},T-2,Two,1,CNY\n"
    errors = problem_of(load(owner, brand, content), 400, "bad_catalogue_file")["errors"]
    assert [(error["param"], error["code"]) for error in errors] == [("3.title", "mismatch")]


def test_a_title_that_two_products_share_needs_the_id(brand: Brand, owner: Caller, draft: Product) -> None:
    Product.objects.create(
        brand=brand, category_id="tea", title="Green tea", created_at=clock.now(), updated_at=clock.now()
    )
    content = "title,category,sku,price,currency\nGreen tea,tea,T-9,1,CNY\n"
    errors = problem_of(load(owner, brand, content), 400, "bad_catalogue_file")["errors"]
    assert [(error["param"], error["code"]) for error in errors] == [("2.title", "ambiguous")]


def test_a_count_below_what_is_held_is_an_error_of_its_line(
    brand: Brand, owner: Caller, variant: Variant
) -> None:
    with action():
        stock.hold({variant.id: 4}, reference="ord_test", now=clock.now())
    errors = problem_of(load(owner, brand, "sku,on_hand\nTEA-500,3\n"), 400, "bad_catalogue_file")["errors"]
    assert [(error["param"], error["code"]) for error in errors] == [("2.on_hand", "held")]
    assert load(owner, brand, "sku,on_hand\nTEA-500,4\n").status_code == 200


def test_a_currency_does_not_change_without_its_price(brand: Brand, owner: Caller, variant: Variant) -> None:
    errors = problem_of(load(owner, brand, "sku,currency\nTEA-500,JPY\n"), 400, "bad_catalogue_file")[
        "errors"
    ]
    assert [(error["param"], error["code"]) for error in errors] == [("2.currency", "alone")]
    assert load(owner, brand, "sku,currency\nTEA-500,CNY\n").json()["variants_updated"] == 0


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


def test_files_are_for_who_acts_for_the_brand(brand: Brand, outsider: User, brand_staff: User) -> None:
    otto, path = with_cookie(outsider), f"/api/v1/brands/{brand.id}/catalogue/export"
    problem_of(load(otto, brand, FILE), 404, "not_found")
    problem_of(otto.send("GET", path), 404, "not_found")
    problem_of(Caller().send("GET", path), 401, "sign_in_required")
    problem_of(load(with_token(brand_staff), brand, FILE), 403, "scope_missing")
    assert Product.objects.count() == 0


def test_a_product_of_another_brand_is_not_there(brand: Brand, variant: Variant, buyer: User) -> None:
    bella = with_cookie(buyer)
    other = Brand.objects.get(id=bella.send("POST", "/api/v1/brands", {"name": "Bakery"}).json()["id"])
    content = f"product_id,sku,price,currency\n{variant.product_id},X-1,1,CNY\n"
    errors = problem_of(load(bella, other, content), 400, "bad_catalogue_file")["errors"]
    assert [(error["param"], error["code"]) for error in errors] == [("2.product_id", "unknown")]
    same_sku = "title,category,sku,price,currency\nBread,tea,TEA-500,1,CNY\n"
    assert load(bella, other, same_sku).json()["variants_created"] == 1
    assert Variant.objects.filter(sku="TEA-500").count() == 2


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


def test_a_file_may_have_ten_thousand_lines(
    brand: Brand, brand_owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_csv, "MAX_ROWS", 2)
    owner = with_cookie(brand_owner)
    answer = load(owner, brand, FILE)
    assert problem_of(answer, 413, "too_large")["data"]["rows"] == 2
    monkeypatch.setattr(catalogue_csv, "MAX_BYTES", 10)
    assert problem_of(load(owner, brand, FILE), 413, "too_large")["data"] == {"limit": 10}


def test_ten_thousand_lines_take_bounded_memory_and_one_transaction(brand: Brand, brand_owner: User) -> None:
    content = io.BytesIO()
    content.write(b"title,description,category,sku,price,currency,on_hand,state\n")
    for number in range(10_000):
        line = f"Tea {number // 4},{'x' * 200},tea,SKU-{number},1.00,CNY,{number % 50},published\n"
        content.write(line.encode())
    tracemalloc.start()
    assert len(catalogue_csv.read_rows(content)[0]) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024
    done = import_catalogue(brand_id=brand.id, file=content, actor=brand_owner, now=clock.now())
    assert done == Import(10_000, 2_500, 0, 10_000, 0, 9_800, False)
    assert audit.findings(clock.now()) == []


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
