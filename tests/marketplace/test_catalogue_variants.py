"""Variants and their stock, through the API."""

from uuid import uuid4

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from marketplace import audit, bells, stock
from marketplace.actions import variants
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import Fact, Product, StockLevel, User, Variant
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("embedded")]

PRICE = {"amount": 3990, "currency": "CNY"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def levels(variant: Variant) -> tuple[int, int]:
    level = StockLevel.objects.get(variant=variant)
    return level.on_hand, level.held


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what the bell of moved stock has rung for."""
    heard: list[list[str]] = []
    monkeypatch.setattr(bells, "stock_moved", [heard.append])
    return heard


def test_a_variant_is_made_with_its_stock(draft: Product, brand_staff: User) -> None:
    body = {"sku": "TEA-1", "title": "1 kg", "price": PRICE, "weight_grams": 1040, "on_hand": 7}
    path = f"/api/v1/products/{draft.id}/variants"
    staff = with_token(brand_staff, Scope.CATALOGUE_WRITE)
    answer = staff.send("POST", path, body)
    variant = Variant.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "object": "variant",
            "id": variant.id,
            "product": draft.id,
            "brand": draft.brand_id,
            "sku": "TEA-1",
            "title": "1 kg",
            "price": PRICE,
            "weight_grams": 1040,
            "active": True,
        },
    )
    shelf = staff.send("GET", f"/api/v1/variants/{variant.id}/stock").json()
    assert shelf == {
        "object": "stock",
        "id": variant.stock.id,
        "variant": variant.id,
        "on_hand": 7,
        "held": 0,
        "available": 7,
    }
    moves = staff.send("GET", f"/api/v1/variants/{variant.id}/stock/movements").json()["data"]
    assert [(row["kind"], row["on_hand"], row["held"], row["reference"]) for row in moves] == [
        ("restock", 7, 0, "opening stock")
    ]
    assert [row["id"] for row in staff.send("GET", path).json()["data"]] == [variant.id]


def test_a_sku_is_used_once_per_brand(variant: Variant, brand_owner: User) -> None:
    owner, path = with_cookie(brand_owner), f"/api/v1/products/{variant.product_id}/variants"
    answer = owner.send("POST", path, {"sku": "TEA-500", "price": PRICE})
    assert problem_of(answer, 409, "sku_taken")["param"] == "sku"
    other = owner.send("POST", path, {"sku": "TEA-250", "price": PRICE}).json()["id"]
    answer = owner.send("PATCH", f"/api/v1/variants/{other}", {"sku": "TEA-500"})
    problem_of(answer, 409, "sku_taken")
    assert Variant.objects.count() == 2


def test_a_product_has_only_so_many_variants(
    variant: Variant, brand_owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variants, "MAX_VARIANTS", 1)
    path = f"/api/v1/products/{variant.product_id}/variants"
    answer = with_cookie(brand_owner).send("POST", path, {"sku": "TEA-1", "price": PRICE})
    problem_of(answer, 409, "limit_reached")


def test_a_variant_changes_and_leaves_the_offer(
    product: Product, variant: Variant, brand_owner: User
) -> None:
    owner, path = with_cookie(brand_owner), f"/api/v1/variants/{variant.id}"
    changes = {"price": {"amount": 4200, "currency": "CNY"}, "title": "half a kilo"}
    changed = owner.send("PATCH", path, changes).json()
    assert {name: changed[name] for name in changes} == changes
    assert owner.send("PATCH", path, changes).json() == changed
    assert Caller().send("GET", path).json() == changed
    assert owner.send("POST", f"{path}/deactivate").json()["active"] is False
    assert owner.send("POST", f"{path}/deactivate").json()["active"] is False
    problem_of(Caller().send("GET", path), 404, "not_found")
    assert Caller().send("GET", f"/api/v1/products/{product.id}/variants").json()["data"] == []
    assert owner.send("POST", f"{path}/activate").json()["active"] is True
    told = Fact.objects.filter(subject=variant.id).order_by("at").values_list("type", flat=True)
    assert list(told) == [
        "variant.created",
        "variant.updated",
        "variant.deactivated",
        "variant.activated",
    ]
    assert Fact.objects.get(type="variant.updated").payload["changed"] == ["price", "title"]


def test_variants_and_stock_of_others_are_not_there(
    variant: Variant, outsider: User, product: Product
) -> None:
    otto, path = with_cookie(outsider), f"/api/v1/variants/{variant.id}"
    body = {"sku": "X", "price": PRICE}
    problem_of(otto.send("POST", f"/api/v1/products/{product.id}/variants", body), 404, "not_found")
    problem_of(otto.send("PATCH", path, {"title": "X"}), 404, "not_found")
    problem_of(otto.send("POST", f"{path}/deactivate"), 404, "not_found")
    problem_of(otto.send("POST", f"{path}/activate"), 404, "not_found")
    problem_of(otto.send("GET", f"{path}/stock"), 404, "not_found")
    problem_of(otto.send("GET", f"{path}/stock/movements"), 404, "not_found")
    restock = {"quantity": 1, "note": "mine"}
    problem_of(otto.send("POST", f"{path}/stock/restock", restock, headers=key()), 404, "not_found")
    count = {"on_hand": 1, "note": "mine"}
    problem_of(otto.send("POST", f"{path}/stock/correct", count, headers=key()), 404, "not_found")
    problem_of(Caller().send("GET", f"{path}/stock"), 401, "sign_in_required")
    assert levels(variant) == (10, 0)


def test_a_variant_of_a_draft_is_its_brands_own(variant: Variant, brand_owner: User) -> None:
    problem_of(Caller().send("GET", f"/api/v1/variants/{variant.id}"), 404, "not_found")
    problem_of(Caller().send("GET", f"/api/v1/products/{variant.product_id}/variants"), 404, "not_found")
    assert with_cookie(brand_owner).send("GET", f"/api/v1/variants/{variant.id}").status_code == 200


def test_restocking_adds_units_leaves_a_movement_and_rings_the_bell(
    variant: Variant,
    brand_staff: User,
    rung: list[list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    path = f"/api/v1/variants/{variant.id}/stock"
    staff = with_token(brand_staff, Scope.CATALOGUE_WRITE)
    with django_capture_on_commit_callbacks(execute=True):
        answer = staff.send("POST", f"{path}/restock", {"quantity": 5, "note": "Truck 7"}, headers=key())
    assert (answer.status_code, answer.json()["on_hand"], answer.json()["available"]) == (200, 15, 15)
    assert rung == [[variant.id]]
    newest = staff.send("GET", f"{path}/movements?limit=1").json()
    move = newest["data"][0]
    assert newest["has_more"] is True
    assert move == {
        "object": "stock_movement",
        "id": move["id"],
        "kind": "restock",
        "on_hand": 5,
        "held": 0,
        "reference": "Truck 7",
        "at": move["at"],
    }
    older = staff.send("GET", f"{path}/movements?starting_after={move['id']}").json()["data"]
    assert [row["reference"] for row in older] == ["opening stock"]
    assert Fact.objects.get(type="stock.restocked").payload == {
        "variant": variant.id,
        "product": variant.product_id,
        "brand": variant.brand_id,
        "sku": "TEA-500",
        "difference": 5,
        "on_hand": 15,
        "held": 0,
        "note": "Truck 7",
        "by": brand_staff.id,
    }


def test_a_repeated_restock_happens_once(variant: Variant, brand_owner: User) -> None:
    owner, same = with_cookie(brand_owner), key()
    path, body = f"/api/v1/variants/{variant.id}/stock/restock", {"quantity": 5, "note": "Truck"}
    first = owner.send("POST", path, body, headers=same)
    again = owner.send("POST", path, body, headers=same)
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    assert levels(variant) == (15, 0)


@pytest.mark.parametrize("way", ("restock", "correct"))
def test_stock_moves_only_with_a_key(variant: Variant, brand_owner: User, way: str) -> None:
    body = {"quantity": 5, "note": "x"} if way == "restock" else {"on_hand": 5, "note": "x"}
    answer = with_cookie(brand_owner).send("POST", f"/api/v1/variants/{variant.id}/stock/{way}", body)
    problem_of(answer, 400, "idempotency_key_missing")
    assert levels(variant) == (10, 0)


def test_a_count_sets_what_is_there_but_not_below_what_is_held(
    variant: Variant, brand_owner: User, rung: list[list[str]]
) -> None:
    with action():
        stock.hold({variant.id: 4}, reference="ord_test", now=clock.now())
    owner, path = with_cookie(brand_owner), f"/api/v1/variants/{variant.id}/stock/correct"
    answer = owner.send("POST", path, {"on_hand": 3, "note": "Count"}, headers=key())
    assert problem_of(answer, 409, "stock_conflict")["data"] == {"variants": [variant.id]}
    assert levels(variant) == (10, 4)
    answer = owner.send("POST", path, {"on_hand": 4, "note": "Count"}, headers=key())
    assert (answer.json()["on_hand"], answer.json()["available"]) == (4, 0)
    assert owner.send("POST", path, {"on_hand": 4, "note": "Again"}, headers=key()).status_code == 200
    told = Fact.objects.filter(type="stock.corrected").values_list("payload", flat=True)
    assert [(payload["difference"], payload["on_hand"], payload["held"]) for payload in told] == [(-6, 4, 4)]
    assert audit.findings(clock.now()) == []


def test_a_bell_that_fails_silences_no_other(
    variant: Variant,
    brand_owner: User,
    rung: list[list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_variant_ids: list[str]) -> None:
        raise RuntimeError("This bell is broken.")

    monkeypatch.setattr(bells, "stock_moved", [broken, *bells.stock_moved])
    path = f"/api/v1/variants/{variant.id}/stock/restock"
    with django_capture_on_commit_callbacks(execute=True):
        answer = with_cookie(brand_owner).send("POST", path, {"quantity": 1, "note": "x"}, headers=key())
    assert answer.status_code == 200
    assert rung == [[variant.id]]
