"""What the hub reads: the state of a room, its facts, and who may enter."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import BooleanField, ExpressionWrapper

from marketplace.lib.clock import to_wire
from streams.models import Deal, RoomEvent, Session, Slot
from streams.permissions import ANNOUNCED, readable
from streams.queries.chat import last_chats, pinned_chat
from streams.wire import deal_to_wire, slot_to_wire


class Head(NamedTuple):
    """Where a room's fact log stands, and whether everybody may watch."""

    epoch: str
    last_seq: int
    is_public: bool


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as a process opens it: where the log stands and the last facts, oldest first."""

    head: Head
    facts: list[RoomEvent]


def room_state(session_id: str, *, facts: int) -> RoomState | None:
    """Return a room's state with at most ``facts`` of its last facts, None when there is no such session."""
    head = heads([session_id]).get(session_id)
    if head is None:
        return None
    events = RoomEvent.objects.filter(session_id=session_id, seq__lte=head.last_seq).order_by("-seq")[:facts]
    return RoomState(head, list(reversed(events)))


def heads(session_ids: Collection[str]) -> dict[str, Head]:
    """Return where the fact logs of these sessions stand, in one query."""
    sessions = Session.objects.filter(id__in=session_ids).order_by()
    public = ExpressionWrapper(ANNOUNCED, output_field=BooleanField())
    rows = sessions.annotate(is_public=public).values_list("id", "epoch", "last_seq", "is_public")
    return {id_: Head(*head) for id_, *head in rows}


def facts_after(session_id: str, *, after: int, limit: int) -> list[RoomEvent]:
    """Return the facts that follow ``after``, oldest first, at most ``limit``."""
    return list(RoomEvent.objects.filter(session_id=session_id, seq__gt=after).order_by("seq")[:limit])


def room_snapshot(session_id: str) -> dict[str, Any] | None:
    """Return everything a viewer needs to draw the room, None when there is no such session.

    The log's position is read first: what changes while the rest is read is told again by a later fact, and
    facts carry whole values, so applying them to the snapshot ends at the present.
    """
    session = Session.objects.select_related("streamer").filter(id=session_id).first()
    if session is None:
        return None
    slots = _slots(session)
    return {
        "epoch": session.epoch,
        "seq": session.last_seq,
        "session": session_to_room(session),
        "slots": [slot_to_wire(slot, left=left) for slot, left in slots],
        "pinned": next((slot.id for slot, _ in slots if slot.pinned), None),
        "deals": _deals(session, slots),
        "likes": session.likes,
        "chats": last_chats(session_id),
        "pinned_chat": pinned_chat(session_id),
    }


def session_to_room(session: Session) -> dict[str, Any]:
    """Return what the room shows of its session."""
    return {
        "id": session.id,
        "title": session.title,
        "state": session.state,
        "streamer": {"id": session.streamer.id, "name": session.streamer.name},
        "scheduled_at": _moment(session.scheduled_at),
        "started_at": _moment(session.started_at),
        "ended_at": _moment(session.ended_at),
        "replay_sells": session.replay_sells,
    }


def may_enter(session_id: str, user_id: str | None) -> bool:
    """Tell whether there is such a room for this person, None being somebody who has not signed in."""
    user = get_user_model().objects.filter(id=user_id).first() if user_id else None
    condition = ANNOUNCED if user is None else readable(user)
    return Session.objects.filter(condition, id=session_id).exists()


def _slots(session: Session) -> list[tuple[Slot, int]]:
    slots = Slot.objects.filter(session=session).select_related("variant__product__brand", "variant__stock")
    return [(slot, slot.left(slot.variant.stock.available)) for slot in slots]


def _deals(session: Session, slots: list[tuple[Slot, int]]) -> list[dict[str, Any]]:
    by_id = {slot.id: (slot, left) for slot, left in slots}
    open_deals = Deal.objects.filter(session=session, closed_at=None, slot_id__in=by_id).order_by("id")
    return [
        deal_to_wire(deal, currency=by_id[deal.slot_id][0].currency, left=deal.left(by_id[deal.slot_id][1]))
        for deal in open_deals
    ]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else to_wire(moment)
