"""The steps of a slot fee: out of what a brand is owed into escrow, and from there to whom it belongs."""

from collections.abc import Sequence
from datetime import datetime

from marketplace import outbox
from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from orders.ledger import tripwire
from orders.ledger.accounts import Leg, credit, debit
from orders.ledger.post import post
from orders.models import FeeMove, Party, SlotFee
from orders.settlement.payouts import lock_payable
from orders.settlement.split import split_fee

State = SlotFee.State


def hold(fee: SlotFee, *, now: datetime) -> bool:
    """Take an offered fee into escrow if the brand has it; False when somebody has, or it is not covered.

    A fee that is not covered stays so: what the marketplace does not have of a brand it does not hold for
    anybody, and what is on its way to the brand's bank is not there any more.
    """
    require_transaction()
    agency = fee.streamer.agency
    share = agency.share_bp if agency else 0
    offered = SlotFee.objects.filter(id=fee.id, state=State.OFFERED)
    if not offered.update(state=State.HELD, agency=agency, agency_share_bp=share, held_at=now):
        return False
    if lock_payable(Party.BRAND, fee.brand_id, fee.currency) < fee.amount:
        SlotFee.objects.filter(id=fee.id).update(state=State.UNCOVERED, held_at=None)
        record(fee, State.UNCOVERED, now=now)
        return False
    _move(fee, FeeMove.Step.HELD, Money(-fee.amount, fee.currency), now=now)
    record(fee, State.HELD, now=now)
    legs = [debit("brand_payable", fee.total, owner=fee.brand_id), credit("escrow", fee.total)]
    _post(fee, "fee_held", legs, now=now)
    return True


def settle_fee(fee: SlotFee, *, minutes: int, now: datetime) -> bool:
    """Pay a held fee for the minutes that count and return the rest; False when somebody has."""
    require_transaction()
    paid = Money(fee.amount * min(minutes, fee.minutes) // fee.minutes, fee.currency)
    held = SlotFee.objects.filter(id=fee.id, state=State.HELD)
    if not held.update(state=State.SETTLED, counted_minutes=minutes, paid=paid.amount, settled_at=now):
        return False
    parts = split_fee(fee.total, paid, agency_share_bp=fee.agency_share_bp)
    _move(fee, FeeMove.Step.SETTLED, *parts[:3], now=now)
    record(fee, State.SETTLED, now=now)
    legs = [
        debit("escrow", fee.total),
        credit("brand_payable", parts.brand, owner=fee.brand_id),
        credit("streamer_payable", parts.streamer, owner=fee.streamer_id),
    ]
    if fee.agency_id:
        legs.append(credit("agency_payable", parts.agency, owner=fee.agency_id))
    _post(fee, "fee_settled", [leg for leg in legs if leg.amount], now=now)
    return True


def record(fee: SlotFee, state: str, *, now: datetime) -> None:
    """Append the fact that a fee is in a new state."""
    payload = {
        "fee": fee.id,
        "slot": fee.slot_id,
        "session": fee.session_id,
        "brand": fee.brand_id,
        "streamer": fee.streamer_id,
        "amount": fee.total.to_wire(),
        "minutes": fee.minutes,
        "state": str(state),
    }
    outbox.append(f"slot_fee.{state}", subject=fee.id, payload=payload, now=now)


def _move(
    fee: SlotFee,
    step: str,
    brand: Money,
    streamer: Money | None = None,
    agency: Money | None = None,
    *,
    now: datetime,
) -> None:
    """Write what a step of the fee is to each party's statement."""
    parts = [part.amount if part else 0 for part in (brand, streamer, agency)]
    FeeMove.objects.create(
        fee=fee,
        step=step,
        brand_id=fee.brand_id,
        streamer_id=fee.streamer_id,
        agency_id=fee.agency_id,
        currency=fee.currency,
        amount=sum(parts),
        brand_part=parts[0],
        streamer_part=parts[1],
        agency_part=parts[2],
        at=now,
    )


def _post(fee: SlotFee, kind: str, legs: Sequence[Leg], *, now: datetime) -> None:
    tripwire.expect(fee.id)
    post(key=f"{kind}:{fee.id}", kind=kind, subject=fee.id, entries=legs, at=now)
