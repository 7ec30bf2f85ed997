"""Slot fees: a brand offers one before the show, sweeps hold it and pay it by the minutes on air."""

from datetime import datetime

import structlog
from django.db.models import Q

from marketplace import idempotency
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from orders.models import SlotFee
from orders.policy import COUNT_MINUTES_AFTER
from orders.queries.due import movable_fees
from orders.queries.witnesses import witnesses
from orders.settlement import fees
from streams.actions import steps
from streams.errors import OtherCurrency
from streams.models import Session
from streams.queries.airtime import minutes_before

logger = structlog.get_logger(__name__)

State = SlotFee.State
Show = Session.State

BEFORE = (Show.DRAFT, Show.SCHEDULED, Show.REHEARSAL)


def offer_fee(*, slot_id: str, amount: Money, minutes: int, now: datetime) -> SlotFee:
    """Offer a fee for a slot of a show that has not begun, in the place of what was offered before.

    Raises:
        NotFound: there is no such slot.
        WrongSessionState: the show has begun, or is over.
        OtherCurrency: the fee is in another currency than the slot's price.
    """
    with action():
        slot = steps.lock_slot(slot_id)
        session = steps.lock_session(slot.session_id)
        steps.demand_state(session, *BEFORE)
        if amount.currency != slot.currency:
            raise OtherCurrency(param="amount", data={"currency": slot.currency})
        fee, _ = SlotFee.objects.update_or_create(
            slot=slot,
            defaults={
                "session": session,
                "brand_id": slot.variant.brand_id,
                "streamer_id": session.streamer_id,
                "amount": amount.amount,
                "currency": amount.currency,
                "minutes": minutes,
                "state": State.OFFERED,
                "offered_at": now,
            },
        )
        fees.record(fee, State.OFFERED, now=now)
        idempotency.remember(fee)
    return fee


def withdraw_fee(*, slot_id: str, now: datetime) -> SlotFee:
    """Withdraw the fee offered for a slot; raises NotFound, WrongSessionState once the show is on."""
    with action():
        slot = steps.lock_slot(slot_id)
        steps.demand_state(steps.lock_session(slot.session_id), *BEFORE)
        offered = SlotFee.objects.filter(slot=slot, state=State.OFFERED)
        if not offered.update(state=State.WITHDRAWN):
            raise NotFound("No fee is offered for this slot.")
        fee = SlotFee.objects.get(slot=slot)
        fees.record(fee, State.WITHDRAWN, now=now)
        idempotency.remember(fee)
    return fee


def move_fees(*, now: datetime) -> int:
    """Hold the fees of shows that have begun, settle those of shows that are over; return how many moved.

    Each fee for itself and once: two at once share the work, and what is done is not done again.
    """
    if not movable_fees(now=now):
        return 0
    moved = 0
    waiting = SlotFee.objects.select_related("session", "streamer__agency").order_by("id")
    begun = Q(session__started_at__isnull=False) | Q(session__state=Show.CANCELLED)
    for fee in waiting.filter(begun, state=State.OFFERED):
        with action():
            moved += _begin(fee, now=now)
    for fee in waiting.filter(state=State.HELD, session__ended_at__lte=now - COUNT_MINUTES_AFTER):
        known = witnesses(fee.session, brand_id=fee.brand_id)
        minutes = minutes_before(fee.session, fee.slot_id, witnesses=known)
        with action():
            moved += fees.settle_fee(fee, minutes=minutes, now=now)
        logger.info("slot_fee_settled", fee=fee.id, minutes=minutes, promised=fee.minutes)
    return moved


def _begin(fee: SlotFee, *, now: datetime) -> bool:
    """Hold a fee, or let it go with its show."""
    if fee.session.started_at is not None:
        return fees.hold(fee, now=now)
    if not SlotFee.objects.filter(id=fee.id, state=State.OFFERED).update(state=State.VOID):
        return False
    fees.record(fee, State.VOID, now=now)
    return True
