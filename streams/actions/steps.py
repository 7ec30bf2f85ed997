"""Steps that several actions of a session share; each runs inside the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace import outbox
from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.lib.clock import to_wire
from marketplace.models import User
from streams import factlog, quota
from streams.errors import LineupMoved, WrongSessionState
from streams.events import DealClosed, SessionUpdated, SlotUnpinned
from streams.models import Deal, Session, Slot
from streams.queries.room import session_to_room
from streams.queries.sessions import line_up
from streams.states import OVER, TRANSITIONS
from streams.wire import deal_to_wire, slot_to_wire


@dataclass(frozen=True, slots=True)
class Show:
    """A session with its whole line-up and its open deals, all locked."""

    session: Session
    slots: Mapping[str, Slot]
    deals: Mapping[str, Deal]


def lock_show(session_id: str) -> Show:
    """Lock every slot and open deal of a session, then the session, in the fixed order.

    Deals are made under the lock of their slot, so none can appear. A slot can: LineupMoved is raised then.
    """
    slots = quota.lock_slots(Slot.objects.filter(session_id=session_id).values_list("id", flat=True))
    deals = quota.lock_deals(
        Deal.objects.filter(slot_id__in=list(slots), closed_at=None).values_list("id", flat=True)
    )
    session = lock_session(session_id)
    if Slot.objects.filter(session_id=session_id).count() != len(slots):
        raise LineupMoved(retry_after=1)
    return Show(session, slots, {id_: deal for id_, deal in deals.items() if deal.closed_at is None})


def lock_session(session_id: str) -> Session:
    """Lock a session that an interface has named; raises NotFound."""
    try:
        return factlog.lock(session_id)
    except Session.DoesNotExist as missing:
        raise NotFound from missing


def lock_slot(slot_id: str) -> Slot:
    """Lock a slot that an interface has named; raises NotFound."""
    slot = quota.lock_slots([slot_id]).get(slot_id)
    if slot is None:
        raise NotFound
    return slot


def demand_state(session: Session, *states: str) -> None:
    """Raise WrongSessionState unless the locked session is in one of these states."""
    if session.state not in states:
        allowed = sorted(TRANSITIONS[session.state])
        raise WrongSessionState(data={"state": session.state, "allowed": allowed})


def demand_not_over(session: Session) -> None:
    """Raise WrongSessionState when the locked session has ended or was cancelled."""
    if session.state in OVER:
        raise WrongSessionState(data={"state": session.state, "allowed": []})


def clear_stage(show: Show, *, actor: str, now: datetime) -> None:
    """Close the open deals and unpin the pinned slot of a show that ends, begins or is called off."""
    for deal in show.deals.values():
        close_deal(show.session, deal, reason=Deal.CloseReason.SESSION, actor=actor, now=now)
    for slot in show.slots.values():
        if slot.pinned:
            unpin(show.session, slot, actor=actor, now=now)


def close_deal(session: Session, deal: Deal, *, reason: str, actor: str, now: datetime) -> bool:
    """Close a locked deal of a locked session and say so, once; tell whether it was still open."""
    if not mark_closed(deal, reason=reason, now=now):
        return False
    deal.closed_at, deal.close_reason = now, reason
    factlog.append(session, DealClosed(deal=deal.id, slot=deal.slot_id, reason=reason), now=now)
    payload = {
        "deal": deal.id,
        "slot": deal.slot_id,
        "session": session.id,
        "reason": reason,
        "quota": deal.quota,
        "sold": deal.taken,
        "actor": actor,
    }
    outbox.append("deal.closed", subject=deal.id, payload=payload, now=now)
    return True


def mark_closed(deal: Deal, *, reason: str, now: datetime) -> bool:
    """Write into a deal that it is closed, unless it is; tell which."""
    open_ones = Deal.objects.filter(id=deal.id, closed_at=None)
    return bool(open_ones.update(closed_at=now, close_reason=reason))


def unpin_any(session: Session) -> None:
    """Leave no slot of a locked session pinned; the fact that says so is the caller's."""
    Slot.objects.filter(session=session, pinned=True).update(pinned=False)


def unpin(session: Session, slot: Slot, *, actor: str, now: datetime) -> None:
    """Unpin a locked slot of a locked session, and say so."""
    Slot.objects.filter(id=slot.id).update(pinned=False)
    slot.pinned = False
    factlog.append(session, SlotUnpinned(slot=slot.id), now=now)
    payload = {"slot": slot.id, "session": session.id, "actor": actor}
    outbox.append("slot.unpinned", subject=slot.id, payload=payload, now=now)


def invalid(param: str, detail: str) -> Invalid:
    """Return the refusal of one input that breaks a rule which its type alone does not hold."""
    return Invalid(detail, param=param, errors=[FieldError(param, "invalid", detail)])


def show_slot(slot_id: str) -> Slot:
    """Return a slot with all that its wire form shows, as this transaction sees it."""
    return line_up().get(id=slot_id)


def slot_wire(slot: Slot) -> dict[str, Any]:
    """Return the wire form of a slot from ``show_slot``."""
    return slot_to_wire(slot, left=slot.left(slot.variant.stock.available))


def deal_wire(deal: Deal, slot: Slot) -> dict[str, Any]:
    """Return the wire form of a deal on a slot from ``show_slot``."""
    left = deal.left(slot.left(slot.variant.stock.available))
    return deal_to_wire(deal, currency=slot.currency, left=left)


def session_updated(session: Session) -> SessionUpdated:
    """Return the fact that something about a session changed before the show."""
    return SessionUpdated(session=session_to_room(session))


def record_session(type_: str, session: Session, *, actor: User, now: datetime) -> None:
    """Append a fact about a session to the outbox."""
    moments = {name: getattr(session, name) for name in ("scheduled_at", "started_at", "ended_at")}
    payload = {
        "session": session.id,
        "streamer": session.streamer_id,
        "title": session.title,
        "state": session.state,
        **{name: to_wire(moment) if moment else None for name, moment in moments.items()},
        "actor": actor.id,
    }
    outbox.append(type_, subject=session.id, payload=payload, now=now)
