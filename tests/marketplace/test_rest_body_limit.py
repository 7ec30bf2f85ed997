"""A body without end is refused at the door."""

import asyncio
import json
from typing import Any

import pytest
from django.core.asgi import get_asgi_application

from marketplace.rest.body_limit import BodyLimit

pytestmark = pytest.mark.only_in("embedded")

LIMIT = 1000


async def answer(chunks: list[bytes], *, said: int | None = None) -> tuple[int, dict[str, Any], int]:
    """Return status and body of the answer, and how many chunks were taken."""
    headers = [(b"host", b"testserver"), (b"content-type", b"application/json"), (b"x-request-id", b"r-1")]
    if said is not None:
        headers.append((b"content-length", str(said).encode()))
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/api/v1/nowhere", "raw_path": b"/",
        "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip
    left = list(chunks)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()  # the client stays and says nothing more
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await BodyLimit(get_asgi_application(), limit=LIMIT)(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert (b"x-request-id", b"r-1") in {(name.lower(), value) for name, value in sent[0]["headers"]}
    return sent[0]["status"], json.loads(body), len(chunks) - len(left)


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    status, problem, taken = await answer([b"x" * 500] * 3, said=LIMIT + 1)
    assert (status, problem["code"], problem["data"], taken) == (413, "too_large", {"limit": LIMIT}, 0)


@pytest.mark.parametrize("said", (None, 10))
async def test_a_body_that_grows_too_large_is_cut_off(said: int | None) -> None:
    status, problem, taken = await answer([b"x" * 400] * 100, said=said)
    assert (status, problem["code"], problem["request_id"], taken) == (413, "too_large", "r-1", 3)


async def test_a_body_of_the_limit_is_passed_on() -> None:
    status, problem, taken = await answer([b"x" * 500, b"y" * 500], said=LIMIT)
    assert (status, problem["code"], taken) == (404, "not_found", 2)
