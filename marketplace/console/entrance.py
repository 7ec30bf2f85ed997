"""Who comes in: people of the admin, and of a session only those who moderate or host it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse

from marketplace.admin.base import person_of
from marketplace.errors import Forbidden, NotFound
from streams.models import Session
from streams.permissions import Access
from streams.queries.access import get_session_for

View = Callable[..., HttpResponse]


def inside(view: View) -> View:
    """Let in whom the admin lets in; others are sent to its door."""
    guarded: View = admin.site.admin_view(view)
    return guarded


def session_for(request: HttpRequest, session_id: Any, access: Access) -> Session:
    """Return a session; what a person may not touch is not there for them. Raises Http404."""
    try:
        return get_session_for(person_of(request), str(session_id), access)
    except (NotFound, Forbidden):
        raise Http404 from None
