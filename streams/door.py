"""The room's door: who somebody is, and whether they may come in. Reads the database, so runs in a thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import validate_host

from streams.actions.tickets import redeem_ticket
from streams.protocol import CloseCode, ResumePoint, parse_resume_point
from streams.queries.chat import is_banned
from streams.queries.room import may_enter

_LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


class TurnedAway(Exception):
    """Somebody may not come in; ``code`` is why the socket is closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a handshake says: the room, who comes, where they left off, what they speak."""

    session_id: str
    cookie: str | None
    ticket: str | None
    since: str | None
    origin: str | None
    subprotocols: tuple[str, ...]

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any]) -> "Arrival":
        """Read a WebSocket scope that a URL route has named the session in."""
        headers = dict(scope["headers"])
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
        return cls(
            session_id=scope["url_route"]["kwargs"]["session_id"],
            cookie=cookies.get(settings.SESSION_COOKIE_NAME),
            ticket=query.get("ticket", [None])[0],
            since=query.get("since", [None])[0],
            origin=headers[b"origin"].decode("latin-1") if b"origin" in headers else None,
            subprotocols=tuple(scope.get("subprotocols", ())),
        )

    @property
    def is_nobody(self) -> bool:
        """Tell whether nothing says who comes, so that there is nothing to look up."""
        return self.cookie is None and self.ticket is None

    @property
    def is_forged(self) -> bool:
        """Tell whether another site's page sends the visitor's cookie; a program sends no Origin."""
        if self.cookie is None or self.origin is None or self.origin in settings.CSRF_TRUSTED_ORIGINS:
            return False
        host = _host_of(self.origin)
        allowed = settings.ALLOWED_HOSTS or (_LOCAL_HOSTS if settings.DEBUG else [])
        return host is None or not validate_host(host, allowed)

    def resume_point(self) -> ResumePoint | None:
        """Return where the visitor left off; raises TurnedAway when ``since`` is not ``{epoch}.{seq}``."""
        point = None if self.since is None else parse_resume_point(self.since)
        if self.since is not None and point is None:
            raise TurnedAway(CloseCode.BAD_FRAME, "since is {epoch}.{seq}")
        return point


def identify(arrival: Arrival, *, is_public: bool, now: datetime) -> str | None:
    """Return the visitor's id, None for somebody unknown.

    Args:
        arrival: the handshake. A ticket goes before a cookie and is used up.
        is_public: the room is known to be there for everybody.
        now: the time.

    Raises:
        TurnedAway: a ticket that is not valid, no such room for this person, or banned from it.
    """
    user_id = _user_of(arrival, now=now)
    if not is_public and not may_enter(arrival.session_id, user_id):
        raise TurnedAway(CloseCode.NO_SUCH_ROOM, "no such room")
    if user_id is not None and is_banned(arrival.session_id, user_id, now=now):
        raise TurnedAway(CloseCode.BANNED, "banned")
    return user_id


def _user_of(arrival: Arrival, *, now: datetime) -> str | None:
    if arrival.ticket is not None:
        user_id = redeem_ticket(ticket=arrival.ticket, now=now)
        if user_id is None:
            raise TurnedAway(CloseCode.SIGN_IN, "ticket unknown, used or expired")
        return user_id
    if arrival.cookie is None:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore(arrival.cookie)
    user = get_user(cast("HttpRequest", SimpleNamespace(session=store)))
    return str(user.pk) if user.is_authenticated else None


def _host_of(origin: str) -> str | None:
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return None
    return f"[{host}]" if host and ":" in host else host
