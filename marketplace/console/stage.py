"""What the console shows of a session's stage and chat, as its template draws it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.permissions import brands_of
from marketplace.storefront.forms import new_key
from streams.admin.forms import as_written
from streams.models import BlockedWord, Deal, Session, Slot
from streams.permissions import Access, rights
from streams.queries.candidates import slots_of, unclosed_deals, variants_to_add
from streams.queries.chat import last_chats, pinned_chat, standing_sanctions
from streams.queries.checklist import checklist
from streams.queries.shows import lineups_to_copy
from streams.states import ON_AIR, OVER

State = Session.State
BEFORE = frozenset({State.DRAFT, State.SCHEDULED, State.REHEARSAL})
#: Rows that a digit pins.
KEYS = 9
CHATS = 60
SANCTIONS = 50
#: In the place of a message's id, in the form that the page's script fills in.
BLANK_MESSAGE = f"msg_{0:032}"
#: What a deal's form offers first.
QUOTA, SECONDS = 20, 60


@dataclass(frozen=True)
class Row:
    """One slot as a row: what is left, its deal if one runs, the key that pins it, what one may do."""

    slot: Slot
    left: int
    deal: Deal | None
    key: str
    written_price: str
    written_full_price: str
    dearer: bool
    may_restock: bool

    @property
    def deal_left(self) -> int:
        """Return what is left of the deal."""
        return self.deal.left(self.left) if self.deal else 0

    @property
    def deal_price(self) -> Money | None:
        """Return what a unit costs in the deal."""
        return Money(self.deal.price, self.slot.currency) if self.deal else None

    @property
    def quota(self) -> int:
        """Return the quota that a deal's form offers."""
        return max(1, min(QUOTA, self.left))


def stage_of(session: Session, person: User, *, now: datetime) -> dict[str, Any]:
    """Return what the console's template needs; what only hosts see is left out for moderators."""
    may_host = Access.HOST in rights(person, session)
    context = {
        "session": session,
        "may_host": may_host,
        "before": session.state in BEFORE,
        "on_air": session.state in ON_AIR,
        "over": session.state in OVER,
        "now": now,
        "seconds": SECONDS,
        "form_key": new_key(),  # of each form that is done once; their addresses tell them apart
        "running_for": _clock((session.ended_at or now) - session.started_at) if session.started_at else "",
        **_chat(session, now=now),
    }
    return context | (_hosted(session, person, now=now) if may_host else {})


def _hosted(session: Session, person: User, *, now: datetime) -> dict[str, Any]:
    rows = _rows(session, person)
    planning = session.state not in OVER
    checks = checklist(session, now=now) if session.state in BEFORE else []
    names = {row.slot.id: row.slot.variant.product.title for row in rows}
    return {
        "rows": rows,
        "pinned": next((row for row in rows if row.slot.pinned), None),
        "running": [row for row in rows if row.deal],
        "checks": [(check, [names[id_] for id_ in check.failing if id_ in names]) for check in checks],
        "ready": all(check.passed for check in checks if check.required),
        "variants": [(each, as_written(each.price)) for each in variants_to_add(session, now=now)]
        if planning
        else [],
        "sources": lineups_to_copy(session, limit=20) if session.state in BEFORE else [],
    }


def _rows(session: Session, person: User) -> list[Row]:
    running = {deal.slot_id: deal for deal in unclosed_deals(session)}
    own_brands = set(brands_of(person).values_list("id", flat=True))
    return [
        Row(
            slot=slot,
            left=slot.left(slot.variant.stock.available),
            deal=running.get(slot.id),
            key=str(place) if place <= KEYS else "",
            written_price=as_written(slot.price),
            written_full_price=as_written(slot.full_price),
            dearer=slot.live_price > slot.variant.list_price,
            may_restock=slot.variant.brand_id in own_brands,
        )
        for place, slot in enumerate(slots_of(session), start=1)
    ]


def _chat(session: Session, *, now: datetime) -> dict[str, Any]:
    sanctions = standing_sanctions(now=now).filter(session=session).select_related("user")
    return {
        "blank_message": BLANK_MESSAGE,
        "chats": last_chats(session.id, CHATS),
        "pinned_chat": pinned_chat(session.id),
        "sanctions": sanctions.order_by("-id")[:SANCTIONS],
        "words": BlockedWord.objects.filter(session=session).order_by("word"),
    }


def _clock(length: Any) -> str:
    seconds = max(0, int(length.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
