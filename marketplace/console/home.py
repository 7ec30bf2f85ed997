"""The admin's first page: one's next shows, and the lists that one may open."""

from typing import Any

from django.http import HttpRequest

from marketplace.admin.base import person_of
from marketplace.console.sidebar import navigation
from streams.permissions import moderates
from streams.queries.shows import shows_of

SHOWN = 5


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the page's context: ``shows`` of whoever has any, ``groups`` as in the sidebar."""
    person = person_of(request)
    shows = shows_of(person, limit=SHOWN) if moderates(person) else []
    return {**context, "title": "Overview", "shows": shows, "groups": navigation(request)}
