"""Tells rooms that stock has moved: at most ten times a second a room, the latest counts win.

A room that heard less than a tenth of a second ago is marked stale instead; whoever comes next, or a sweep,
tells it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from marketplace.lib import rows
from marketplace.lib.atomic import require_transaction
from streams import factlog
from streams.events import StockChanged
from streams.models import Deal, Session, Slot
from streams.states import ON_AIR

LEAST_PAUSE = timedelta(milliseconds=100)
#: A room that heard later than this in the future heard by a clock that has been set back since.
LONGEST_WAIT = timedelta(seconds=30)

# Written as SQL because every purchase runs it: a queryset costs several times the statement.
_ROOMS = f"""
SELECT DISTINCT session.id FROM streams_session session JOIN streams_slot slot ON slot.session_id = session.id
WHERE session.state IN ({rows.marks(ON_AIR)}) AND slot.variant_id"""  # noqa: S608 - placeholders only
_LINE_UP = """
SELECT slot.id, slot.allocation, slot.taken, level.on_hand - level.held
FROM streams_slot slot JOIN marketplace_stocklevel level ON level.variant_id = slot.variant_id
WHERE slot.session_id = %s ORDER BY slot.id"""


def selling(variant_ids: Iterable[str]) -> rows.Select:
    """Return the SELECT of the ids of sessions on air that have one of these variants in their line-up."""
    condition, variants = rows.any_of(set(variant_ids))
    return rows.Select(f"{_ROOMS} {condition}", [*sorted(ON_AIR), *variants])


def rooms_selling(variant_ids: Iterable[str]) -> set[str]:
    """Return the ids of the sessions on air that have one of these variants in their line-up."""
    return {session_id for (session_id,) in rows.select(*selling(variant_ids), kinds=("ses",))}


def tell(sessions: Iterable[Session], *, now: datetime) -> list[str]:
    """Append ``stock.changed`` to the log of each locked session whose counts differ from those last told.

    Returns the ids of the rooms that had heard too recently and were marked stale.
    """
    require_transaction()
    stale = []
    for session in sessions:
        if _has_just_heard(session, now):
            stale.append(session.id)
            if not session.stock_stale:
                Session.objects.filter(id=session.id).update(stock_stale=True)
        else:
            _tell_now(session, now=now)
    return stale


def remember(session: Session, wire: Mapping[str, Any]) -> None:
    """Note the counts in the wire form of a slot or deal that a locked session's room was just told.

    Only what moves after them is news, so no sweep repeats them.
    """
    require_transaction()
    session.stock_told = {**session.stock_told, str(wire["id"]): _told(wire)}
    Session.objects.filter(id=session.id).update(stock_told=session.stock_told)


def _has_just_heard(session: Session, now: datetime) -> bool:
    """Tell whether a room may not hear again yet; ``now`` was read before the wait for the room's lock."""
    return session.stock_told_at is not None and -LONGEST_WAIT <= now - session.stock_told_at < LEAST_PAUSE


def _tell_now(session: Session, *, now: datetime) -> None:
    counts = _counts(session)
    changes = [change for change in counts if session.stock_told.get(_subject(change)) != _told(change)]
    if changes:
        factlog.append(session, StockChanged(changes=changes), now=now)
    if changes or session.stock_stale:
        told = {_subject(change): _told(change) for change in counts}
        Session.objects.filter(id=session.id).update(stock_told=told, stock_told_at=now, stock_stale=False)


def _subject(change: dict[str, Any]) -> str:
    return str(change["deal"] or change["slot"])


def _told(change: Mapping[str, Any]) -> list[int]:
    return [change["left"], change["sold"]]


def _counts(session: Session) -> list[dict[str, Any]]:
    """Return the present counts of every slot and open deal of the session."""
    counts: list[dict[str, Any]] = []
    slot_left = {}
    line_up = rows.select(_LINE_UP, [session.id[-32:]], kinds=("slt", None, None, None))
    for slot_id, allocation, taken, available in line_up:
        slot_left[slot_id] = left = Slot(allocation=allocation, taken=taken).left(available)
        counts.append({"slot": slot_id, "deal": None, "left": left, "sold": taken})
    deals = rows.where(Deal, "session_id = %s AND closed_at IS NULL ORDER BY id", [session.id[-32:]])
    for deal in deals:
        left = deal.left(slot_left[deal.slot_id])
        counts.append({"slot": deal.slot_id, "deal": deal.id, "left": left, "sold": deal.taken})
    return counts
