"""Who is behind a session cookie, found by two plain queries: every page and every socket asks.

``SESSION_ENGINE`` and ``AUTHENTICATION_BACKENDS`` name what is here. Both are Django's own but for the way
they read their one row (a queryset would spend several times longer on building its SQL), and for the bell
that rings when a session ends.
"""

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from marketplace import bells
from marketplace.lib import rows
from marketplace.models import User


class SessionStore(DatabaseSessionStore):
    """Django's sessions in the database."""

    def _get_session_from_db(self) -> Session | None:
        found = rows.where(Session, '"session_key" = %s', [self.session_key])
        if found and found[0].expire_date > timezone.now():
            return found[0]
        self._session_key = None
        return None

    def flush(self) -> None:
        """End the session, and what it had opened."""
        user_id = self.get(SESSION_KEY)
        super().flush()
        if user_id is not None:
            bells.ring_access_ended(str(user_id))


class Backend(ModelBackend):
    """Django's name and password."""

    def get_user(self, user_id: str) -> User | None:
        """Return the person with this id, None for nobody and for who may not sign in."""
        found = rows.fetch(User, [user_id])
        return found[0] if found and self.user_can_authenticate(found[0]) else None
