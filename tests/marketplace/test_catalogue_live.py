"""The catalogue behind the real server: uploads, pictures and files."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import Brand, Product, StockLevel, User, Variant
from marketplace.models.tokens import Scope
from tests.servers import Web

pytestmark = pytest.mark.only_in("embedded")


@pytest.fixture
def olga(web: Web, transactional_db: None, brand_owner: User) -> Iterator[httpx.Client]:
    """Return an HTTP client with Olga's token."""
    scopes = [Scope.CATALOGUE_WRITE]
    _, secret = create_token(user=brand_owner, name="live", scopes=scopes, expires_at=None, now=clock.now())
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=web.url, headers=headers, timeout=20) as client:
        yield client


def test_a_picture_goes_in_and_is_shown(web: Web, olga: httpx.Client, product: Product, png: bytes) -> None:
    path = f"/api/v1/products/{product.id}/pictures"
    made = olga.post(path, data={"alt": "A bag of tea"}, files={"file": ("tea.exe", png)})
    assert made.status_code == 201, made.text
    shown = httpx.get(web.url + made.json()["url"])
    assert (shown.status_code, shown.content) == (200, png)
    assert {name: shown.headers[name] for name in ("content-type", "x-content-type-options")} == {
        "content-type": "image/png",
        "x-content-type-options": "nosniff",
    }
    assert "immutable" in shown.headers["cache-control"]
    olga.delete(f"/api/v1/pictures/{made.json()['id']}")
    assert httpx.get(web.url + made.json()["url"]).status_code == 404


def test_a_picture_of_more_than_five_megabytes_is_too_large(
    olga: httpx.Client, product: Product, png: bytes
) -> None:
    path, files = f"/api/v1/products/{product.id}/pictures", {"file": png + b"\0" * 5 * 1024 * 1024}
    answer = olga.post(path, data={"alt": "x"}, files=files)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "name", ("products/x.png", "products/" + "0" * 32 + ".html", "other/" + "0" * 32 + ".png", "../manage.py")
)
def test_nothing_but_pictures_is_served(web: Web, name: str) -> None:
    assert httpx.get(f"{web.url}/media/{name}").status_code == 404


def test_a_catalogue_streams_out_and_comes_back(olga: httpx.Client, brand: Brand, variant: Variant) -> None:
    with olga.stream("GET", f"/api/v1/brands/{brand.id}/catalogue/export") as answer:
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "content-length" not in answer.headers
        written = answer.read()
    answer = olga.post(
        f"/api/v1/brands/{brand.id}/catalogue/imports",
        files={"file": ("tea.csv", written.replace(b",10\r\n", b",25\r\n"))},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert (answer.status_code, answer.json()["stock_changed"]) == (200, 1), answer.text
    assert StockLevel.objects.get(variant=variant).on_hand == 25


def test_an_export_may_be_asked_for_as_csv(olga: httpx.Client, brand: Brand) -> None:
    path = f"/api/v1/brands/{brand.id}/catalogue/export"
    for accept in ("text/csv", "application/json", "*/*"):
        assert olga.get(path, headers={"Accept": accept}).status_code == 200
    missing = olga.get(f"/api/v1/brands/brd_{'0' * 32}/catalogue/export", headers={"Accept": "text/csv"})
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
