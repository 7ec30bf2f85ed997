"""People by the thousand, made as rows: signing them up one by one would only try the password's hash."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from marketplace.lib import clock
from marketplace.models import ApiToken, User
from marketplace.models.tokens import Scope

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can buy: by a browser's session cookie or with a token."""

    id: str
    cookie: str
    token: str


def make_crowd(number: int, name: str = "fan") -> list[Person]:
    """Return ``number`` new people, each signed in in a browser and with a token that may buy."""
    now = clock.now()
    users = [User(username=f"{name}-{index}", password="!", date_joined=now) for index in range(number)]
    User.objects.bulk_create(users, batch_size=_BATCH)
    return [
        Person(user.id, cookie, token)
        for user, cookie, token in zip(users, _sign_in(users), _make_tokens(users), strict=True)
    ]


def sign_in(user: User) -> Person:
    """Return somebody who exists already, signed in in a browser and with a token that may buy."""
    return Person(user.id, _sign_in([user])[0], _make_tokens([user])[0])


def _sign_in(users: Sequence[User]) -> list[str]:
    store = SessionStore()
    sessions = [
        Session(
            session_key=secrets.token_hex(16),
            session_data=store.encode(
                {
                    SESSION_KEY: user.id,
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                }
            ),
            expire_date=clock.now() + timedelta(days=1),
        )
        for user in users
    ]
    Session.objects.bulk_create(sessions, batch_size=_BATCH)
    return [f"{settings.SESSION_COOKIE_NAME}={session.session_key}" for session in sessions]


def _make_tokens(users: Sequence[User]) -> list[str]:
    tokens = [f"hwk_{secrets.token_urlsafe(32)}" for _ in users]
    rows = [
        ApiToken(
            user_id=user.id,
            digest=hashlib.sha512(token.encode()).hexdigest(),
            token_key=token[:15],
            name="test",
            scopes=[Scope.ORDERS_WRITE],
            created=clock.now(),
        )
        for user, token in zip(users, tokens, strict=True)
    ]
    ApiToken.objects.bulk_create(rows, batch_size=_BATCH)
    return tokens
