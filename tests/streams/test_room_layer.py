"""Several processes, one room: the channel layer carries the news, and its death loses nobody a fact."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from marketplace.lib import clock
from marketplace.lib.atomic import action
from streams import factlog
from streams.events import SlotUnpinned
from streams.hub import layer
from streams.hub.layer import Line
from streams.hub.messages import PEOPLE, Message
from streams.models import Session, Slot
from tests.conftest import Launch
from tests.servers import Valkey
from tests.streams.seats import Hall, Seat

LONG_SILENCE = 7.0


@pytest.fixture
def valkey(server_folder: Path) -> Iterator[Valkey]:
    """Return a Valkey of this test's own, which it may kill."""
    server = Valkey(server_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


class Post:
    """Lines of several processes' kind on one Valkey, and what each has heard."""

    def __init__(self, make_layer: Callable[[], object]) -> None:
        self._make_layer = make_layer
        self._lines: list[Line] = []

    def line(self) -> tuple[Line, list[Message]]:
        heard: list[Message] = []
        line = Line(self._make_layer(), heard.append)
        self._lines.append(line)
        return line, heard

    async def close(self) -> None:
        for line in self._lines:
            await line.close()


@pytest.fixture(params=(RedisPubSubChannelLayer, RedisChannelLayer))
async def post(request: pytest.FixtureRequest, valkey: Valkey) -> AsyncIterator[Post]:
    opened = Post(lambda: request.param(hosts=[valkey.url()]))
    yield opened
    await opened.close()


async def sent_and_heard(line: Line, group: str, heard: list[Message], *, seconds: float = 15) -> Message:
    """Send until the other side hears it: joining a group takes its time, and what is lost is lost."""
    message = {"type": "test", "number": time.monotonic_ns()}
    async with asyncio.timeout(seconds):
        while message["number"] not in [each.get("number") for each in heard]:
            line.send(group, message)
            await asyncio.sleep(0.05)
    return next(each for each in heard if each.get("number") == message["number"])


async def test_what_one_process_says_the_others_hear_and_not_itself(post: Post) -> None:
    (here, echo), (_, heard), (_, also) = post.line(), post.line(), post.line()
    await sent_and_heard(here, PEOPLE, heard)
    await sent_and_heard(here, PEOPLE, also)
    assert echo == []


async def test_a_room_is_heard_by_who_has_joined_it(post: Post) -> None:
    (here, _), (there, heard) = post.line(), post.line()
    await sent_and_heard(here, PEOPLE, heard)
    await there.join("room.a")
    await sent_and_heard(here, "room.a", heard)
    here.send("room.b", {"type": "elsewhere"})
    await sent_and_heard(here, PEOPLE, heard)
    assert "elsewhere" not in {each["type"] for each in heard}


async def test_a_long_silence_does_no_harm(post: Post) -> None:
    (here, _), (_, heard) = post.line(), post.line()
    await sent_and_heard(here, PEOPLE, heard)
    await asyncio.sleep(LONG_SILENCE)
    heard.clear()
    here.send(PEOPLE, {"type": "test", "number": 1})
    async with asyncio.timeout(1):
        while not heard:  # noqa: ASYNC110 - nothing tells when a message arrives
            await asyncio.sleep(0.01)


async def test_the_layer_dies_and_comes_back(post: Post, valkey: Valkey) -> None:
    (here, _), (there, heard) = post.line(), post.line()
    await there.join("room.a")
    await sent_and_heard(here, "room.a", heard)
    valkey.kill()
    for number in range(5_000):
        here.send("room.a", {"type": "lost", "number": number})
    await asyncio.sleep(1)
    await there.join("room.b")
    valkey.start()
    await sent_and_heard(here, "room.a", heard)
    await sent_and_heard(here, "room.b", heard)


async def test_the_layer_forgets_everything(post: Post, valkey: Valkey) -> None:
    (here, _), (there, heard) = post.line(), post.line()
    await there.join("room.a")
    await sent_and_heard(here, "room.a", heard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer, "REJOIN_SECONDS", 1.0)
        _flush(valkey)
        await sent_and_heard(here, "room.a", heard)


async def test_a_process_without_viewers_is_heard(post: Post) -> None:
    (here, _), (_, heard) = post.line(), post.line()
    await sent_and_heard(here, PEOPLE, heard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer, "shared_layer", post._make_layer)
        await asyncio.to_thread(layer.send_without_loop, PEOPLE, {"type": "test", "number": 1})
    async with asyncio.timeout(5):
        while heard[-1].get("number") != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_process_without_viewers_survives_the_layer(post: Post, valkey: Valkey) -> None:
    valkey.kill()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer, "shared_layer", post._make_layer)
        began = time.monotonic()
        for _ in range(100):
            await asyncio.to_thread(layer.send_without_loop, PEOPLE, {"type": "test"})
    assert time.monotonic() - began < 2 * layer.CALL_SECONDS
    layer._retry.at = 0.0


class Stubborn:
    """A layer that swallows the first cancellation of who listens, as a library's bug may."""

    def __init__(self) -> None:
        self.swallowed = 0

    async def new_channel(self) -> str:
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        pass

    async def receive(self, channel: str) -> Message:
        while not self.swallowed:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.swallowed += 1
        await asyncio.sleep(60)
        return {"type": "late"}


async def test_a_line_is_closed_though_the_layer_swallows_cancellation() -> None:
    stubborn = Stubborn()
    line = Line(stubborn, lambda _message: None)
    await line.join("room.a")
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await line.close()
    assert stubborn.swallowed == 1


def _flush(valkey: Valkey) -> None:
    import redis

    with redis.Redis.from_url(valkey.url()) as client:
        client.flushall()


def append_fact(session: Session, slot: Slot) -> int:
    """Append a fact that changes nothing; return its number."""
    with action():
        locked = factlog.lock(session.id)
        return factlog.append(locked, SlotUnpinned(slot=slot.id), now=clock.now()).seq


def like_until_heard(giver: Seat, other: Seat, *, seconds: float = 15) -> None:
    """Give likes in one process until viewers of the other hear of them."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        giver.say("like", {"count": 1})
        try:
            while other.next("room.pulse", seconds=0.5)["data"]["likes"] == 0:
                pass
        except TimeoutError:
            continue
        return
    raise TimeoutError("no like has crossed")


@pytest.mark.needs("scaled")
def test_viewers_of_two_processes_end_with_the_same_facts_though_the_layer_dies(
    launch_web: Launch, hall: Hall, valkey: Valkey, scheduled: Session, slot: Slot
) -> None:
    url = valkey.url()
    here, there = (hall.sit(launch_web(REDIS_URL=url, REDIS_PREFIX="pair"), scheduled.id) for _ in range(2))
    for seat in (here, there):
        seat.next("room.snapshot")
    like_until_heard(here, there)

    valkey.kill()
    for _ in range(5):
        last = append_fact(scheduled, slot)
    assert [seat.next("slot.unpinned")["seq"] for seat in (here, there) for _ in range(5)] == [
        *range(last - 4, last + 1),
        *range(last - 4, last + 1),
    ]
    here.say("ping")
    assert here.next()["type"] == "pong"

    valkey.start()
    like_until_heard(here, there)
    like_until_heard(there, here)
    last = append_fact(scheduled, slot)
    assert [seat.next("slot.unpinned")["seq"] for seat in (here, there)] == [last, last]
