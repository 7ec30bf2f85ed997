"""The line-up: what a session sells, at which price, in which order, and what is being explained."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack

from marketplace import idempotency, outbox
from marketplace.errors import LimitReached, NotFound
from marketplace.lib import rows
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import Product, User, Variant
from streams import factlog, stock_facts
from streams.actions import steps
from streams.errors import (
    AllocationBelowTaken,
    AlreadyInLineup,
    BrandHasNotAgreed,
    DiscountsExceedPrice,
    NotForSale,
    OtherCurrency,
)
from streams.events import SlotAdded, SlotPinned, SlotUpdated
from streams.models import Session, Slot
from streams.queries.checklist import is_for_sale
from streams.queries.sessions import line_up
from streams.queries.terms import agreed_brands
from streams.states import ON_AIR

MOST_SLOTS = 200
MOST_POSITION = 10_000
#: Bounds of what a host asks for, far above any shelf and far below what the counters hold.
MOST_UNITS = 1_000_000_000
MOST_PER_BUYER = 1_000_000


class SlotChange(TypedDict, total=False):
    """What can be changed of a slot; what is left out stays, None takes a limit away."""

    live_price: Money
    allocation: int | None
    per_buyer_limit: int | None
    position: int
    on_sale: bool


def add_slot(
    *,
    session_id: str,
    variant_id: str,
    live_price: Money,
    actor: User,
    now: datetime,
    allocation: int | None = None,
    per_buyer_limit: int | None = None,
    position: int | None = None,
    on_sale: bool = True,
) -> Slot:
    """Put a variant into the line-up of a session that is not over, last unless ``position`` says where.

    Raises:
        NotFound: no such session or variant.
        WrongSessionState: the session is over.
        NotForSale: the product is not published or the variant not active.
        BrandHasNotAgreed: the brand has no running plan with the streamer (``streams.queries.terms``).
        OtherCurrency: the price is in another currency than the variant's or the session's.
        AlreadyInLineup, LimitReached: the variant has a slot, or there are 200 already.
    """
    with action():
        session = steps.lock_session(session_id)
        steps.demand_not_over(session)
        variant = Variant.objects.select_related("product").filter(id=variant_id).first()
        if variant is None:
            raise NotFound("There is no such variant.", param="variant")
        _refuse_unsellable(session, variant, now=now)
        others = _line_up_of(session)
        last = _refuse_full_or_double(others, variant)
        _refuse_currency(others, variant, live_price)
        slot = Slot.objects.create(
            session=session,
            variant=variant,
            position=min(last + 1, MOST_POSITION) if position is None else position,
            live_price=live_price.amount,
            currency=live_price.currency,
            allocation=allocation,
            per_buyer_limit=per_buyer_limit,
            on_sale=on_sale,
        )
        slot = steps.show_slot(slot.id)
        _tell_added(session, slot, actor=actor, now=now)
        idempotency.remember(slot)
    return slot


def change_slot(*, slot_id: str, actor: User, now: datetime, **changes: Unpack[SlotChange]) -> Slot:
    """Change a slot's price, allocation, limit, place or sale switch while its session is not over.

    Raises NotFound, WrongSessionState, OtherCurrency, DiscountsExceedPrice, AllocationBelowTaken.
    """
    with action():
        slot = steps.lock_slot(slot_id)
        session = steps.lock_session(slot.session_id)
        steps.demand_not_over(session)
        _apply(slot, changes)
        slot.save(update_fields=["live_price", "allocation", "per_buyer_limit", "position", "on_sale"])
        slot = tell_change(session, slot.id, actor=actor, now=now)
        if "allocation" in changes:
            stock_facts.tell([session], now=now)  # what is left of the slot's deal has moved with it
        idempotency.remember(slot)
    return slot


def reorder_lineup(*, session_id: str, slot_ids: Sequence[str], actor: User, now: datetime) -> list[Slot]:
    """Number the slots 1, 2, 3... in this order; each one that moves says so.

    Raises NotFound, WrongSessionState, and Invalid unless ``slot_ids`` names every slot once.
    """
    with action():
        show = steps.lock_show(session_id)
        steps.demand_not_over(show.session)
        if sorted(slot_ids) != sorted(show.slots):
            raise steps.invalid("slots", "Name every slot of the line-up once.")
        for position, slot_id in enumerate(slot_ids, start=1):
            if show.slots[slot_id].position != position:
                Slot.objects.filter(id=slot_id).update(position=position)
                tell_change(show.session, slot_id, actor=actor, now=now)
        lineup = list(line_up().filter(session_id=session_id))
        idempotency.remember(lineup)
    return lineup


def copy_lineup(*, session_id: str, source_id: str, actor: User, now: datetime) -> list[Slot]:
    """Add another session's line-up behind this one, each slot under its terms there; return what is new.

    Left out is what the line-up has already, what is not for sale, and what its brand does not agree to.
    Raises NotFound, WrongSessionState, OtherCurrency, LimitReached.
    """
    with action():
        session = steps.lock_session(session_id)
        steps.demand_not_over(session)
        if not Session.objects.filter(id=source_id).exists():
            raise NotFound
        slots = list(Slot.objects.filter(session=session))
        wanted = _copied(session, slots, list(line_up().filter(session_id=source_id)), now=now)
        if len(slots) + len(wanted) > MOST_SLOTS:
            data = {"limit": MOST_SLOTS, "left": MOST_SLOTS - len(slots)}
            raise LimitReached("A line-up holds at most 200 slots.", data=data)
        last = max((slot.position for slot in slots), default=0)
        for place, slot in enumerate(wanted, start=last + 1):
            slot.position = min(place, MOST_POSITION)
        Slot.objects.bulk_create(wanted)
        added = [steps.show_slot(slot.id) for slot in wanted]
        for slot in added:
            _tell_added(session, slot, actor=actor, now=now)
        idempotency.remember(added)
    return added


def pin_slot(*, slot_id: str, actor: User, now: datetime) -> Slot:
    """Pin the slot that is being explained now; any other of the session is unpinned by the same fact.

    Pinning what is pinned changes nothing. Raises NotFound, WrongSessionState (only on air).
    """
    with action():
        session_id = _session_of(slot_id)
        show = steps.lock_show(session_id)
        steps.demand_state(show.session, *ON_AIR)
        if not show.slots[slot_id].pinned:
            steps.unpin_any(show.session)
            Slot.objects.filter(id=slot_id).update(pinned=True)
            factlog.append(show.session, SlotPinned(slot=slot_id), now=now)
            payload = {"slot": slot_id, "session": session_id, "actor": actor.id}
            outbox.append("slot.pinned", subject=slot_id, payload=payload, now=now)
        slot = steps.show_slot(slot_id)
        idempotency.remember(slot)
    return slot


def unpin_slot(*, slot_id: str, actor: User, now: datetime) -> Slot:
    """Unpin a slot: nothing is being explained. Unpinning what is not pinned changes nothing.

    Raises NotFound, WrongSessionState (only on air).
    """
    with action():
        slot = steps.lock_slot(slot_id)
        session = steps.lock_session(slot.session_id)
        steps.demand_state(session, *ON_AIR)
        if slot.pinned:
            steps.unpin(session, slot, actor=actor.id, now=now)
        slot = steps.show_slot(slot_id)
        idempotency.remember(slot)
    return slot


def _copied(session: Session, slots: list[Slot], source: list[Slot], *, now: datetime) -> list[Slot]:
    """Return new slots like those of another session, without what this line-up has or may not sell."""
    there = {slot.variant_id for slot in slots}
    agreed = agreed_brands(session.streamer, {slot.variant.brand_id for slot in source}, now=now)
    wanted = [
        slot
        for slot in source
        if slot.variant_id not in there and slot.variant.brand_id in agreed and is_for_sale(slot)
    ]
    if len({slot.currency for slot in (*slots, *wanted)}) > 1:
        raise OtherCurrency(data={"currency": slots[0].currency})
    terms = ("variant", "live_price", "currency", "allocation", "per_buyer_limit")
    return [Slot(session=session, **{name: getattr(slot, name) for name in terms}) for slot in wanted]


def _session_of(slot_id: str) -> str:
    session_id = Slot.objects.filter(id=slot_id).values_list("session_id", flat=True).first()
    if session_id is None:
        raise NotFound
    return session_id


def _refuse_unsellable(session: Session, variant: Variant, *, now: datetime) -> None:
    if not variant.active or variant.product.state != Product.State.PUBLISHED:
        raise NotForSale(param="variant")
    if variant.brand_id not in agreed_brands(session.streamer, [variant.brand_id], now=now):
        raise BrandHasNotAgreed(param="variant", data={"brand": variant.brand_id})


class _Other(NamedTuple):
    """A slot that is there already."""

    id: str
    variant_id: str
    position: int
    currency: str


def _line_up_of(session: Session) -> list[_Other]:
    statement = "SELECT id, variant_id, position, currency FROM streams_slot WHERE session_id = %s"
    return [
        _Other(*row) for row in rows.select(statement, [session.id[-32:]], kinds=("slt", "var", None, None))
    ]


def _refuse_full_or_double(slots: Sequence[_Other], variant: Variant) -> int:
    """Return the last position of a line-up, which is not full and has no slot for the variant."""
    there = next((slot.id for slot in slots if slot.variant_id == variant.id), None)
    if there is not None:
        raise AlreadyInLineup(param="variant", data={"slot": there})
    if len(slots) >= MOST_SLOTS:
        raise LimitReached("A line-up holds at most 200 slots.", data={"limit": MOST_SLOTS, "left": 0})
    return max((slot.position for slot in slots), default=0)


def _refuse_currency(slots: Sequence[_Other], variant: Variant, price: Money) -> None:
    """Raise OtherCurrency unless the price is in the currency of variant and line-up."""
    for currency in (variant.currency, *(slot.currency for slot in slots[:1])):
        if price.currency != currency:
            raise OtherCurrency(param="live_price", data={"currency": currency})


def _apply(slot: Slot, changes: SlotChange) -> None:
    price = changes.get("live_price")
    if price is not None:
        if price.currency != slot.currency:
            raise OtherCurrency(param="live_price", data={"currency": slot.currency})
        if price.amount <= slot.off:
            off = Money(slot.off, slot.currency)
            raise DiscountsExceedPrice(param="live_price", data={"discounts": off.to_wire()})
        slot.live_price = price.amount
    allocation = changes.get("allocation")
    if allocation is not None and allocation < slot.taken:
        raise AllocationBelowTaken(param="allocation", data={"taken": slot.taken})
    for name in ("allocation", "per_buyer_limit", "position", "on_sale"):
        if name in changes:
            setattr(slot, name, changes[name])


def tell_change(session: Session, slot_id: str, *, actor: User, now: datetime) -> Slot:
    """Tell the room what a slot of a locked session is now, and return it."""
    slot = steps.show_slot(slot_id)
    wire = steps.slot_wire(slot)
    factlog.append(session, SlotUpdated(slot=wire), now=now)
    stock_facts.remember(session, wire)
    _record("slot.updated", slot, actor=actor, now=now)
    return slot


def _tell_added(session: Session, slot: Slot, *, actor: User, now: datetime) -> None:
    wire = steps.slot_wire(slot)
    factlog.append(session, SlotAdded(slot=wire), now=now)
    stock_facts.remember(session, wire)
    _record("slot.added", slot, actor=actor, now=now)


def _record(type_: str, slot: Slot, *, actor: User, now: datetime) -> None:
    payload: dict[str, Any] = {
        "slot": slot.id,
        "session": slot.session_id,
        "variant": slot.variant_id,
        "price": slot.price.to_wire(),
        "full_price": slot.full_price.to_wire(),
        "discounts": [discount.to_wire() for discount in slot.discounts],
        "allocation": slot.allocation,
        "per_buyer_limit": slot.per_buyer_limit,
        "position": slot.position,
        "on_sale": slot.on_sale,
        "actor": actor.id,
    }
    outbox.append(type_, subject=slot.id, payload=payload, now=now)
