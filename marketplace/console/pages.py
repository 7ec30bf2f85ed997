"""Pages of the console: the list of one's shows, one show, and what its script reads again."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from marketplace.admin.base import person_of
from marketplace.console.entrance import session_for
from marketplace.console.stage import stage_of
from marketplace.console.tiles import figures_of
from marketplace.lib import clock
from streams.permissions import Access, hosts, moderates
from streams.queries.shows import shows_of

LISTED = 50


@require_safe
def shows(request: HttpRequest) -> HttpResponse:
    """List the shows that somebody hosts or moderates."""
    person = person_of(request)
    if not moderates(person):
        raise Http404
    context = {
        **admin.site.each_context(request),
        "title": "My shows",
        "shows": shows_of(person, limit=LISTED),
        "may_host": hosts(person),
    }
    return TemplateResponse(request, "console/shows.html", context)


@require_safe
def show(request: HttpRequest, session_id: str) -> HttpResponse:
    """Run a show; moderators find its chat alone."""
    context = _stage(request, session_id)
    session = context["session"]
    found = figures_of(session, now=context["now"]) if context["may_host"] else {}
    context |= {
        **admin.site.each_context(request),
        "title": session.title,
        "figures": found,
        "is_fullwidth": "1",
        "wiring": {
            "session": session.id,
            "state": session.state,
            "seq": session.last_seq,
            "counts": context["may_host"] and not context["before"],
            "stage": reverse("console:stage", args=[session.id]),
            "figures": reverse("console:figures", args=[session.id]),
        },
    }
    return TemplateResponse(request, "console/show.html", context)


@require_safe
def stage(request: HttpRequest, session_id: str) -> HttpResponse:
    """Return the parts of the page that change with the show, without the admin around them."""
    return TemplateResponse(request, "console/stage.html", _stage(request, session_id))


@require_safe
def figures(request: HttpRequest, session_id: str) -> HttpResponse:
    """Return tiles, charts and feed as JSON."""
    session = session_for(request, session_id, Access.HOST)
    return JsonResponse(figures_of(session, now=clock.now()))


def _stage(request: HttpRequest, session_id: str) -> dict[str, Any]:
    session = session_for(request, session_id, Access.MODERATE)
    return stage_of(session, person_of(request), now=clock.now())
