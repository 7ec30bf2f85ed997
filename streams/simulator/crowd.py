"""What the viewers of one process share."""

import asyncio
from dataclasses import dataclass, field

from streams.simulator.api import Api
from streams.simulator.room import Room
from streams.simulator.script import Script
from streams.simulator.tally import Tally
from streams.simulator.timeline import Timeline

#: How many people of a process ask for tickets and product pages at once; more would wait at the server.
AT_THE_DOOR = 8


class TooLate(Exception):
    """A visit was over before somebody had come in."""


class GaveUp(Exception):
    """The room could not be entered, however often it was tried."""


@dataclass(frozen=True)
class Person:
    """Somebody whom the sandbox made."""

    id: str
    name: str
    token: str


@dataclass
class Crowd:
    """One show, as the viewers of a process take part in it. ``orders`` are those that were acknowledged."""

    session: str
    ws_url: str
    seed: int
    script: Script
    api: Api
    room: Room
    timeline: Timeline
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_THE_DOOR))
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    tally: Tally = field(default_factory=Tally)
    orders: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Tell whether the show has ended, as the room or the host says."""
        return self.room.is_over or self.ended.is_set()
