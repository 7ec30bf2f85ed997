"""Buyers on sockets, thousands in one thread: what each one asked for and what each was told."""

import contextlib
import json
import resource
import select
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from tests.benchmarks.sockets import Client, OnText, Swarm, Viewer, masked_frame
from tests.servers import Web
from tests.system.crowd import Person

SUBPROTOCOL = "room.v1"
_REPLIES = (b'{"type":"buy.', b'{"type":"error"', b'{"type":"pong"')
_SNAPSHOTS = (b'{"type":"room.snapshot"', b'{"type":"resync"')
_UNNUMBERED = (b'{"type":"room.pulse"', b'{"type":"chat.messages"', b'{"type":"order.updated"')
_SEQ = b'"seq":'

Message = dict[str, Any]


@dataclass(eq=False, slots=True)
class Seat:
    """One person on one socket.

    ``seq`` is the last fact they were shown and ``epoch`` the run of the log; ``skipped`` are facts that they
    were not shown though later ones were.
    """

    person: Person
    web: Web
    seq: int = -1
    epoch: str = ""
    skipped: int = 0
    client: Client | None = None

    @property
    def alive(self) -> bool:
        """Tell whether the socket is still open, as far as has been read."""
        return self.client is not None and self.client.alive


@dataclass
class Audience:
    """Everybody in one room, at one web process or several.

    ``asked`` holds whose command it was and ``answers`` what was said to it, by the command's id, which is
    unique in the room. ``on_answer`` is called with whoever has just been answered.
    """

    session_id: str
    seats: list[Seat] = field(default_factory=list)
    asked: dict[str, Seat] = field(default_factory=dict)
    answers: dict[str, Message] = field(default_factory=dict)
    answered_twice: list[str] = field(default_factory=list)
    on_answer: Callable[[Seat], None] | None = None
    swarms: list[Swarm] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Hang up."""
        for swarm in self.swarms:
            swarm.close()

    def enter(self, web: Web, people: Iterable[Person], *, seconds: float = 60) -> list[Seat]:
        """Let people in by their browsers' cookies, and wait until the room has shown itself to each."""
        return self._sit_down(web, [Seat(person, web) for person in people], seconds)

    def fill(self, webs: Sequence[Web], people: Sequence[Person]) -> None:
        """Let people in at several processes in turn."""
        for number, web in enumerate(webs):
            self.enter(web, people[number :: len(webs)])

    def come_back(self, web: Web, seats: Iterable[Seat], *, seconds: float = 60) -> list[Seat]:
        """Let people in again who go on from the last fact they were shown."""
        again = [Seat(seat.person, web, seq=seat.seq, epoch=seat.epoch) for seat in seats]
        return self._sit_down(web, again, seconds)

    def _sit_down(self, web: Web, seats: list[Seat], seconds: float) -> list[Seat]:
        _allow_many_sockets()
        swarm = Swarm("127.0.0.1", web.port, subprotocol=SUBPROTOCOL)
        self.swarms.append(swarm)
        path = f"/ws/v1/rooms/{self.session_id}"
        viewers = [
            Viewer(
                path if seat.seq < 0 else f"{path}?since={seat.epoch}.{seat.seq}",
                {"Cookie": seat.person.cookie, "Origin": web.url},
            )
            for seat in seats
        ]
        swarm.open(viewers, seconds=seconds, on_text=lambda index: self._reader(seats[index]))
        assert swarm.failures == []
        for client in swarm.clients:
            seats[client.index].client = client
        silent = list(seats)

        def all_greeted() -> bool:
            silent[:] = [seat for seat in silent if seat.client and not seat.client.frames]
            return not silent

        self.read_until(all_greeted, seconds=seconds, what="everybody is shown the room")
        self.seats += seats
        return seats

    def buy(self, seat: Seat, offer: Message, key: str, *, command: str = "") -> None:
        """Send a ``buy``; the command's id is the key unless another is given."""
        self.asked[command or key] = seat
        self._send(seat, buy_frame(offer, key, command=command))

    def settle(self, seats: Iterable[Seat]) -> None:
        """Wait until the server has taken in whatever these people have sent so far."""
        pings = {f"ping-{id(seat)}-{len(self.answers)}": seat for seat in seats}
        for id_, seat in pings.items():
            self._send(seat, masked_frame(json.dumps({"id": id_, "type": "ping"}).encode()))
        self.read_until(lambda: pings.keys() <= self.answers.keys(), seconds=10, what="pings are answered")
        for id_ in pings:
            del self.answers[id_]

    def buy_at_once(self, seats: Iterable[Seat], offer: Message, *, run: str) -> None:
        """Let everybody buy once, under keys that begin with ``run``, as fast as that can be sent."""
        buys = [(seat, f"{run}-{number}") for number, seat in enumerate(seats)]
        frames = [buy_frame(offer, key) for _, key in buys]
        for (seat, key), frame in zip(buys, frames, strict=True):
            self.asked[key] = seat
            self._send(seat, frame)
            if len(self.asked) % 64 == 0:
                self.read(0)

    def read(self, seconds: float) -> None:
        """Read what has come, waiting at most so long for the first of it."""
        poll = select.poll()
        for swarm in self.swarms:
            poll.register(swarm.fileno(), select.POLLIN)
        if poll.poll(seconds * 1000):
            for swarm in self.swarms:
                swarm.step(0)

    def read_until(self, done: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Read until ``done()``.

        Raises:
            TimeoutError: it was not within ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:g} s")
            self.read(0.02)

    def read_for(self, seconds: float) -> None:
        """Read for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.read(left)

    def wait_answers(self, *, seconds: float = 30) -> None:
        """Read until every command has its answer, exactly one."""
        self.read_until(
            lambda: len(self.answers) >= len(self.asked), seconds=seconds, what="every buyer is answered"
        )
        assert self.answers.keys() == self.asked.keys()
        assert self.answered_twice == []

    def wait_seq(self, seq: int, *, seconds: float = 10) -> None:
        """Read until everybody has been shown the room up to this fact, without a gap."""
        behind = [seat for seat in self.seats if seat.alive]

        def all_there() -> bool:
            behind[:] = [seat for seat in behind if seat.seq < seq]
            return not behind

        self.read_until(all_there, seconds=seconds, what=f"everybody has seen fact {seq}")
        assert {seat.seq for seat in self.seats if seat.alive} == {seq}
        assert sum(seat.skipped for seat in self.seats) == 0

    def accepted(self) -> dict[str, Message]:
        """Return what was said to accepted buys, by command id."""
        return {id_: told["data"] for id_, told in self.answers.items() if told["type"] == "buy.accepted"}

    def refused(self) -> Counter[str]:
        """Return how often each code was the answer."""
        return Counter(
            told["data"]["code"] for told in self.answers.values() if told["type"] != "buy.accepted"
        )

    def _send(self, seat: Seat, frame: bytes) -> None:
        """Send a frame; a socket that has broken takes nothing, which the loop finds out when it reads."""
        assert seat.client is not None
        if seat.client.alive:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                seat.client.send(frame)

    def _reader(self, seat: Seat) -> OnText:
        return partial(self._hear, seat)

    def _hear(self, seat: Seat, _client: Client, text: bytes) -> None:
        """Take one message. Facts come by the hundred thousand: of them only the number is read."""
        if text.startswith(_UNNUMBERED):
            return
        if text.startswith(_REPLIES):
            message = json.loads(text)
            if message["re"] in self.answers:
                self.answered_twice.append(message["re"])
            self.answers[message["re"]] = message
            if self.on_answer is not None:
                self.on_answer(seat)
        elif text.startswith(_SNAPSHOTS):
            data = json.loads(text)["data"]
            seat.epoch, seat.seq = data["epoch"], data["seq"]
        else:
            start = text.index(_SEQ) + len(_SEQ)
            seq = int(text[start : text.index(b",", start)])
            seat.skipped += seq - seat.seq - 1
            seat.seq = seq


def buy_frame(offer: Message, key: str, *, command: str = "") -> bytes:
    """Return the frame of a ``buy``; the command's id is the key unless another is given."""
    return masked_frame(
        json.dumps({"id": command or key, "type": "buy", "data": {**offer, "key": key}}).encode()
    )


def _allow_many_sockets() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
