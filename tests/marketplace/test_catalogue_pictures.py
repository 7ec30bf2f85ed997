"""Pictures of products, through the API and on disk."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart
from pytest_django import Settings

from marketplace import pictures as files
from marketplace.actions import pictures
from marketplace.lib import clock
from marketplace.models import Fact, Product, ProductPicture, User
from marketplace.models.tokens import Scope
from marketplace.tasks import sweep_orphan_pictures
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("embedded")]

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 20
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\0" * 20


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Return where the pictures of this test are kept."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "products"


def upload(caller: Caller, product: Product, content: bytes, name: str = "tea.png", **fields: str) -> Any:
    data = {"alt": "A bag of tea", **fields, "file": SimpleUploadedFile(name, content)}
    return caller.send(
        "POST",
        f"/api/v1/products/{product.id}/pictures",
        encode_multipart("border", data),
        content_type="multipart/form-data; boundary=border",
    )


@pytest.mark.parametrize("kind", ("png", "jpg", "webp"))
def test_a_picture_is_kept_under_a_random_name_of_its_true_kind(
    product: Product, brand_staff: User, png: bytes, folder: Path, kind: str
) -> None:
    content = {"png": png, "jpg": JPEG, "webp": WEBP}[kind]
    staff = with_token(brand_staff, Scope.CATALOGUE_WRITE)
    answer = upload(staff, product, content, name="../../evil.html")
    picture = ProductPicture.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "object": "picture",
            "id": picture.id,
            "url": f"/media/{picture.file.name}",
            "alt": "A bag of tea",
            "product": product.id,
        },
    )
    stored = list(folder.iterdir())
    assert [(path.suffix, path.read_bytes()) for path in stored] == [(f".{kind}", content)]
    assert "evil" not in stored[0].name
    shown = Caller().send("GET", f"/api/v1/products/{product.id}").json()["pictures"]
    assert [row["id"] for row in shown] == [picture.id]
    assert Fact.objects.filter(type="product.updated").get().payload["changed"] == ["pictures"]


@pytest.mark.parametrize(
    "content",
    (b"", b"GIF89a" + b"\0" * 20, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG", b"RIFF1234WAVE"),
)
def test_what_is_no_picture_is_refused(
    product: Product, brand_owner: User, folder: Path, content: bytes
) -> None:
    answer = upload(with_cookie(brand_owner), product, content)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"bad_picture", "invalid"}
    assert answer.json()["param"] == "file"
    assert not folder.exists()


def test_a_picture_has_a_limit(
    product: Product, brand_owner: User, png: bytes, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", len(png))
    assert upload(with_cookie(brand_owner), product, png).status_code == 201
    answer = upload(with_cookie(brand_owner), product, png + b"\0")
    assert problem_of(answer, 413, "too_large")["data"] == {"limit": len(png)}
    assert len(list(folder.iterdir())) == 1


def test_a_picture_needs_words(product: Product, brand_owner: User, png: bytes) -> None:
    answer = upload(with_cookie(brand_owner), product, png, alt=" ")
    assert problem_of(answer, 400, "invalid")["param"] == "alt"


def test_others_add_describe_order_and_delete_nothing(
    product: Product, brand_owner: User, outsider: User, png: bytes, folder: Path
) -> None:
    upload(with_cookie(brand_owner), product, png)
    picture, otto = ProductPicture.objects.get(), with_cookie(outsider)
    problem_of(upload(otto, product, png), 404, "not_found")
    path = f"/api/v1/pictures/{picture.id}"
    problem_of(otto.send("PATCH", path, {"alt": "X"}), 404, "not_found")
    problem_of(otto.send("DELETE", path), 404, "not_found")
    order = f"/api/v1/products/{product.id}/pictures/order"
    problem_of(otto.send("PUT", order, {"pictures": [picture.id]}), 404, "not_found")
    assert len(list(folder.iterdir())) == 1


def test_pictures_are_described_ordered_and_deleted(
    product: Product, brand_owner: User, png: bytes, folder: Path
) -> None:
    owner = with_cookie(brand_owner)
    first, second = (upload(owner, product, content).json()["id"] for content in (png, JPEG))
    order = f"/api/v1/products/{product.id}/pictures/order"
    ordered = owner.send("PUT", order, {"pictures": [second, first]})
    assert [row["id"] for row in ordered.json()["pictures"]] == [second, first]
    for wrong in ([second], [second, second], [second, first, first]):
        assert (
            problem_of(owner.send("PUT", order, {"pictures": wrong}), 400, "invalid")["param"] == "pictures"
        )
    described = owner.send("PATCH", f"/api/v1/pictures/{first}", {"alt": "A tea field"})
    assert described.json()["alt"] == "A tea field"
    assert owner.send("DELETE", f"/api/v1/pictures/{second}").status_code == 204
    problem_of(owner.send("DELETE", f"/api/v1/pictures/{second}"), 404, "not_found")
    assert [path.suffix for path in folder.iterdir()] == [".png"]
    shown = Caller().send("GET", f"/api/v1/products/{product.id}").json()["pictures"]
    assert [(row["id"], row["alt"]) for row in shown] == [(first, "A tea field")]


def test_a_product_has_only_so_many_pictures_and_a_refused_file_is_gone(
    product: Product, brand_owner: User, png: bytes, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURES", 1)
    assert upload(with_cookie(brand_owner), product, png).status_code == 201
    problem_of(upload(with_cookie(brand_owner), product, png), 409, "limit_reached")
    assert len(list(folder.iterdir())) == 1


def test_files_that_no_picture_uses_are_swept_after_a_day(
    product: Product, brand_owner: User, png: bytes, folder: Path
) -> None:
    upload(with_cookie(brand_owner), product, png)
    used = next(folder.iterdir())
    old, young = folder / "old.png", folder / "young.png"
    for file in (old, young):
        file.write_bytes(png)
    two_days_ago = (clock.now() - timedelta(days=2)).timestamp()
    for file in (used, old):
        os.utime(file, (two_days_ago, two_days_ago))
    sweep_orphan_pictures()
    sweep_orphan_pictures()
    assert sorted(folder.iterdir()) == sorted([used, young])


def test_a_sweep_without_pictures_does_nothing(db: None) -> None:
    sweep_orphan_pictures()
