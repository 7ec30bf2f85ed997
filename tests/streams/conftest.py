"""Hana's and Rico's sessions, and what Olga's brand lets them sell: tea and cups."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import pytest

from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Brand, Category, User, Variant
from streams.actions.collaborations import make_collaboration
from streams.actions.lineup import add_slot
from streams.actions.people import add_moderator, register_streamer
from streams.actions.sessions import cancel_session, create_session, schedule_session
from streams.actions.show import end_session, pause_session, rehearse_session, start_session
from streams.models import Collaboration, Session, Slot, Streamer
from tests.marketplace.rest_callers import Caller, with_token
from tests.people import sign_up

UNITS = 30


def yuan(amount: int) -> Money:
    return Money(amount, "CNY")


class MakeVariant(Protocol):
    def __call__(self, sku: str, *, price: Money = ..., units: int = ...) -> Variant: ...


@pytest.fixture
def streamer(host: User) -> Streamer:
    """Return Hana on stage."""
    return register_streamer(user=host, name="Hana Live", bio="Tea every day.", now=clock.now())


@pytest.fixture
def other_streamer(rival: User) -> Streamer:
    """Return Rico on stage."""
    return register_streamer(user=rival, name="Rico Live", now=clock.now())


@pytest.fixture
def moderator(streamer: Streamer, host: User) -> User:
    """Return Mona, who keeps Hana's chat civil."""
    person = sign_up("mona")
    add_moderator(streamer_id=streamer.id, user_id=person.id, actor=host, now=clock.now())
    return person


@pytest.fixture
def category(db: None) -> Category:
    return Category.objects.create(slug="tea", name="Tea", fee_bp=500)


@pytest.fixture
def make_variant(brand: Brand, brand_owner: User, category: Category) -> MakeVariant:
    """Return a function that puts a published product of the brand on the shelf, one variant each."""

    def make(sku: str, *, price: Money = Money(4990, "CNY"), units: int = UNITS) -> Variant:  # noqa: B008
        now = clock.now()
        product = create_product(
            brand_id=brand.id, category=category.slug, title=f"{sku} of the brand", actor=brand_owner, now=now
        )
        variant = create_variant(
            product_id=product.id, sku=sku, price=price, on_hand=units, actor=brand_owner, now=now
        )
        publish_product(product_id=product.id, actor=brand_owner, now=now)
        return variant

    return make


@pytest.fixture
def tea(make_variant: MakeVariant) -> Variant:
    """Return thirty bags of tea at 49.90 yuan."""
    return make_variant("TEA")


@pytest.fixture
def cup(make_variant: MakeVariant) -> Variant:
    """Return thirty cups at 49.90 yuan."""
    return make_variant("CUP")


@pytest.fixture
def plan(brand: Brand, brand_owner: User) -> Collaboration:
    """Return the brand's plan for every streamer: 10 %."""
    return make_collaboration(brand=brand, kind="open", rate_bp=1000, actor=brand_owner, now=clock.now())


@pytest.fixture
def draft(streamer: Streamer, host: User) -> Session:
    """Return a session that Hana has only begun to plan."""
    return create_session(streamer=streamer, title="Spring tea", actor=host, now=clock.now())


@pytest.fixture
def slot(draft: Session, plan: Collaboration, tea: Variant, host: User) -> Slot:
    """Return the tea in Hana's line-up, at 39.90 yuan."""
    return add_slot(
        session_id=draft.id, variant_id=tea.id, live_price=yuan(3990), actor=host, now=clock.now()
    )


@pytest.fixture
def cup_slot(slot: Slot, cup: Variant, host: User) -> Slot:
    """Return the cup, second in Hana's line-up, at 29.90 yuan."""
    return add_slot(
        session_id=slot.session_id, variant_id=cup.id, live_price=yuan(2990), actor=host, now=clock.now()
    )


@pytest.fixture
def scheduled(draft: Session, slot: Slot, host: User) -> Session:
    """Return Hana's session, announced for in an hour, with tea in its line-up."""
    now = clock.now()
    return schedule_session(session_id=draft.id, scheduled_at=now + timedelta(hours=1), actor=host, now=now)


@pytest.fixture
def live(scheduled: Session, host: User) -> Session:
    """Return Hana's session, on air."""
    return start_session(session_id=scheduled.id, actor=host, now=clock.now())


@pytest.fixture
def as_host(host: User) -> Caller:
    """Return Hana at her console."""
    return with_token(host, "sessions:host")


@pytest.fixture
def as_outsider(outsider: User) -> Caller:
    """Return Otto, who tries doors."""
    return with_token(outsider, "sessions:host", "catalogue:write")


BringTo = Callable[[str], Session]


@pytest.fixture
def bring_to(draft: Session, slot: Slot, host: User) -> BringTo:
    """Return a function that takes Hana's draft, with tea in its line-up, to a state by the shortest way."""

    def bring(state: str) -> Session:
        now = clock.now()
        for step in _WAYS[state]:
            given = {"scheduled_at": now + timedelta(hours=1)} if step is schedule_session else {}
            step(session_id=draft.id, actor=host, now=now, **given)
        return Session.objects.get(id=draft.id)

    return bring


Step = Callable[..., Session]
_WAYS: dict[str, tuple[Step, ...]] = {
    "draft": (),
    "scheduled": (schedule_session,),
    "rehearsal": (schedule_session, rehearse_session),
    "live": (schedule_session, start_session),
    "paused": (schedule_session, start_session, pause_session),
    "ended": (schedule_session, start_session, end_session),
    "cancelled": (schedule_session, cancel_session),
}
