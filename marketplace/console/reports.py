"""Pages of reports: the shows that somebody has a part in, and what one of them came to."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from marketplace.admin.base import person_of
from marketplace.console.report import cohort_bars, page_of, rate
from marketplace.errors import Forbidden, NotFound
from marketplace.lib import clock
from marketplace.lib.ids import is_id
from marketplace.models import Brand, User
from marketplace.permissions import brands_of, is_platform_staff
from marketplace.reports.permissions import get_reported_session
from marketplace.reports.queries.cohorts import return_rates
from marketplace.reports.queries.lines import Whose, lines_of
from marketplace.reports.queries.sales import sales
from marketplace.reports.queries.session_report import report_of
from marketplace.reports.queries.shows import reads_reports, reported_shows

LISTED = 50


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """List the shows that somebody has a part in; with ``?brand=`` those of a brand, and its figures."""
    person, now = person_of(request), clock.now()
    if not reads_reports(person):
        raise Http404
    own = [] if is_platform_staff(person) else list(brands_of(person).order_by("name"))
    brand = _brand(person, request.GET.get("brand"), own)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Reports of {brand}" if brand else "Reports",
        "brand": brand,
        "brands": own if len(own) > 1 else [],
        "shows": reported_shows(person, brand.id if brand else None, now=now, limit=LISTED),
    }
    if brand:
        rates = return_rates(Whose.BRAND, brand.id, now=now)
        context |= {
            "sales": sales(lines_of(Whose.BRAND, [brand.id]), now=now),
            "rate": rate(rates.so_far.rate_bp),
            "cohorts": cohort_bars(rates),
        }
    return TemplateResponse(request, "console/reports.html", context)


@require_safe
def report(request: HttpRequest, session_id: str) -> HttpResponse:
    """Show what a show came to: all of it to its host, their own part to members of a brand."""
    try:
        session, brands = get_reported_session(person_of(request), session_id)
    except (NotFound, Forbidden):
        raise Http404 from None
    context = {
        **admin.site.each_context(request),
        "title": f"Report: {session.title}",
        **page_of(report_of(session, brands, now=clock.now())),
    }
    return TemplateResponse(request, "console/report.html", context)


def _brand(person: User, brand_id: str | None, own: list[Brand]) -> Brand | None:
    """Return the brand that is asked for, else a member's only one; raises Http404 for somebody else's."""
    if brand_id is None:
        return own[0] if len(own) == 1 else None
    found = brands_of(person).filter(id=brand_id).first() if is_id(brand_id, "brd") else None
    if found is None:
        raise Http404
    return found
