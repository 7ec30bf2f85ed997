"""Flash deals: a quota at a price until a moment."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from marketplace import idempotency, outbox, stock
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from marketplace.lib.clock import LONG_AGO, to_wire
from marketplace.lib.money import Money
from marketplace.models import User
from streams import factlog, stock_facts
from streams import quota as counters
from streams.actions import steps
from streams.errors import DealStillOpen, NotEnoughLeft, NotForSale, OtherCurrency
from streams.events import DealOpened
from streams.models import Deal, Session, Slot
from streams.queries.due import next_closing
from streams.states import ON_AIR

LEAST_SECONDS, MOST_SECONDS = 5, 3_600
#: How far ahead a deal may be shown before it opens.
HORIZON = timedelta(hours=1)
SWEEP = "sweep_due_deals"


def open_deal(
    *,
    slot_id: str,
    price: Money,
    quota: int,
    seconds: int,
    actor: User,
    now: datetime,
    per_buyer_limit: int | None = None,
    opens_at: datetime | None = None,
) -> Deal:
    """Open a deal on a slot of a session on air, at once or at a moment of the next hour.

    Args:
        slot_id: the slot it sells from; one deal at a time.
        price: what a buyer pays; at most what the slot costs with its discounts, in its currency.
        quota: units at this price, at most what the slot has left now.
        seconds: how long it is open, 5 to 3,600.
        actor: who opens it.
        now: the present.
        per_buyer_limit: units one buyer may take of it, at most the quota; no limit when None.
        opens_at: when buying begins; now when None.

    Raises NotFound, WrongSessionState, NotForSale, Invalid, OtherCurrency, NotEnoughLeft, DealStillOpen.
    """
    with action():
        session, slot, earlier, free = _lock(slot_id)
        steps.demand_state(session, *ON_AIR)
        if not slot.on_sale:
            raise NotForSale("The slot is not on sale.", param="slot")
        _refuse_terms(slot, price, quota, per_buyer_limit, seconds)
        opens_at = _opening(opens_at, now=now)
        left = slot.left(free)
        if quota > left:
            raise NotEnoughLeft(param="quota", data={"left": max(left, 0)})
        put_away(session, earlier, now=now)
        deal = Deal.objects.create(
            slot=slot,
            session=session,
            price=price.amount,
            quota=quota,
            per_buyer_limit=per_buyer_limit,
            opens_at=opens_at,
            closes_at=opens_at + timedelta(seconds=seconds),
        )
        wire = steps.deal_wire(deal, steps.show_slot(slot.id))
        factlog.append(session, DealOpened(deal=wire), now=now)
        stock_facts.remember(session, wire)
        _record_opening(deal, price, actor=actor, now=now)
        idempotency.remember(deal)
    return deal


def close_deal(*, deal_id: str, actor: User, now: datetime) -> Deal:
    """Close a deal before its time; closing what is closed changes nothing. Raises NotFound."""
    with action():
        deal = counters.lock_deals([deal_id]).get(deal_id)
        if deal is None:
            raise NotFound
        session = steps.lock_session(deal.session_id)
        reason = Deal.CloseReason.TIME if deal.closes_at <= now else Deal.CloseReason.HOST
        if deal.closed_at is None:
            steps.close_deal(session, deal, reason=reason, actor=actor.id, now=now)
        idempotency.remember(deal)
    return deal


def close_due_deals(*, now: datetime, limit: int = 50) -> int:
    """Close deals whose time is over, one batch; return how many. Two at once share the work."""
    first = next_closing(after=LONG_AGO)
    if first is None or first > now:
        return 0
    with action():
        deals = _lock_due(now=now, limit=limit)
        sessions = factlog.lock_all(deal.session_id for deal in deals)
        return sum(
            steps.close_deal(
                sessions[deal.session_id], deal, reason=Deal.CloseReason.TIME, actor=SWEEP, now=now
            )
            for deal in deals
        )


def _lock_due(*, now: datetime, limit: int) -> list[Deal]:
    due = Deal.objects.filter(closed_at=None, closes_at__lte=now).order_by("id")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    return list(due[:limit])


def _lock(slot_id: str) -> tuple[Session, Slot, list[Deal], int]:
    """Lock stock level, slot, its unclosed deals and session, in the fixed order; also return free units."""
    variant_id = Slot.objects.filter(id=slot_id).values_list("variant_id", flat=True).first()
    if variant_id is None:
        raise NotFound
    level = stock.lock([variant_id])[variant_id]
    slot = steps.lock_slot(slot_id)
    unclosed = Deal.objects.filter(slot=slot, closed_at=None).values_list("id", flat=True)
    deals = [deal for deal in counters.lock_deals(unclosed).values() if deal.closed_at is None]
    return steps.lock_session(slot.session_id), slot, deals, level.available


def _refuse_terms(slot: Slot, price: Money, quota: int, per_buyer_limit: int | None, seconds: int) -> None:
    if price.currency != slot.currency:
        raise OtherCurrency(param="price", data={"currency": slot.currency})
    if not 1 <= price.amount <= slot.price.amount:
        raise steps.invalid("price", "A deal costs at most what the slot costs, and not nothing.")
    if quota < 1:
        raise steps.invalid("quota", "A deal has at least one unit.")
    if per_buyer_limit is not None and not 1 <= per_buyer_limit <= quota:
        raise steps.invalid("per_buyer_limit", "The limit of a buyer is from 1 to the quota.")
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise steps.invalid("seconds", "A deal is open for 5 to 3,600 seconds.")


def _opening(opens_at: datetime | None, *, now: datetime) -> datetime:
    if opens_at is None:
        return now
    if not now <= opens_at <= now + HORIZON:
        raise steps.invalid("opens_at", "A deal opens now or within the next hour.")
    return opens_at


def put_away(session: Session, deals: Iterable[Deal], *, now: datetime) -> None:
    """Close locked deals whose time is over and that no sweep has come to; raises DealStillOpen."""
    for deal in deals:
        if deal.closes_at > now:
            raise DealStillOpen(data={"deal": deal.id})
        steps.close_deal(session, deal, reason=Deal.CloseReason.TIME, actor=SWEEP, now=now)


def _record_opening(deal: Deal, price: Money, *, actor: User, now: datetime) -> None:
    payload = {
        "deal": deal.id,
        "slot": deal.slot_id,
        "session": deal.session_id,
        "price": price.to_wire(),
        "quota": deal.quota,
        "per_buyer_limit": deal.per_buyer_limit,
        "opens_at": to_wire(deal.opens_at),
        "closes_at": to_wire(deal.closes_at),
        "actor": actor.id,
    }
    outbox.append("deal.opened", subject=deal.id, payload=payload, now=now)
