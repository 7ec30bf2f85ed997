"""Discounts: what comes off the price of each unit of a slot, and whom it costs."""

from datetime import datetime

from marketplace import idempotency
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User
from streams import quota
from streams.actions import steps
from streams.actions.deals import put_away
from streams.actions.lineup import tell_change
from streams.errors import DiscountsExceedPrice, OtherCurrency
from streams.models import Deal, Slot


def set_discount(*, slot_id: str, funder: str, amount: Money, actor: User, now: datetime) -> Slot:
    """Take so much off each unit of a slot at a funder's cost, in the place of what it was; 0 takes it away.

    Who may do it at whose cost says ``streams.permissions.fundable``; what is sold keeps its price. A deal is
    opened under the discounts of its moment, so they stay while it is open.

    Raises:
        NotFound: there is no such slot.
        WrongSessionState: the session is over.
        OtherCurrency: the amount is in another currency than the slot's price.
        DiscountsExceedPrice: nothing would be left to pay.
        DealStillOpen: the slot has an open deal.
    """
    with action():
        slot = steps.lock_slot(slot_id)
        unclosed = Deal.objects.filter(slot=slot, closed_at=None).values_list("id", flat=True)
        deals = [deal for deal in quota.lock_deals(unclosed).values() if deal.closed_at is None]
        session = steps.lock_session(slot.session_id)
        steps.demand_not_over(session)
        if amount.currency != slot.currency:
            raise OtherCurrency(param="amount", data={"currency": slot.currency})
        column = f"{funder}_discount"
        setattr(slot, column, amount.amount)
        if slot.off >= slot.live_price:
            off = Money(slot.off, slot.currency)
            raise DiscountsExceedPrice(param="amount", data={"discounts": off.to_wire()})
        put_away(session, deals, now=now)
        slot.save(update_fields=[column])
        slot = tell_change(session, slot.id, actor=actor, now=now)
        idempotency.remember(slot)
    return slot
