"""What a host, or a brand, chooses from."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from marketplace.models import BrandMember, Product, User, Variant
from streams.models import Deal, Session, Slot
from streams.queries.sessions import deals, line_up
from streams.queries.terms import agreed_brands, running_plans

MOST = 500


def variants_to_add(session: Session, *, now: datetime) -> QuerySet[Variant]:
    """Return up to 500 variants for sale whose brand agrees and that the line-up has not got."""
    planned = set(running_plans(now=now).values_list("brand_id", flat=True))
    own = BrandMember.objects.filter(user_id=session.streamer.user_id).values_list("brand_id", flat=True)
    brands = agreed_brands(session.streamer, planned | set(own), now=now)
    variants = Variant.objects.filter(
        active=True, product__state=Product.State.PUBLISHED, product__brand_id__in=brands
    )
    there = Slot.objects.filter(session=session).values("variant_id")
    return variants.exclude(id__in=there).select_related("product").order_by("product__title", "id")[:MOST]


def slots_of(session: Session) -> QuerySet[Slot]:
    """Return the line-up of a session."""
    return line_up().filter(session=session)


def unclosed_deals(session: Session) -> QuerySet[Deal]:
    """Return the deals of a session that have not been closed."""
    return deals().filter(session=session, closed_at=None).order_by("id")


def slots_of_own_brands(user: User, *, states: Collection[str]) -> QuerySet[Slot]:
    """Return up to 500 slots of a person's brands in sessions in these states, the latest sessions first."""
    brands = BrandMember.objects.filter(user=user).values("brand_id")
    mine = line_up().filter(variant__brand_id__in=brands, session__state__in=states)
    return mine.select_related("session").order_by("-session_id", "position", "id")[:MOST]
