"""The report of a show: what it sold, to whom, what came back and why, and who has the money."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import TruncMinute

from marketplace.models import Brand, Product
from marketplace.reports.queries.cohorts import ReturnRates, rates_of
from marketplace.reports.queries.lines import Whose, lines_in
from marketplace.reports.queries.parties import Share, shares
from marketplace.reports.queries.people import Funnel, funnel
from marketplace.reports.queries.reasons import Reason, reasons
from marketplace.reports.queries.sales import Sales, summed
from orders.models import OrderLine
from streams.models import Session, Slot
from streams.queries.figures import LONGEST_SERIES


@dataclass(frozen=True, slots=True)
class MinuteSales:
    """What was ordered in one minute, and what of that is left."""

    minute: datetime
    sales: Sales


@dataclass(frozen=True, slots=True)
class ProductSales:
    """What was sold of one product."""

    product_id: str
    title: str
    sales: Sales


@dataclass(frozen=True, slots=True)
class Report:
    """A show, or what some brands had in it; ``brands`` is None for all of it.

    ``minutes`` are those in which something was ordered during the show, ``after_show`` is what its replay
    sold. Without a currency nothing was in the line-up, and there is nothing else to tell.
    """

    session: Session
    brands: list[Brand] | None
    currency: str | None
    total: Sales | None
    after_show: Sales | None
    funnel: Funnel
    rates: ReturnRates
    minutes: list[MinuteSales]
    reasons: list[Reason]
    shares: list[Share]
    products: list[ProductSales]


def report_of(session: Session, brand_ids: Collection[str] | None, *, now: datetime) -> Report:
    """Return the report of a show, limited to lines of some brands unless None; 18 queries at most."""
    lines = lines_in(session.id, brand_ids)
    currency = Slot.objects.filter(session=session).values_list("currency", flat=True).first()
    after = lines.filter(created_at__gt=session.ended_at) if session.ended_at else lines.none()
    brands = None if brand_ids is None else list(Brand.objects.filter(id__in=brand_ids).order_by("name"))
    return Report(
        session=session,
        brands=brands,
        currency=currency,
        total=_total(lines, currency, now),
        after_show=_total(after, currency, now),
        funnel=funnel(session.id, lines),
        rates=rates_of(lines, Whose.SESSION, session.id, now=now),
        minutes=_minutes(lines, session, now),
        reasons=reasons(lines, currency) if currency else [],
        shares=shares(lines, currency) if currency else [],
        products=_products(lines, now),
    )


def _total(lines: QuerySet[OrderLine], currency: str | None, now: datetime) -> Sales | None:
    if currency is None:
        return None
    rows = summed(lines.filter(currency=currency), "currency", now=now)
    return next((Sales(**row) for row in rows), Sales(currency))


def _minutes(lines: QuerySet[OrderLine], session: Session, now: datetime) -> list[MinuteSales]:
    """Return the minutes of the show with orders in them, oldest first; of a long show the latest."""
    during = lines.filter(created_at__lte=session.ended_at or now)
    rows: Any = summed(during, "currency", now=now, minute=TruncMinute("created_at"))
    latest = list(rows.order_by("-minute")[:LONGEST_SERIES])
    return [MinuteSales(row.pop("minute"), Sales(**row)) for row in reversed(latest)]


def _products(lines: QuerySet[OrderLine], now: datetime) -> list[ProductSales]:
    """Return what was sold of each product, most kept first."""
    rows = list(summed(lines, "product_id", "currency", now=now))
    titles = dict(
        Product.objects.filter(id__in=[row["product_id"] for row in rows]).values_list("id", "title")
    )
    found = [
        ProductSales(product_id := row.pop("product_id"), titles.get(product_id, ""), Sales(**row))
        for row in rows
    ]
    return sorted(found, key=lambda each: (-each.sales.total_kept.amount, each.title))
