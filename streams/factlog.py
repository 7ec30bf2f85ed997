"""A session's fact log: the only writer. Order of ``seq`` is order of commit: the row's lock sees to it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from django.db import connection, transaction

from marketplace.lib import bulk, rows
from marketplace.lib.atomic import require_transaction
from marketplace.lib.clock import to_wire
from streams import hub
from streams.events import RoomFact
from streams.models import RoomEvent, Session

_COLUMNS = ("session_id", "seq", "type", "payload", "at", "digest")


def lock(session_id: str) -> Session:
    """Lock a session's row and return it; raises Session.DoesNotExist."""
    locked = lock_all([session_id])
    if session_id not in locked:
        raise Session.DoesNotExist
    return locked[session_id]


def lock_all(session_ids: Iterable[str]) -> dict[str, Session]:
    """Lock session rows in the order of their ids and return those that exist, by id."""
    return {session.id: session for session in rows.lock(Session, set(session_ids))}


def append(session: Session, fact: RoomFact, *, now: datetime) -> RoomEvent:
    """Append one fact to the log of a session that the caller has locked; viewers hear it on commit."""
    require_transaction()
    seq, payload = session.last_seq + 1, fact.to_wire()
    digest = digest_of(session.last_digest, seq, fact.type, payload, now)
    event = RoomEvent(session_id=session.id, seq=seq, type=fact.type, payload=payload, at=now, digest=digest)
    _write(event)
    session.last_seq, session.last_digest = seq, digest
    transaction.on_commit(partial(hub.publish, session.id, [event]))
    return event


def _write(event: RoomEvent) -> None:
    digits, payload = event.session_id[-32:], orjson.dumps(event.payload).decode()
    at = connection.ops.adapt_datetimefield_value(event.at)
    rows.insert(RoomEvent, _COLUMNS, (digits, event.seq, event.type, payload, at, event.digest))
    bulk.update(Session, ("last_seq", "last_digest"), [(digits, event.seq, event.digest)])


def digest_of(previous: str, seq: int, type_: str, payload: dict[str, Any], at: datetime) -> str:
    """Return the SHA-256 that chains a fact to the one before it, over JSON with sorted keys."""
    body = orjson.dumps([previous, seq, type_, to_wire(at), payload], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).hexdigest()
