"""The terms that a sale from a slot is made under: looked up at purchase, then copied onto the order line."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from marketplace.models import BrandMember
from streams.models import Collaboration, CollaborationRate, Slot, Streamer

Row = Mapping[str, Any]

#: Which kind of plan wins when several run; of two of one kind it is the newer one.
PRECEDENCE: dict[str, int] = {
    Collaboration.Kind.EXCLUSIVE: 2,
    Collaboration.Kind.TARGETED: 1,
    Collaboration.Kind.OPEN: 0,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Who gets which share of a sale. Rates are basis points; without a plan the streamer's rate is 0."""

    brand_id: str
    streamer_id: str
    collaboration_id: str | None
    rate_bp: int
    agency_id: str | None
    agency_share_bp: int
    fee_bp: int
    return_policy: str


def terms_for(slots: Collection[Slot], *, now: datetime) -> dict[str, Terms]:
    """Return the present terms of each slot, by slot id, in three queries whatever the number of slots.

    The plan is the brand's exclusive one with this streamer, else a targeted one, else an open one, of those
    that run at ``now``; its rate for the product goes before its rate for everything.
    """
    rows = _known_of(slots)
    plans = _plans({row["variant__brand_id"] for row in rows}, now=now)
    rates = _rates([plan["id"] for plan in plans], {row["variant__product_id"] for row in rows})
    return {row["id"]: _terms(row, plans, rates) for row in rows}


def running_plans(*, now: datetime) -> QuerySet[Collaboration]:
    """Return the plans that run at this moment: begun and not ended."""
    return Collaboration.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)


def _known_of(slots: Collection[Slot]) -> Sequence[Row]:
    return list(
        Slot.objects.filter(id__in=[slot.id for slot in slots])
        .order_by()
        .values(
            "id",
            "variant__brand_id",
            "variant__product_id",
            "variant__product__return_policy",
            "variant__product__category__fee_bp",
            "session__streamer_id",
            "session__streamer__agency_id",
            "session__streamer__agency__share_bp",
        )
    )


def _plans(brand_ids: Iterable[str], *, now: datetime) -> Sequence[Row]:
    """Return the running plans of these brands, the one that wins first."""
    plans = running_plans(now=now).filter(brand_id__in=set(brand_ids)).order_by()
    return sorted(
        plans.values("id", "brand_id", "streamer_id", "kind", "rate_bp"),
        key=lambda plan: (PRECEDENCE[plan["kind"]], plan["id"]),
        reverse=True,
    )


def _rates(plan_ids: Iterable[str], product_ids: Iterable[str]) -> Mapping[tuple[str, str], int]:
    rates = CollaborationRate.objects.filter(
        collaboration_id__in=list(plan_ids), product_id__in=set(product_ids)
    )
    return {
        (plan, product): rate_bp
        for plan, product, rate_bp in rates.values_list("collaboration_id", "product_id", "rate_bp")
    }


def _terms(row: Row, plans: Sequence[Row], rates: Mapping[tuple[str, str], int]) -> Terms:
    brand, streamer = row["variant__brand_id"], row["session__streamer_id"]
    plan = next(
        (each for each in plans if each["brand_id"] == brand and each["streamer_id"] in (None, streamer)),
        None,
    )
    product = row["variant__product_id"]
    return Terms(
        brand_id=brand,
        streamer_id=streamer,
        collaboration_id=plan["id"] if plan else None,
        rate_bp=rates.get((plan["id"], product), plan["rate_bp"]) if plan else 0,
        agency_id=row["session__streamer__agency_id"],
        agency_share_bp=row["session__streamer__agency__share_bp"] or 0,
        fee_bp=row["variant__product__category__fee_bp"],
        return_policy=row["variant__product__return_policy"],
    )


def agreed_brands(streamer: Streamer, brand_ids: Iterable[str], *, now: datetime) -> set[str]:
    """Return which of these brands let the streamer sell their products at this moment.

    A running plan that names the streamer, an open plan while no exclusive one with somebody else runs, or
    being a member of the brand.
    """
    wanted = set(brand_ids)
    plans = list(running_plans(now=now).filter(brand_id__in=wanted).values("brand_id", "streamer_id", "kind"))
    reserved = {
        plan["brand_id"]
        for plan in plans
        if plan["kind"] == Collaboration.Kind.EXCLUSIVE and plan["streamer_id"] != streamer.id
    }
    named = {plan["brand_id"] for plan in plans if plan["streamer_id"] == streamer.id}
    open_to_all = {plan["brand_id"] for plan in plans if plan["streamer_id"] is None} - reserved
    own = BrandMember.objects.filter(brand_id__in=wanted, user_id=streamer.user_id)
    return named | open_to_all | set(own.values_list("brand_id", flat=True))
