"""What the host says: subtitles, and statements about a product that may be asked for later."""

from datetime import datetime

from marketplace import idempotency
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from streams import factlog
from streams.actions import steps
from streams.events import HostSaid
from streams.models import RoomEvent, Slot
from streams.states import ON_AIR

MOST_TEXT = 200
MOST_CLAIM = 60


def add_caption(
    *,
    session_id: str,
    text: str,
    now: datetime,
    slot_id: str | None = None,
    claim: str | None = None,
) -> RoomEvent:
    """Write into the log what was said, on air only; viewers read it as a subtitle.

    The log is the record of it: nothing else changes. Raises NotFound (no such session, no such slot in it),
    WrongSessionState, and Invalid for a claim about no slot.
    """
    if claim is not None and slot_id is None:
        raise steps.invalid("slot", "A claim is about a product: name its slot.")
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, *ON_AIR)
        if slot_id is not None and not Slot.objects.filter(id=slot_id, session=session).exists():
            raise NotFound("There is no such slot in this session.", param="slot")
        event = factlog.append(session, HostSaid(text=text, slot=slot_id, claim=claim), now=now)
        idempotency.remember(event)
    return event
