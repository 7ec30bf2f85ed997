"""Catalogue files that are refused: every error at once, and nothing imported."""

import io
import tracemalloc

import pytest

from marketplace import audit, catalogue_csv, stock
from marketplace.actions.import_catalogue import Import, import_catalogue
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import Brand, Fact, Product, StockLevel, StockMovement, User, Variant
from tests.marketplace.csv_files import FILE, load
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = [pytest.mark.usefixtures("generous_limits", "category"), pytest.mark.only_in("embedded")]


def rows() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in (Product, Variant, StockLevel, StockMovement, Fact)
    }


@pytest.fixture
def owner(brand_owner: User) -> Caller:
    return with_cookie(brand_owner)


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


def test_a_product_of_another_brand_is_not_there(brand: Brand, variant: Variant, buyer: User) -> None:
    bella = with_cookie(buyer)
    other = Brand.objects.get(id=bella.send("POST", "/api/v1/brands", {"name": "Bakery"}).json()["id"])
    content = f"product_id,sku,price,currency\n{variant.product_id},X-1,1,CNY\n"
    errors = problem_of(load(bella, other, content), 400, "bad_catalogue_file")["errors"]
    assert [(error["param"], error["code"]) for error in errors] == [("2.product_id", "unknown")]
    same_sku = "title,category,sku,price,currency\nBread,tea,TEA-500,1,CNY\n"
    assert load(bella, other, same_sku).json()["variants_created"] == 1
    assert Variant.objects.filter(sku="TEA-500").count() == 2


def test_files_are_for_who_acts_for_the_brand(brand: Brand, outsider: User, brand_staff: User) -> None:
    otto, path = with_cookie(outsider), f"/api/v1/brands/{brand.id}/catalogue/export"
    problem_of(load(otto, brand, FILE), 404, "not_found")
    problem_of(otto.send("GET", path), 404, "not_found")
    problem_of(Caller().send("GET", path), 401, "sign_in_required")
    problem_of(load(with_token(brand_staff), brand, FILE), 403, "scope_missing")
    assert Product.objects.count() == 0


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
