"""Files and the multipart bodies that carry them, malformed."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from marketplace import catalogue_csv, pictures
from tests.marketplace.rest_callers import problem_of
from tests.security.malformed import HOME, resolved
from tests.security.matrix import Row
from tests.security.openapi import MULTIPART, body_schema, first_rows, operation_of, schemas
from tests.security.requests import BODIES, CSV, PNG, body_of, encoded
from tests.security.watching import writes, writing_nothing
from tests.security.world import World, undone

pytestmark = [pytest.mark.django_db, pytest.mark.only_in(HOME)]

WITH_FILE = [row for row in first_rows() if "file" in BODIES.get((row.method, row.address), {})]
BORDER = f"{MULTIPART}; boundary=border"
HEAD = b'--border\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'

#: Bodies that are no multipart, by what is wrong with them.
BROKEN: dict[str, tuple[bytes, str]] = {
    "no boundary": (b"--border--", MULTIPART),
    "empty boundary": (b"----", f"{MULTIPART}; boundary="),
    "long boundary": (b"x", f"{MULTIPART}; boundary={'x' * 5_000}"),
    "boundary of bytes": (b"x", f"{MULTIPART}; boundary=\xff\x00"),
    "other boundary": (HEAD + b"\r\nx\r\n--border--\r\n", f"{MULTIPART}; boundary=other"),
    "nothing": (b"", BORDER),
    "only an end": (b"--border--\r\n", BORDER),
    "half a part": (HEAD, BORDER),
    "no name": (b"--border\r\nContent-Disposition: form-data\r\n\r\nx\r\n--border--\r\n", BORDER),
    "no header": (b"--border\r\n\r\nx\r\n--border--\r\n", BORDER),
    "long header": (b"--border\r\nX: " + b"x" * 100_000 + b"\r\n\r\nx\r\n--border--\r\n", BORDER),
    "bytes in a header": (b"--border\r\n\xff\x00: \xfe\r\n\r\nx\r\n--border--\r\n", BORDER),
    "bad base64": (HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--border--\r\n", BORDER),
    "bad charset": (HEAD + b"Content-Type: text/plain; charset=x\r\n\r\nx\r\n--border--\r\n", BORDER),
    "bad length": (HEAD + b"Content-Length: -1\r\n\r\nx\r\n--border--\r\n", BORDER),
    "name of bytes": (
        b'--border\r\nContent-Disposition: form-data; name="\xff\x00"\r\n\r\nx\r\n--border--\r\n',
        BORDER,
    ),
    "many parts": (
        b'--border\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n' * 2_000 + b"--border--\r\n",
        BORDER,
    ),
    "nested": (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n--border--\r\n", BORDER),
    "json": (b'{"file": "x"}', "application/json"),
}
NAMES = ("", ".", "..", "../../etc/passwd", "a\0b", "a\nb", "\ud83d", "x" * 5_000, "CON", "é" * 300, 'a"b')
#: Contents that are neither a picture nor a catalogue.
CONTENTS: tuple[bytes, ...] = (
    b"",
    b"\0",
    b"\xff" * 100,
    b"\x89PNG",
    b"GIF89a",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"RIFF\xff\xff\xff\xffWEBX",
    b"x" * 200_000,
    random.Random(1).randbytes(10_000),
    b"title",
    b"\xef\xbb\xbf\xff",
    "título;sku".encode("utf-16"),
)
#: Lines of a catalogue with one thing wrong in each.
CELLS: tuple[bytes, ...] = (
    b"Oolong,tea,OO-1,-1,CNY,5",
    b"Oolong,tea,OO-1,1e400,CNY,5",
    b"Oolong,tea,OO-1,NaN,CNY,5",
    b"Oolong,tea,OO-1,0x10,CNY,5",
    b"Oolong,tea,OO-1," + b"9" * 5_000 + b",CNY,5",
    b"Oolong,tea,OO-1,39.90,cny,5",
    b"Oolong,tea,OO-1,39.90,CNY,-1",
    b"Oolong,tea,OO-1,39.90,CNY,9223372036854775808",
    b"Oolong,tea,OO-1,39.90,CNY,5,6,7",
    b"Oolong,none,OO-1,39.90,CNY,5",
    b"a\0b,tea,OO-1,39.90,CNY,5",
    b"\xed\xa0\x80,tea,OO-1,39.90,CNY,5",
    b"\xff,tea,OO-1,39.90,CNY,5",
    b'"unclosed,tea,OO-1,39.90,CNY,5',
    b"Oolong,tea," + b"x" * 200_000 + b",39.90,CNY,5",
    b"two\rlines,tea,OO-1,39.90,CNY,5",
)
TEXTS = ("a\0b", "x" * 5_000, "two\nlines", ["x", "\0"], "\x1b")
NOTHING: Mapping[str, Any] = {}


def name_of(row: Row) -> str:
    return f"{row.method} {row.address}"


def send(world: World, row: Row, body: bytes, content_type: str) -> Any:
    caller = world.caller(row.allowed or "nobody")
    headers = {"Idempotency-Key": "k"}
    return caller.send(row.method, world.fill(row.path), body, content_type=content_type, headers=headers)


def with_file(world: World, row: Row, content: bytes, *, fields: Mapping[str, Any] = NOTHING) -> bytes:
    good = body_of(world, row.method, row.address) or {}
    return encode_multipart("border", {**good, "file": SimpleUploadedFile("file.bin", content), **fields})


def assert_refused(answer: Any, what: object) -> None:
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.content)
    problem_of(answer, answer.status_code, answer.json()["code"])


def assert_works(world: World, row: Row) -> None:
    with undone():
        good = encoded(body_of(world, row.method, row.address))
        answer = send(world, row, good["body"], good["content_type"])
    assert answer.status_code == row.statuses[row.allowed or "nobody"], answer.content


def test_every_file_of_the_documentation_is_tried(world: World) -> None:
    documented = [row for row in first_rows() if body_schema(operation_of(world, row), MULTIPART)]
    assert documented == WITH_FILE


@pytest.mark.parametrize("row", WITH_FILE, ids=name_of)
def test_a_broken_multipart_body_is_refused(world: World, row: Row) -> None:
    with undone(), writing_nothing():
        for what, (body, content_type) in BROKEN.items():
            assert_refused(send(world, row, body, content_type), what)
    assert_works(world, row)


@pytest.mark.parametrize("row", WITH_FILE, ids=name_of)
def test_a_file_that_is_none_of_its_kind_is_refused(world: World, row: Row) -> None:
    is_catalogue = row.address.endswith("imports")
    most = catalogue_csv.MAX_BYTES if is_catalogue else pictures.MAX_BYTES
    broken = [*CONTENTS, *(CSV.partition(b"\r\n")[0] + b"\r\n" + line for line in CELLS), PNG[:6]]
    with undone(), writing_nothing():
        for content in broken:
            assert_refused(send(world, row, with_file(world, row, content), BORDER), content[:80])
        answer = send(world, row, with_file(world, row, PNG + b"x" * most), BORDER)
        problem_of(answer, 413, "too_large")
        for fields in ({"file": "text"}, {"file": ""}, {"unknown": "x"}):
            good = {**(body_of(world, row.method, row.address) or {}), **fields}
            body = (
                encode_multipart("border", good)
                if "file" in fields
                else with_file(world, row, PNG, fields=fields)
            )
            assert_refused(send(world, row, body, BORDER), fields)
    assert_works(world, row)


@pytest.mark.parametrize("row", WITH_FILE, ids=name_of)
def test_a_name_of_a_file_means_nothing(world: World, row: Row) -> None:
    good = CSV if row.address.endswith("imports") else PNG
    for name in NAMES:
        line = f'Content-Disposition: form-data; name="file"; filename="{name}"'.encode(
            "utf-8", "surrogatepass"
        )
        body = with_file(world, row, good).replace(
            b'Content-Disposition: form-data; name="file"; filename="file.bin"', line
        )
        with undone(), writes():
            answer = send(world, row, body, BORDER)
            if answer.status_code >= 300:
                assert_refused(answer, name)
    assert_works(world, row)


@pytest.mark.parametrize("row", WITH_FILE, ids=name_of)
def test_text_beside_a_file_is_held_to_its_form(world: World, row: Row) -> None:
    schema = resolved(body_schema(operation_of(world, row), MULTIPART) or {}, schemas())
    good = CSV if row.address.endswith("imports") else PNG
    with undone(), writing_nothing():
        for field in (
            name for name, below in schema["properties"].items() if below.get("format") != "binary"
        ):
            for value in TEXTS:
                answer = send(world, row, with_file(world, row, good, fields={field: value}), BORDER)
                assert_refused(answer, (field, value))
