"""Commission plans of brands. A plan's terms never change: end it and make another."""

from collections.abc import Mapping
from datetime import datetime

from marketplace import idempotency, outbox
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from marketplace.lib.clock import to_wire
from marketplace.models import Brand, Product, User
from streams.actions import steps
from streams.errors import CollaborationOver
from streams.models import Collaboration, CollaborationRate, Streamer

Kind = Collaboration.Kind


def make_collaboration(
    *,
    brand: Brand,
    kind: str,
    rate_bp: int,
    actor: User,
    now: datetime,
    streamer_id: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    rates: Mapping[str, int] | None = None,
) -> Collaboration:
    """Offer a plan to every streamer (open), or to one (targeted, exclusive).

    Args:
        brand: whose products it is for.
        kind: ``open``, ``targeted`` or ``exclusive``; the last keeps others from the brand's open plans.
        rate_bp: the streamer's commission, basis points of what the buyer paid.
        actor: who offers it.
        now: the present.
        streamer_id: for whom; only an open plan names nobody.
        starts_at: when it begins; now when None, never in the past.
        ends_at: when it ends; open-ended when None.
        rates: rates of single products of the brand, by product id.

    Raises NotFound (``streamer``), Invalid.
    """
    starts_at = starts_at or now
    with action():
        _refuse_contradictions(kind, streamer_id, starts_at, ends_at, now=now)
        plan = Collaboration.objects.create(
            brand=brand,
            streamer=_streamer(streamer_id),
            kind=kind,
            rate_bp=rate_bp,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
        )
        _add_rates(plan, rates or {})
        _record("collaboration.created", plan, actor=actor, now=now)
        idempotency.remember(plan)
    return plan


def end_collaboration(*, collaboration_id: str, actor: User, now: datetime) -> Collaboration:
    """End a plan now; what was sold under it keeps its terms. Raises NotFound, CollaborationOver."""
    with action():
        ended = (
            Collaboration.objects.filter(id=collaboration_id).exclude(ends_at__lte=now).update(ends_at=now)
        )
        plan = Collaboration.objects.filter(id=collaboration_id).first()
        if plan is None:
            raise NotFound
        if not ended:
            raise CollaborationOver
        _record("collaboration.ended", plan, actor=actor, now=now)
        idempotency.remember(plan)
    return plan


def _refuse_contradictions(
    kind: str, streamer_id: str | None, starts_at: datetime, ends_at: datetime | None, *, now: datetime
) -> None:
    if (kind == Kind.OPEN) == (streamer_id is not None):
        raise steps.invalid("streamer", "An open plan names no streamer, any other names one.")
    if starts_at < now:
        raise steps.invalid("starts_at", "A plan begins now or later.")
    if ends_at is not None and ends_at <= starts_at:
        raise steps.invalid("ends_at", "A plan ends after it begins.")


def _streamer(streamer_id: str | None) -> Streamer | None:
    if streamer_id is None:
        return None
    streamer = Streamer.objects.filter(id=streamer_id).first()
    if streamer is None:
        raise NotFound("There is no such streamer.", param="streamer")
    return streamer


def _add_rates(plan: Collaboration, rates: Mapping[str, int]) -> None:
    products = Product.objects.filter(brand_id=plan.brand_id, id__in=list(rates))
    unknown = set(rates) - set(products.values_list("id", flat=True))
    if unknown:
        raise steps.invalid("rates", "Rates are for products of the brand only.")
    CollaborationRate.objects.bulk_create(
        CollaborationRate(collaboration=plan, product_id=product_id, rate_bp=rate_bp)
        for product_id, rate_bp in sorted(rates.items())
    )


def _record(type_: str, plan: Collaboration, *, actor: User, now: datetime) -> None:
    payload = {
        "collaboration": plan.id,
        "brand": plan.brand_id,
        "streamer": plan.streamer_id,
        "kind": plan.kind,
        "rate_bp": plan.rate_bp,
        "starts_at": to_wire(plan.starts_at),
        "ends_at": to_wire(plan.ends_at) if plan.ends_at else None,
        "actor": actor.id,
    }
    outbox.append(type_, subject=plan.id, payload=payload, now=now)
