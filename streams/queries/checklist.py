"""The pre-flight check: what a host should have seen to before the show."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.models import Product
from streams.models import Session, Slot
from streams.queries.terms import agreed_brands


@dataclass(frozen=True, slots=True)
class Check:
    """One item: whether it holds, whether going live demands it, and the slots that fail it."""

    code: str
    title: str
    required: bool
    passed: bool
    failing: tuple[str, ...] = ()


def checklist(session: Session, *, now: datetime) -> list[Check]:
    """Return the checks of a session in the order a host goes through them; four queries.

    Going live demands a line-up whose products may be sold and whose brands agree; the rest is advice.
    """
    slots = list(Slot.objects.filter(session=session).select_related("variant__product", "variant__stock"))
    agreed = agreed_brands(session.streamer, {slot.variant.brand_id for slot in slots}, now=now)
    shown = [slot for slot in slots if slot.on_sale]
    return [
        Check("date", "A date is set", required=False, passed=session.scheduled_at is not None),
        Check("cover", "There is a cover picture", required=False, passed=bool(session.cover)),
        Check("line_up", "The line-up holds a product", required=True, passed=bool(slots)),
        _without("for_sale", "Every product is published", [s for s in slots if not is_for_sale(s)], True),
        _without(
            "agreed", "Every brand agrees", [s for s in slots if s.variant.brand_id not in agreed], True
        ),
        Check("on_sale", "A product is on sale", required=False, passed=bool(shown)),
        _without("stock", "Every product on sale has units left", [s for s in shown if _left(s) <= 0], False),
        _without("prices", "No live price is above the list price", [s for s in slots if _dearer(s)], False),
    ]


def unready(session: Session, *, now: datetime) -> list[Check]:
    """Return the checks that keep a session from going live."""
    return [check for check in checklist(session, now=now) if check.required and not check.passed]


def is_for_sale(slot: Slot) -> bool:
    """Tell whether the slot's variant may be sold at all; needs ``variant__product`` loaded."""
    return slot.variant.active and slot.variant.product.state == Product.State.PUBLISHED


def _without(code: str, title: str, failing: list[Slot], required: bool) -> Check:
    return Check(code, title, required, passed=not failing, failing=tuple(slot.id for slot in failing))


def _left(slot: Slot) -> int:
    return slot.left(slot.variant.stock.available)


def _dearer(slot: Slot) -> bool:
    return slot.live_price > slot.variant.list_price
