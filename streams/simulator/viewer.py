"""One viewer: one task, one socket. Does what the plan says as far as the room lets them."""

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import orjson

from streams.simulator.api import Refused, Unreachable
from streams.simulator.crowd import Crowd, GaveUp, Person, TooLate
from streams.simulator.plan import Plan, Visit, Wish, show_seconds
from streams.simulator.room import SNAPSHOTS, Message
from streams.simulator.shopping import buy, look, pay
from streams.simulator.socket import RoomSocket, connect

CONNECT_ATTEMPTS = 10
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 3.0
FLEETING_SECONDS = 2.0
FIRST_MESSAGE_SECONDS = 30.0
#: Close codes after which coming back is of no use (docs/realtime.md).
FINAL_CODES = frozenset({4400, 4403, 4404, 4413})


class Viewer:
    """A person with a plan."""

    def __init__(self, crowd: Crowd, plan: Plan, person: Person) -> None:
        self.crowd, self.plan, self.person = crowd, plan, person
        self.seq = -1
        self.present = False
        self.stays = False
        self.finished = asyncio.Event()
        self._done: set[str] = set()
        self._socket: RoomSocket | None = None
        self._broken = False
        self._close_code: int | None = None
        self._failures = 0
        self._entered = self._knocked = 0.0
        self._wake = asyncio.Event()
        self._inside = asyncio.Event()
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._todo: list[tuple[float, int, Callable[..., Coroutine[Any, Any, None]], tuple[Any, ...]]] = []
        self._errands: set[asyncio.Task[None]] = set()
        self._deals: dict[int, Wish] = {wish.deal: wish for wish in plan.wishes if wish.deal is not None}
        self._pauses = Random(f"{crowd.seed}:{plan.number}:pause")  # noqa: S311 - spreads retries, no secret

    async def live(self) -> None:
        """Come, do what the plan says, leave, perhaps come back. Who sees the end of the show stays on."""
        try:
            for visit in self.plan.visits:
                if await self._ended_before(self.crowd.timeline.real(visit.start)):
                    return
                try:
                    await self._visit(visit)
                except TooLate:
                    self.count("too_late")
                if self.present:
                    self.stays = True
                    self.finished.set()
                    await self._keep_up()
                    return
        except GaveUp:
            self.count("gave_up")
        finally:
            for errand in self._errands:
                errand.cancel()
            self.finished.set()
            self._hang_up()

    def count(self, what: str, *, once: str = "") -> None:
        """Count something; ``once`` names it among the things that are counted once a person."""
        self.crowd.tally.counts[what] += 1
        if once and once not in self._done:
            self._done.add(once)
            self.crowd.tally.counts[f"people:{once}"] += 1

    async def ask(self, kind: str, data: dict[str, Any], *, seconds: float) -> Message:
        """Send a command and return the answer. Raises ConnectionError or TimeoutError without one."""
        name = str(next(self._ids))
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[name] = answer
        try:
            if not self._send(name, kind, data):
                raise ConnectionError("There is no connection.")
            async with asyncio.timeout(seconds):
                return await answer
        finally:
            self._answers.pop(name, None)

    def later(self, seconds: float, what: Callable[..., Coroutine[Any, Any, None]], *with_what: Any) -> None:
        """Put something on the list, so many script seconds from now."""
        self._at(time.time() + seconds * self.crowd.timeline.pace, what, *with_what)

    async def come_back(self) -> None:
        """Enter the room again behind the last fact, unless the connection stands. Raises GaveUp."""
        if self._broken or self._socket is None or not self._socket.is_open:
            if self._close_code in FINAL_CODES:
                raise GaveUp(f"closed with {self._close_code}")
            self.count("reconnects")
            await self._rest()
            await self._enter(fresh=False)

    # -------------------------------------------------------------------------------------------- a visit

    async def _visit(self, visit: Visit) -> None:
        """Be there until the visit or the show ends; what is still to be paid is paid then."""
        crowd = self.crowd
        stays = visit.end >= show_seconds(crowd.script)
        end = float("inf") if stays else crowd.timeline.real(visit.end)
        await self._enter(fresh=True, until=end)
        self.count("visits", once="came")
        self.crowd.tally.counts["returns"] += visit is not self.plan.visits[0]
        self._list_todo(visit)
        while not crowd.is_over and time.time() < end:
            if self._broken:
                await self.come_back()
            self._notice_deals()
            await self._do_what_is_due()
            await self._wait_until(min(end, self._todo[0][0]) if self._todo else end)
        for _, _, what, with_what in self._todo:
            if what is pay:
                self._aside(pay(self, *with_what))
        self._todo.clear()
        await asyncio.gather(*self._errands)
        if not crowd.is_over:
            self._hang_up()
        elif self._broken:
            await self.come_back()

    async def _do_what_is_due(self) -> None:
        """Do what is due. Chat and likes of long ago are left out; what goes over HTTP is not waited for."""
        while self._todo and self._todo[0][0] <= time.time() and not self.crowd.is_over:
            moment, _, what, with_what = heapq.heappop(self._todo)
            if what in (look, pay):
                self._aside(what(self, *with_what))
            elif what is buy or time.time() - moment < FLEETING_SECONDS:
                await what(self, *with_what)

    def _aside(self, errand: Coroutine[Any, Any, None]) -> None:
        """Run something beside the visit, which waits for it at its end."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _list_todo(self, visit: Visit) -> None:
        plan, real = self.plan, self.crowd.timeline.real

        def within(moment: float) -> bool:
            return visit.start <= moment < visit.end

        for moment, text in filter(lambda chat: within(chat[0]), plan.chats):
            self._at(real(moment), _chat, text)
        for moment, taps in filter(lambda like: within(like[0]), plan.likes):
            self._at(real(moment), _like, taps)
        for moment, key in filter(lambda glance: within(glance[0]), plan.looks):
            self._at(real(moment), look, key)
        for wish in plan.wishes:
            if wish.deal is None and within(wish.at):
                self._at(real(wish.at), buy, wish)

    def _notice_deals(self) -> None:
        """Put deals that have opened and that this viewer goes for on the list."""
        for number in [number for number in self._deals if number in self.crowd.room.deal_of_beat]:
            wish = self._deals.pop(number)
            self.later(wish.reaction, buy, wish)

    def _at(self, moment: float, what: Callable[..., Coroutine[Any, Any, None]], *with_what: Any) -> None:
        heapq.heappush(self._todo, (moment, next(self._ids), what, with_what))

    async def _wait_until(self, moment: float) -> None:
        """Wait for a moment, or until something has happened that may matter."""
        if not self._wake.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, moment - time.time()) if moment < float("inf") else None):
                    await self._wake.wait()
        self._wake.clear()

    async def _ended_before(self, moment: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, moment - time.time())):
                await self.crowd.ended.wait()
        return self.crowd.ended.is_set()

    async def _keep_up(self) -> None:
        """Stay in the room after the show, until cancelled."""
        while True:
            if self._broken:
                await self.come_back()
            await self._wake.wait()
            self._wake.clear()

    # ------------------------------------------------------------------------------------------- the socket

    async def _enter(self, *, fresh: bool, until: float = float("inf")) -> None:
        """Enter the room, from the start or behind the last fact. Raises GaveUp, and TooLate if fresh."""
        self._hang_up()
        self._knocked = time.perf_counter()
        if fresh:
            self.seq = -1
        for _ in range(CONNECT_ATTEMPTS):
            try:
                await self._knock(fresh=fresh, until=until)
            except (OSError, Refused) as error:  # TimeoutError is an OSError
                self._hang_up()
                self.count("failed_connects")
                self.count(f"failed_connect:{type(error).__name__}")
                await self._rest()
            else:
                self.count("connects")
                self.present = True
                return
        raise GaveUp("no way in")

    async def _knock(self, *, fresh: bool, until: float) -> None:
        """Get a ticket, open a socket and wait for the first message: before it nobody may speak."""
        crowd = self.crowd
        async with crowd.door:
            if fresh and (crowd.is_over or time.time() > until):
                raise TooLate
            ticket = (await crowd.api.post("realtime/tickets", token=self.person.token))["ticket"]
        since = f"&since={crowd.room.epoch}.{self.seq}" if self.seq >= 0 else ""
        url = f"{crowd.ws_url}/ws/v1/rooms/{crowd.session}?ticket={ticket}{since}"
        self._broken, self._close_code = False, None
        self._inside.clear()
        async with asyncio.timeout(FIRST_MESSAGE_SECONDS):
            self._socket = await connect(url, self._on_text, self._on_lost)
            await self._inside.wait()
        if self._broken and self._close_code in FINAL_CODES:
            raise GaveUp(f"closed with {self._close_code}")
        if self._broken:
            raise ConnectionError(f"closed with {self._close_code}")

    async def _rest(self) -> None:
        """Wait a little, longer after each failure in a row. Raises GaveUp after too many."""
        if self._failures >= CONNECT_ATTEMPTS:
            raise GaveUp("thrown out again and again")
        pause = min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures += 1
        await asyncio.sleep(pause * (0.5 + self._pauses.random()))

    def _hang_up(self) -> None:
        self.present = False
        if self._socket is not None:
            self._socket.on_lost = self._socket.on_text = _nothing
            self._socket.close()
            self._socket = None

    def _send(self, name: str, kind: str, data: dict[str, Any]) -> bool:
        if self._socket is None or not self._socket.is_open:
            return False
        self._socket.send(orjson.dumps({"id": name, "type": kind, "data": data}))
        return True

    def say(self, kind: str, data: dict[str, Any]) -> bool:
        """Send a command whose answer nobody waits for; tell whether it went out."""
        return self._send(str(next(self._ids)), kind, data)

    def _on_text(self, text: bytes) -> None:
        message = self.crowd.room.read(text)
        if not self._inside.is_set():
            self._entered = time.time()
            self._inside.set()
        if message.seq:
            self._on_fact(message)
        elif message.re is not None:
            self._on_answer(message)
        elif message.type in SNAPSHOTS:
            self.count("resyncs" if message.type == "resync" else "snapshots")
            self.seq = message.data["seq"]
            self.crowd.tally.enter.add((time.perf_counter() - self._knocked) * 1000)
            self._failures = 0
            self._wake.set()
        elif message.type == "order.updated":
            self.count(f"news:{message.data['state']}")

    def _on_fact(self, fact: Message) -> None:
        if fact.seq <= self.seq:
            return
        if fact.seq != self.seq + 1:
            self.count("gaps")
            self._break()
            return
        self.seq = fact.seq
        self._failures = 0
        if fact.at >= self._entered:  # older ones were only caught up with
            self.crowd.tally.fact.add((time.time() - fact.at) * 1000)
        if fact.type == "deal.opened" or fact.type.startswith("session."):
            self._wake.set()

    def _on_answer(self, message: Message) -> None:
        waiting = self._answers.get(message.re or "")
        if waiting is not None:
            if not waiting.done():
                waiting.set_result(message)
        elif message.type == "chat.accepted":
            self.count("chats_accepted")
        elif message.type == "error":
            self.count(f"error:{message.data['code']}")

    def _on_lost(self, code: int | None) -> None:
        self._close_code = code
        self.count(f"close:{code or 'none'}")
        self._break()

    def _break(self) -> None:
        """Take the connection for broken, and wake whoever waits for something on it."""
        self._broken = True
        self._hang_up()
        self._wake.set()
        self._inside.set()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("The connection broke."))


def _nothing(_: object) -> None:
    """Hear nothing more of a socket that was left."""


async def _chat(viewer: Viewer, text: str) -> None:
    if viewer.say("chat.send", {"text": text}):
        viewer.count("chats", once="chatted")


async def _like(viewer: Viewer, taps: int) -> None:
    if viewer.say("like", {"count": taps}):
        viewer.crowd.tally.counts["likes"] += taps


async def quietly(viewer: Viewer) -> None:
    """Run a viewer to the end; what the marketplace cannot do for one is counted, not raised."""
    try:
        await viewer.live()
    except Unreachable:
        viewer.count("gave_up")
