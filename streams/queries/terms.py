"""The terms that a sale from a slot is made under: looked up at purchase, then copied onto the order line."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from marketplace.lib import rows
from marketplace.lib.money import BASIS_POINTS
from marketplace.models import Variant
from streams.models import Collaboration, Slot, Streamer

#: What a slot, its product and its streamer say; as SQL because every purchase reads it.
_KNOWN = """
SELECT slot.id, product.brand_id, product.id, product.return_policy, category.fee_bp,
       session.streamer_id, streamer.agency_id, agency.share_bp
FROM streams_slot slot
JOIN marketplace_variant variant ON variant.id = slot.variant_id
JOIN marketplace_product product ON product.id = variant.product_id
JOIN marketplace_category category ON category.slug = product.category_id
JOIN streams_session session ON session.id = slot.session_id
JOIN streams_streamer streamer ON streamer.id = session.streamer_id
LEFT JOIN streams_agency agency ON agency.id = streamer.agency_id
WHERE slot.id"""
_KNOWN_KINDS = ("slt", "brd", "prd", None, None, "str", "agc", None)
#: Running plans, each with its rates for the products that are asked about.
_PLANS = """
SELECT plan.id, plan.brand_id, plan.streamer_id, plan.kind, plan.rate_bp, rate.product_id, rate.rate_bp
FROM streams_collaboration plan
LEFT JOIN streams_collaborationrate rate ON rate.collaboration_id = plan.id AND rate.product_id"""
_RUNNING = "WHERE plan.starts_at <= %s AND (plan.ends_at IS NULL OR plan.ends_at > %s) AND plan.brand_id"
_AGREEING = f"SELECT plan.brand_id, plan.streamer_id, plan.kind FROM streams_collaboration plan {_RUNNING}"  # noqa: S608
_MEMBER, _EXCLUSIVE = "member", Collaboration.Kind.EXCLUSIVE
_OWN = f"""
SELECT brand_id, NULL, '{_MEMBER}' FROM marketplace_brandmember WHERE user_id = %s AND brand_id"""  # noqa: S608
_PLAN_KINDS = ("col", "brd", "str", None, None, "prd", None)

#: Which kind of plan wins when several run; of two of one kind it is the newer one.
PRECEDENCE: dict[str, int] = {
    Collaboration.Kind.EXCLUSIVE: 2,
    Collaboration.Kind.TARGETED: 1,
    Collaboration.Kind.OPEN: 0,
}


class _Known(NamedTuple):
    slot_id: str
    brand_id: str
    product_id: str
    return_policy: str
    fee_bp: int
    streamer_id: str
    agency_id: str | None
    agency_share_bp: int | None


class _Plan(NamedTuple):
    id: str
    brand_id: str
    streamer_id: str | None
    kind: str
    rate_bp: int


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

    def least_earned(self, base: int) -> int:
        """Return what the streamer earns of this base at least, in minor units: roundings may add one."""
        commission = base * self.rate_bp // BASIS_POINTS
        return commission * (BASIS_POINTS - self.agency_share_bp) // BASIS_POINTS


class Asked:
    """Terms on their way: both queries are sent, the answer is put together when it is asked for."""

    def __init__(
        self,
        slot_ids: Collection[str],
        brand_ids: Collection[str],
        product_ids: Collection[str],
        now: datetime,
    ) -> None:
        slots, brands, products = map(rows.any_of, (slot_ids, brand_ids, product_ids))
        moment = connection.ops.adapt_datetimefield_value(now)
        self._known = rows.ask_select(f"{_KNOWN} {slots[0]}", slots[1], kinds=_KNOWN_KINDS)
        self._plans = rows.ask_select(
            f"{_PLANS} {products[0]} {_RUNNING} {brands[0]}",
            [*products[1], moment, moment, *brands[1]],
            kinds=_PLAN_KINDS,
        )

    def get(self) -> dict[str, Terms]:
        """Return the terms of each slot, by slot id."""
        known = [_Known(*row) for row in self._known.get()]
        found = self._plans.get()
        plans = {row[0]: _Plan(*row[:5]) for row in found}
        rates = {(row[0], row[5]): row[6] for row in found if row[5] is not None}
        best_first = sorted(plans.values(), key=lambda plan: (PRECEDENCE[plan.kind], plan.id), reverse=True)
        return {each.slot_id: _terms(each, best_first, rates) for each in known}


def ask_terms(
    *, slot_ids: Collection[str], brand_ids: Collection[str], product_ids: Collection[str], now: datetime
) -> Asked:
    """Ask for the present terms of slots, which sell these products of these brands.

    The plan is the brand's exclusive one with this streamer, else a targeted one, else an open one, of those
    that run at ``now``; its rate for the product goes before its rate for everything.
    """
    return Asked(slot_ids, brand_ids, product_ids, now)


def terms_for(slots: Collection[Slot], *, now: datetime) -> dict[str, Terms]:
    """Return the present terms of each slot, by slot id; see ``ask_terms``."""
    if not slots:
        return {}
    sold = Variant.objects.filter(id__in={slot.variant_id for slot in slots})
    pairs = sold.values_list("product_id", "brand_id")
    products, brands = zip(*pairs, strict=True)
    slot_ids = [slot.id for slot in slots]
    return ask_terms(slot_ids=slot_ids, brand_ids=set(brands), product_ids=set(products), now=now).get()


def running_plans(*, now: datetime) -> QuerySet[Collaboration]:
    """Return the plans that run at this moment: begun and not ended."""
    return Collaboration.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)


def _terms(known: _Known, plans: Sequence[_Plan], rates: Mapping[tuple[str, str], int]) -> Terms:
    parties = (None, known.streamer_id)
    plan = next(
        (each for each in plans if each.brand_id == known.brand_id and each.streamer_id in parties), None
    )
    return Terms(
        brand_id=known.brand_id,
        streamer_id=known.streamer_id,
        collaboration_id=plan.id if plan else None,
        rate_bp=rates.get((plan.id, known.product_id), plan.rate_bp) if plan else 0,
        agency_id=known.agency_id,
        agency_share_bp=known.agency_share_bp or 0,
        fee_bp=known.fee_bp,
        return_policy=known.return_policy,
    )


def agreed_brands(streamer: Streamer, brand_ids: Iterable[str], *, now: datetime) -> set[str]:
    """Return which of these brands let the streamer sell their products at this moment.

    A running plan that names the streamer, an open plan while no exclusive one with somebody else runs, or
    being a member of the brand.
    """
    condition, brands = rows.any_of(set(brand_ids))
    found = rows.select(
        f"{_AGREEING} {condition} UNION ALL {_OWN} {condition}",
        [now, now, *brands, streamer.user_id[-32:], *brands],
        kinds=("brd", "str", None),
    )
    reserved = {brand for brand, whose, kind in found if kind == _EXCLUSIVE and whose != streamer.id}
    named = {brand for brand, whose, kind in found if whose == streamer.id or kind == _MEMBER}
    open_to_all = {brand for brand, whose, kind in found if whose is None and kind != _MEMBER}
    return named | (open_to_all - reserved)
