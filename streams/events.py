"""The facts of a room: one frozen class per type, with the payload that goes into the log and over the wire.

A payload carries whole values, not differences, so that a snapshot plus the facts after it is the present
(``docs/realtime.md``). Version 1 grows by new fields only.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class RoomFact:
    """Something that happened in a room and moves its ``seq`` forward."""

    type: ClassVar[str]

    def to_wire(self) -> dict[str, Any]:
        """Return the payload as plain JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class SessionUpdated(RoomFact):
    """What the room shows of its session changed: title, date, state before the show, selling after it."""

    type: ClassVar[str] = "session.updated"
    session: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SessionStarted(RoomFact):
    """The show has begun; buying is possible."""

    type: ClassVar[str] = "session.started"
    state: str
    started_at: str


@dataclass(frozen=True, slots=True)
class SessionPaused(RoomFact):
    """A break: nothing can be bought."""

    type: ClassVar[str] = "session.paused"
    state: str


@dataclass(frozen=True, slots=True)
class SessionResumed(RoomFact):
    """The show goes on after a break."""

    type: ClassVar[str] = "session.resumed"
    state: str


@dataclass(frozen=True, slots=True)
class SessionEnded(RoomFact):
    """The show is over, or was called off before it began: ``state`` is ``ended`` or ``cancelled``."""

    type: ClassVar[str] = "session.ended"
    state: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class SlotAdded(RoomFact):
    """A new slot in the line-up, as ``streams.wire.slot_to_wire`` gives it."""

    type: ClassVar[str] = "slot.added"
    slot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SlotUpdated(RoomFact):
    """A slot's price, limit, place or sale switch changed; the whole slot."""

    type: ClassVar[str] = "slot.updated"
    slot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SlotPinned(RoomFact):
    """This product is being explained now; any other is no longer."""

    type: ClassVar[str] = "slot.pinned"
    slot: str


@dataclass(frozen=True, slots=True)
class SlotUnpinned(RoomFact):
    """No product is being explained."""

    type: ClassVar[str] = "slot.unpinned"
    slot: str


@dataclass(frozen=True, slots=True)
class DealOpened(RoomFact):
    """The “buy now” moment: a deal as ``streams.wire.deal_to_wire`` gives it."""

    type: ClassVar[str] = "deal.opened"
    deal: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DealClosed(RoomFact):
    """A deal is over, and why: time, host or session."""

    type: ClassVar[str] = "deal.closed"
    deal: str
    slot: str
    reason: str


@dataclass(frozen=True, slots=True)
class StockChanged(RoomFact):
    """New counts; latest wins. Each change: ``{"slot", "deal" or null, "left", "sold"}``."""

    type: ClassVar[str] = "stock.changed"
    changes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class HostSaid(RoomFact):
    """A subtitle, about a slot or none; ``claim`` names the attribute of its product that was stated."""

    type: ClassVar[str] = "host.said"
    text: str
    slot: str | None
    claim: str | None


FACTS: tuple[type[RoomFact], ...] = (
    SessionUpdated,
    SessionStarted,
    SessionPaused,
    SessionResumed,
    SessionEnded,
    SlotAdded,
    SlotUpdated,
    SlotPinned,
    SlotUnpinned,
    DealOpened,
    DealClosed,
    StockChanged,
    HostSaid,
)
