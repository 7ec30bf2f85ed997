"""Who a token speaks for, without DRF: for the purchase endpoint and the sockets, which count microseconds.

An answer is remembered for CACHE_SECONDS in this process. A token revoked here is forgotten at once; one
revoked in another process lives on for that long. Unknown tokens are not remembered.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from channels.db import database_sync_to_async

from marketplace.lib import clock
from marketplace.models import ApiToken

CACHE_SECONDS = 5.0
CACHE_SIZE = 20_000
MAX_TOKEN = 128


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """Whose token it is and what it may do."""

    user_id: str
    scopes: frozenset[str]
    token_id: str
    token_digest: str
    expires_at: datetime | None

    def has(self, scope: str) -> bool:
        """Tell whether the token has a scope."""
        return scope in self.scopes

    def is_over(self, now: datetime) -> bool:
        """Tell whether the token's time is over."""
        return self.expires_at is not None and self.expires_at <= now


def digest_of(raw: str) -> str:
    """Return what the database keeps of a token: its SHA-512 in hexadecimal."""
    return hashlib.sha512(raw.encode()).hexdigest()


def resolve_token(raw: str) -> TokenIdentity | None:
    """Return the identity behind a token, None when it is unknown or expired or its owner may not sign in."""
    digest = digest_of(raw)
    return _cache.get(digest) or _look_up(digest)


async def aresolve_token(raw: str) -> TokenIdentity | None:
    """Do what ``resolve_token`` does, on an event loop: no thread is entered for a token seen just now."""
    digest = digest_of(raw)
    known = _cache.get(digest)
    if known is not None:
        return known
    found: TokenIdentity | None = await _look_up_in_thread(digest)
    return found


def bearer(header: str) -> str | None:
    """Return the token in an Authorization header, None when it holds none of ours."""
    scheme, _, raw = header.partition(" ")
    raw = raw.strip()
    return raw if scheme.lower() in {"bearer", "token"} and 0 < len(raw) <= MAX_TOKEN else None


def forget_token(digest: str) -> None:
    """Forget a token that was revoked in this process.

    Nothing read before this moment is believed after it.
    """
    _cache.forget(digest)


def forget_all() -> None:
    """Forget every token."""
    _cache.clear()


class _Cache:
    """Identities by digest, the oldest entry first; each expires CACHE_SECONDS after it was read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[float, TokenIdentity]] = OrderedDict()
        self._generation = 0

    @property
    def generation(self) -> int:
        """Return a number that grows whenever something is forgotten."""
        return self._generation

    def get(self, digest: str) -> TokenIdentity | None:
        with self._lock:
            entry = self._entries.get(digest)
        if entry is None or time.monotonic() >= entry[0] or entry[1].is_over(clock.machine_now()):
            return None
        return entry[1]

    def put(self, identity: TokenIdentity, *, generation: int) -> None:
        """Keep an identity, unless something was forgotten since ``generation`` was read."""
        with self._lock:
            if generation != self._generation:
                return
            self._entries.pop(identity.token_digest, None)
            while len(self._entries) >= CACHE_SIZE:
                self._entries.popitem(last=False)
            self._entries[identity.token_digest] = (time.monotonic() + CACHE_SECONDS, identity)

    def forget(self, digest: str) -> None:
        with self._lock:
            self._generation += 1
            self._entries.pop(digest, None)

    def clear(self) -> None:
        with self._lock:
            self._generation += 1
            self._entries.clear()


_cache = _Cache()


def _look_up(digest: str) -> TokenIdentity | None:
    generation = _cache.generation
    row = ApiToken.objects.filter(digest=digest, user__is_active=True).first()
    if row is None:
        return None
    identity = TokenIdentity(
        user_id=row.user_id,
        scopes=frozenset(row.scopes),
        token_id=row.id,
        token_digest=digest,
        expires_at=row.expiry,
    )
    if identity.is_over(clock.machine_now()):
        return None
    _cache.put(identity, generation=generation)
    return identity


_look_up_in_thread = database_sync_to_async(_look_up, thread_sensitive=False)
