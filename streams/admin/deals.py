"""Opening a deal from a form, wherever the form stands."""

from datetime import timedelta
from typing import Any

from marketplace.lib import clock
from marketplace.models import User
from streams.actions import deals
from streams.admin.forms import to_price
from streams.models import Slot


def open_deal_on(slot: Slot, person: User, values: dict[str, Any]) -> str:
    """Open a deal on a slot with the values of a form; return the sentence that reports it."""
    now = clock.now()
    delay = values.pop("opens_in")
    price = to_price(values.pop("price"), slot.currency)
    deal = deals.open_deal(
        slot_id=slot.id,
        price=price,
        opens_at=now + timedelta(seconds=delay) if delay else None,
        actor=person,
        now=now,
        **values,
    )
    return f"{deal.quota} units at {price} until {deal.closes_at:%H:%M:%S}."
