"""The simulator's REST client asks again when it may, with the same key, and not for ever."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from streams.simulator import api as module
from streams.simulator.api import Api, Refused, Unreachable

pytestmark = pytest.mark.only_in("embedded")

#: An answer is a status, headers and a body; None hangs up without one.
Answer = tuple[int, dict[str, str], dict[str, object]] | None


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)


@asynccontextmanager
async def answering(answers: Sequence[Answer]) -> AsyncIterator[tuple[str, list[str]]]:
    """Give these answers, one for each request, the last for all that follow; yield address and requests."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        await reader.readexactly(int((re.search(r"(?i)content-length: (\d+)", head) or ["", "0"])[1]))
        heads.append(head)
        answer = answers[min(len(heads), len(answers)) - 1]
        if answer is not None:
            status, headers, body = answer
            text = json.dumps(body).encode()
            lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text)}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + text)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


def keys(heads: list[str]) -> set[str]:
    return {
        line for head in heads for line in head.split("\r\n") if line.lower().startswith("idempotency-key")
    }


async def test_a_post_is_repeated_with_its_key_until_it_is_answered() -> None:
    answers: list[Answer] = [
        None,
        (503, {"Retry-After": "0"}, {"code": "gateway_unavailable"}),
        (429, {"Retry-After": "0.05"}, {"code": "rate_limited"}),
        (409, {}, {"code": "in_flight"}),
        (201, {}, {"id": "ses_1"}),
    ]
    async with answering(answers) as (url, heads), Api(url, token="hwk_1") as api:
        assert await api.post("sessions", {"title": "Tea"}) == {"id": "ses_1"}
        assert len(heads) == 5
        assert len(keys(heads)) == 1
        assert all("POST /api/v1/sessions " in head and "Bearer hwk_1" in head for head in heads)
        assert api.retries == 4


async def test_two_posts_have_two_keys() -> None:
    async with answering([(201, {}, {})]) as (url, heads), Api(url) as api:
        await api.post("sessions")
        await api.post("sessions")
        assert len(keys(heads)) == 2


async def test_a_refusal_is_not_repeated() -> None:
    no: Answer = (409, {}, {"code": "not_enough_left", "detail": "Too few.", "data": {"left": 3}})
    async with answering([no]) as (url, heads), Api(url) as api:
        with pytest.raises(Refused) as refusal:
            await api.post("sessions/ses_1/deals", {"quota": 5})
        assert (refusal.value.status, refusal.value.code, refusal.value.data) == (
            409,
            "not_enough_left",
            {"left": 3},
        )
        assert len(heads) == 1


async def test_it_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 3)
    async with answering([(503, {}, {"code": "unavailable"})]) as (url, heads), Api(url) as api:
        with pytest.raises(Unreachable, match="503 unavailable"):
            await api.get("sessions")
        assert len(heads) == 3


async def test_it_waits_no_longer_than_its_patience() -> None:
    async with (
        answering([(429, {"Retry-After": "3600"}, {"code": "rate_limited"})]) as (url, heads),
        Api(url) as api,
    ):
        with pytest.raises(Unreachable, match="429 rate_limited"):
            await api.get("sessions")
        assert len(heads) == 1


async def test_lists_are_read_to_their_end() -> None:
    pages: list[Answer] = [
        (200, {}, {"data": [{"id": "a"}, {"id": "b"}], "has_more": True}),
        (200, {}, {"data": [{"id": "c"}], "has_more": False}),
    ]
    async with answering(pages) as (url, heads), Api(url) as api:
        assert [each["id"] async for each in api.pages("orders", session="ses_1")] == ["a", "b", "c"]
        assert "session=ses_1" in heads[1]
        assert "starting_after=b" in heads[1]
