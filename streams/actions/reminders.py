"""Reminders: somebody wants to be told when a show begins."""

from datetime import datetime

from marketplace import idempotency
from marketplace.lib.atomic import action
from marketplace.models import User
from streams.actions import steps
from streams.models import Reminder, Session

State = Session.State


def set_reminder(*, session_id: str, user: User, now: datetime) -> Reminder:
    """Remind a person of a show that is announced; once is enough. Raises NotFound, WrongSessionState."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.SCHEDULED, State.REHEARSAL)
        reminder, _ = Reminder.objects.get_or_create(user=user, session=session, defaults={"created_at": now})
        idempotency.remember(reminder)
    return reminder


def clear_reminder(*, session_id: str, user: User) -> None:
    """Forget that a person waits for a show."""
    with action():
        Reminder.objects.filter(user=user, session_id=session_id).delete()
