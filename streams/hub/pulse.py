"""The pulse of a room: what happens too often to be told one by one is told four times a second."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings

from streams import chat_rules
from streams.hub.connection import Connection

BEAT_SECONDS = 0.25
#: Chat messages that a room shows in one beat; of more, some are drawn.
CHATS_PER_BEAT = int(settings.CHAT_ROOM_CAP * BEAT_SECONDS)

_random = random.Random()  # noqa: S311 - which messages of many are shown is no secret


class Said(NamedTuple):
    """A chat message on its way out: what is shown, whether it must be, and who of this process wrote it."""

    chat: dict[str, Any]
    keep: bool
    author: Connection | None


@dataclass(slots=True)
class Tally:
    """What gathered in a room: likes given, units sold, chat messages."""

    likes: int = 0
    sold: int = 0
    chats: list[Said] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        self.likes += other.likes
        self.sold += other.sold
        self.chats.extend(other.chats)

    def to_layer(self) -> dict[str, Any]:
        """Return the form that travels to other processes."""
        return {
            "likes": self.likes,
            "sold": self.sold,
            "chats": [[said.chat, said.keep] for said in self.chats],
        }

    @classmethod
    def from_layer(cls, message: dict[str, Any]) -> "Tally":
        """Return the tally that another process sent."""
        chats = [Said(chat, keep, None) for chat, keep in message["chats"]]
        return cls(message["likes"], message["sold"], chats)

    def __bool__(self) -> bool:
        return bool(self.likes or self.sold or self.chats)


class Pulse:
    """What gathered since the last beat, in this process and in the others."""

    __slots__ = ("_foreign", "_own", "_seq", "_told")

    def __init__(self) -> None:
        self._own = Tally()
        self._foreign = Tally()
        self._seq = -1
        self._told = (-1, -1)

    def add(self, tally: Tally) -> None:
        """Count what happened in this process: its viewers and the other processes will hear of it."""
        self._own.add(tally)

    def add_foreign(self, tally: Tally) -> None:
        """Count what happened in another process: the viewers of this one will hear of it."""
        self._foreign.add(tally)

    def tell_again(self) -> None:
        """Have the next beat tell where the room stands although nothing in it has changed."""
        self._told = (-1, -1)

    def beat(self, *, seq: int, viewers: int) -> "Beat":
        """Return what there is to tell and begin anew."""
        own, total = self._own, self._own
        if self._foreign:
            total = Tally()
            total.add(own)
            total.add(self._foreign)
            self._foreign = Tally()
        if own:
            self._own = Tally()
        shown = chat_rules.sample(total.chats, CHATS_PER_BEAT, keep=_must_show, choose=_random)
        beat = Beat(own=own, shown=shown, missed=_missed(total.chats, shown))
        told_seq, told_viewers = self._told
        has_paused, self._seq = seq == self._seq, seq  # while facts come they say themselves where the log is
        if total.likes or total.sold or viewers != told_viewers or (seq != told_seq and has_paused):
            self._told = (seq, viewers)
            beat.pulse = {"seq": seq, "viewers": viewers, "likes": total.likes, "sold": total.sold}
        return beat


@dataclass(slots=True)
class Beat:
    """What a room is told at one beat; ``pulse`` is None when no figure has changed.

    Attributes:
        own: what other processes must hear.
        shown: chat messages for everybody.
        missed: chat messages that were drawn out, for their authors alone.
        pulse: data of ``room.pulse``.
    """

    own: Tally
    shown: list[Said]
    missed: list[Said]
    pulse: dict[str, int] | None = None


def chat_data(shown: Iterable[Said]) -> dict[str, Any]:
    """Return the data of ``chat.messages``."""
    return {"messages": [said.chat for said in shown]}


def _must_show(said: Said) -> bool:
    return said.keep


def _missed(said: list[Said], shown: list[Said]) -> list[Said]:
    if len(said) == len(shown):
        return []
    seen = set(map(id, shown))
    return [each for each in said if id(each) not in seen and each.author is not None]
