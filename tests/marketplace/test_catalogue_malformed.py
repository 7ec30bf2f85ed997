"""Malformed input to the catalogue: every field of every route, of wrong type, size, encoding or range."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from marketplace.api.urls import urlpatterns
from marketplace.lib.ids import new_id
from marketplace.models import Brand, Category, Product, ProductPicture, User, Variant
from tests.marketplace.rest_callers import Caller, with_cookie
from tests.people import PASSWORD

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("scaled")]

NOT_TEXT: list[Any] = [None, 1, 1.5, True, [], {}, ["x"], {"x": 1}]
BAD: dict[str, list[Any]] = {
    "text": [*NOT_TEXT, "x" * 9_000, "a\0b"],
    "line": [*NOT_TEXT, "x" * 300, "a\0b", "a\nb", "a\x1bb", "a\u2028b"],
    "slug": [*NOT_TEXT, "x" * 61, "Upper", "a b", "-a", "a--b", "ü", "../x", "a\0"],
    "country": [*NOT_TEXT, "CHN", "cn", "1", "中国", "C\n"],
    "email": [*NOT_TEXT, "x", "x@", "@x.org", "a b@x.org", "x" * 300 + "@x.org"],
    "whole": [None, "1", 1.5, True, [], {}, -1, 2**31, 2**63, -(2**63), 1e400],
    "truth": ["true", 1, 0, [], {}, "yes"],
    "choice": [*NOT_TEXT, "", "nothing", "OWNER", "x" * 10_000],
    "id": [*NOT_TEXT, "", "1", "brd_1", new_id("usr"), "brd_" + "g" * 32, "brd_" + "0" * 33],
    "money": [
        None, 1, "1", [], {}, {"amount": 1}, {"currency": "CNY"}, {"amount": "1", "currency": "CNY"},
        {"amount": 1.5, "currency": "CNY"}, {"amount": 0, "currency": "CNY"},
        {"amount": -1, "currency": "CNY"}, {"amount": 10**13, "currency": "CNY"},
        {"amount": True, "currency": "CNY"}, {"amount": 1, "currency": "cny"},
        {"amount": 1, "currency": "CN"}, {"amount": 1, "currency": None}, {"amount": 1, "currency": "¥¥¥"},
        {"amount": 1, "currency": "CNY", "more": 1},
    ],
    "ids": [None, 1, "x", {}, [1], [None], ["pic_1"], [[]], [{}], [new_id("pic")] * 21],
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One writing route: its method, its address with names of fixtures, its fields by kind, a good body."""

    method: str
    path: str
    fields: dict[str, str]
    good: dict[str, Any] = field(default_factory=dict)


PRICE = {"amount": 1, "currency": "CNY"}
ROUTES = (
    Route(
        "POST",
        "accounts",
        {"username": "line", "password": "text", "email": "email", "display_name": "line"},
        {"username": "newcomer", "password": PASSWORD},
    ),
    Route("POST", "session", {"username": "text", "password": "text"}, {"username": "a", "password": "b"}),
    Route("PATCH", "me", {"display_name": "line", "email": "email"}),
    Route(
        "POST",
        "brands",
        {"name": "line", "slug": "slug", "description": "text", "country": "country"},
        {"name": "New"},
    ),
    Route(
        "PATCH", "brands/{brand}", {"name": "line", "description": "text", "country": "country"}
    ),
    Route(
        "POST", "brands/{brand}/members", {"username": "text", "role": "choice"}, {"username": "bella"}
    ),
    Route("PATCH", "brands/{brand}/members/{owner}", {"role": "choice"}, {"role": "owner"}),
    Route(
        "POST",
        "categories",
        {"slug": "slug", "name": "line", "fee_bp": "whole"},
        {"slug": "new", "name": "New"},
    ),
    Route("PATCH", "categories/{category}", {"name": "line", "fee_bp": "whole"}),
    Route(
        "POST",
        "products",
        {
            "brand": "id", "category": "text", "title": "line", "description": "text",
            "return_policy": "choice", "perishable": "truth",
        },
        {"category": "tea", "title": "New"},
    ),
    Route(
        "PATCH",
        "products/{product}",
        {
            "category": "text", "title": "line", "description": "text", "return_policy": "choice",
            "perishable": "truth",
        },
    ),
    Route("PUT", "products/{product}/pictures/order", {"pictures": "ids"}),
    Route("PATCH", "pictures/{picture}", {"alt": "line"}, {"alt": "x"}),
    Route(
        "POST",
        "products/{product}/variants",
        {"sku": "line", "title": "line", "price": "money", "weight_grams": "whole", "on_hand": "whole"},
        {"sku": "NEW", "price": PRICE},
    ),
    Route(
        "PATCH",
        "variants/{variant}",
        {"sku": "line", "title": "line", "price": "money", "weight_grams": "whole"},
    ),
    Route(
        "POST",
        "variants/{variant}/stock/restock",
        {"quantity": "whole", "note": "line"},
        {"quantity": 1, "note": "x"},
    ),
    Route(
        "POST",
        "variants/{variant}/stock/correct",
        {"on_hand": "whole", "note": "line"},
        {"on_hand": 1, "note": "x"},
    ),
)  # fmt: skip
WITHOUT_BODY = {
    "product-publish", "product-archive", "variant-activate", "variant-deactivate",
}  # fmt: skip
MULTIPART = {"pictures", "catalogue-imports"}


@pytest.fixture
def ids(
    brand: Brand, brand_owner: User, category: Category, product: Product, variant: Variant, buyer: User
) -> dict[str, str]:
    """Return what the routes' addresses name."""
    picture = ProductPicture.objects.create(product=product, file="x.png", alt="x")
    return {
        "brand": brand.id,
        "owner": brand_owner.id,
        "category": category.slug,
        "product": product.id,
        "variant": variant.id,
        "picture": picture.id,
    }


@pytest.fixture
def ada(admin: User) -> Caller:
    """Return platform staff, whom nothing but the input can stop."""
    return with_cookie(admin)


@pytest.fixture
def send(ada: Caller, ids: dict[str, str]) -> Callable[..., Any]:
    def send(route: Route, body: object, **kwargs: Any) -> Any:
        path = "/api/v1/" + route.path.format_map(ids)
        return ada.send(route.method, path, body, headers={"Idempotency-Key": uuid4().hex}, **kwargs)

    return send


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_field_refuses_what_it_does_not_take(
    route: Route, send: Callable[..., Any], brand: Brand
) -> None:
    good = {**route.good, "brand": brand.id} if "brand" in route.fields else route.good
    for name, kind in route.fields.items():
        for value in BAD[kind]:
            answer = send(route, {**good, name: value})
            assert answer.status_code == 400, (name, value, answer.content)
            problem = answer.json()
            places = {error["param"].partition(".")[0] for error in problem["errors"]}
            assert not places or name in places, (name, value, problem)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_body_is_one_json_object_of_known_fields(route: Route, send: Callable[..., Any]) -> None:
    bodies: list[object] = [
        b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 100_000,
        b'{"x": "\\ud800"}', "{}".encode("utf-16"), {"no_such_field": 1}, b"{}" + b" " * 1_100_000,
    ]  # fmt: skip
    for body in bodies:
        status = send(route, body).status_code
        assert 400 <= status < 500, (body if len(str(body)) < 99 else "long", status)
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"):
        status = send(route, b"a=b", content_type=media_type).status_code
        assert status in {400, 415}, media_type


def test_the_good_bodies_are_good(send: Callable[..., Any], brand: Brand, ids: dict[str, str]) -> None:
    for route in ROUTES:
        good = {**route.good, "brand": brand.id} if "brand" in route.fields else dict(route.good)
        if "pictures" in route.fields:
            good["pictures"] = [ids["picture"]]
        answer = send(route, good)
        if route.path != "session":
            assert answer.status_code in {200, 201}, (named(route), answer.content)


def routes_that_write() -> Iterator[str]:
    for pattern in urlpatterns:
        methods = set(pattern.callback.view_class.http_method_names)  # type: ignore[attr-defined]
        view = pattern.callback.view_class  # type: ignore[attr-defined]
        for method in sorted(methods & {"post", "put", "patch"}):
            if hasattr(view, method) and pattern.name not in WITHOUT_BODY | MULTIPART:
                yield f"{method.upper()} {pattern.pattern}"


def test_no_route_is_left_out() -> None:
    known = {f"{route.method} {route.path}".replace("{", "<").replace("}", ">") for route in ROUTES}
    shaped = {
        written.replace("brd:brand_id", "brand")
        .replace("usr:user_id", "owner")
        .replace("prd:product_id", "product")
        .replace("var:variant_id", "variant")
        .replace("pic:picture_id", "picture")
        .replace("slug:slug", "category")
        for written in routes_that_write()
    }
    assert shaped == known


@pytest.mark.parametrize(
    "path",
    (
        "brands/1",
        "brands/brd_1",
        "brands/BRD_{zeros}",
        "brands/brd_{zeros}x",
        "products/brd_{zeros}",
        "products/%ff",
        "variants/var_{zeros}/stock/movements/1",
        "categories/no such",
        "brands/brd_{zeros}",
        "products/prd_{zeros}",
        "variants/var_{zeros}",
        "variants/var_{zeros}/stock",
        "variants/var_{zeros}/stock/movements",
        "products/prd_{zeros}/variants",
        "brands/brd_{zeros}/members",
        "brands/brd_{zeros}/catalogue/export",
        "categories/nothing",
    ),
)
def test_an_address_of_nothing_is_not_found(ada: Caller, path: str) -> None:
    assert ada.send("GET", "/api/v1/" + path.format(zeros="0" * 32)).status_code == 404


@pytest.mark.parametrize(
    "query",
    (
        "limit=0", "limit=101", "limit=x", "limit=-1", "limit=1e3", "starting_after=x",
        "starting_after=brd_00000000000000000000000000000000", "ending_before=1", "state=nothing",
        "brand=x", "brand=usr_00000000000000000000000000000000", "q=" + "x" * 101, "q=a%00b",
        "category=" + "x" * 41, "colour=red", "expand[]=stock", "expand[]=brand.members.user.brand",
        "starting_after=prd_00000000000000000000000000000000&ending_before=prd_00000000000000000000000000000000",
    ),
)  # fmt: skip
def test_a_query_is_checked(ada: Caller, query: str) -> None:
    answer = ada.send("GET", f"/api/v1/products?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.content


def test_bytes_that_are_no_text_in_a_query_do_no_harm(ada: Caller) -> None:
    for query in ("q=%ff%fe", "q=%ed%a0%80", "%ff=1"):
        assert ada.send("GET", f"/api/v1/products?{query}").status_code in {200, 400}, query
    assert ada.send("GET", "/api/v1/brands?own=maybe").status_code == 400


@pytest.mark.parametrize("path", ("products/{product}/pictures", "brands/{brand}/catalogue/imports"))
def test_uploads_are_checked(ada: Caller, ids: dict[str, str], path: str) -> None:
    address = "/api/v1/" + path.format_map(ids)

    def upload(body: bytes, content_type: str = "multipart/form-data; boundary=border") -> int:
        headers = {"Idempotency-Key": uuid4().hex}
        answer = ada.send("POST", address, body, content_type=content_type, headers=headers)
        return int(answer.status_code)

    def form(**values: Any) -> bytes:
        return encode_multipart("border", values)

    file = SimpleUploadedFile("x", b"\x89PNG\r\n\x1a\nrest")
    wrong = [
        b"",
        b"--border",
        b"\xff" * 100,
        form(),
        form(file="text", alt="x"),
        form(alt="x"),
        form(file=SimpleUploadedFile("x", b""), alt="x"),
        form(file=file, alt="x" * 300, dry_run="perhaps"),
        form(file=file, alt="a\nb", dry_run="1"),
        form(file=SimpleUploadedFile("x" * 300, b"rest"), alt="x"),
        form(file=file, more="x", alt="x"),
        form(file=[file, file], alt="x", more="x"),
    ]
    assert {upload(body) for body in wrong} == {400}
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=" + "x" * 500):
        assert upload(form(file=file, alt="x"), content_type) in {400, 415}
    for content_type in ("application/json", "text/csv", "image/png"):
        assert upload(b"{}", content_type) == 415
