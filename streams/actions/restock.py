"""More units of what a session on air sells, put on the shelf by its host."""

from datetime import datetime

from marketplace import idempotency, outbox, stock
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from marketplace.models import User
from streams import factlog, stock_facts
from streams.actions import steps
from streams.models import Slot
from streams.states import ON_AIR


def restock_slot(*, slot_id: str, quantity: int, actor: User, now: datetime) -> Slot:
    """Put units of a slot's variant on the shelf and tell every room on air that sells it.

    The caller has seen to it that the person acts for the variant's brand: the shelf is the brand's.
    Raises NotFound, WrongSessionState (only on air).
    """
    with action():
        slot = Slot.objects.filter(id=slot_id).first()
        if slot is None:
            raise NotFound
        level = stock.lock([slot.variant_id])[slot.variant_id]
        rooms = factlog.lock_all({slot.session_id, *stock_facts.rooms_selling([slot.variant_id])})
        steps.demand_state(rooms[slot.session_id], *ON_AIR)
        stock.restock(slot.variant_id, quantity, reference=slot.session_id, now=now)
        payload = {
            "variant": slot.variant_id,
            "session": slot.session_id,
            "difference": quantity,
            "on_hand": level.on_hand + quantity,
            "held": level.held,
            "by": actor.id,
        }
        outbox.append("stock.restocked", subject=slot.variant_id, payload=payload, now=now)
        on_air = [room for room in rooms.values() if room.state in ON_AIR]
        stock_facts.tell(on_air, now=now)
        slot = steps.show_slot(slot_id)
        idempotency.remember(slot)
    return slot
