"""Tickets into the socket, for callers that cannot send a header: single use, good for half a minute."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.lib import rows
from marketplace.lib.atomic import action
from marketplace.models import User
from streams.models import RealtimeTicket

LIFETIME = timedelta(seconds=30)
PREFIX = "rtt_"
#: Longest text that is looked at as a ticket.
MOST_CHARACTERS = 64

_EXPIRED = "SELECT digest FROM streams_realtimeticket WHERE expires_at <= %s ORDER BY expires_at LIMIT %s"


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket as its holder gets it, once; only its SHA-256 is kept."""

    ticket: str
    expires_at: datetime


def issue_ticket(*, user: User, now: datetime) -> IssuedTicket:
    """Make a ticket that lets this person into the socket once within 30 seconds."""
    ticket = PREFIX + secrets.token_urlsafe(32)
    with action():
        row = RealtimeTicket.objects.create(digest=digest_of(ticket), user=user, expires_at=now + LIFETIME)
    return IssuedTicket(ticket, row.expires_at)


def redeem_ticket(*, ticket: str, now: datetime) -> str | None:
    """Use a ticket up; return whose it is, or None when it is not good or its holder was blocked."""
    if len(ticket) > MOST_CHARACTERS:
        return None
    digest = digest_of(ticket)
    with action():
        # columns of the ticket alone: a join would become a subquery, which PostgreSQL does not judge anew
        good = RealtimeTicket.objects.filter(digest=digest, used_at=None, expires_at__gt=now)
        if not good.update(used_at=now):
            return None
        used = RealtimeTicket.objects.filter(digest=digest, user__is_active=True)
        return used.values_list("user_id", flat=True).first()


def purge_tickets(*, now: datetime, limit: int = 1_000) -> int:
    """Delete tickets that have expired, one batch; return how many."""
    found = rows.select(_EXPIRED, [now, limit], kinds=[None])
    if not found:
        return 0
    with action():
        digests = [digest for (digest,) in found]
        return RealtimeTicket.objects.filter(digest__in=digests).delete()[0]


def digest_of(ticket: str) -> str:
    """Return what is stored of a ticket."""
    return hashlib.sha256(ticket.encode()).hexdigest()
