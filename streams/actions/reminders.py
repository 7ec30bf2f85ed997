"""Reminders: somebody wants to be told when a show begins."""

from datetime import datetime

from marketplace import idempotency, outbox
from marketplace.lib import rows
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
        known = rows.where(Reminder, "user_id = %s AND session_id = %s", [user.id[-32:], session.id[-32:]])
        reminder = next(iter(known), None)
        if reminder is None:
            reminder = Reminder.objects.create(user=user, session=session, created_at=now)
            outbox.append("reminder.set", subject=session.id, payload={"user": user.id}, now=now)
        idempotency.remember(reminder)
    return reminder


def clear_reminder(*, session_id: str, user: User, now: datetime) -> None:
    """Forget that a person waits for a show."""
    with action():
        cleared, _ = Reminder.objects.filter(user=user, session_id=session_id).delete()
        if cleared:
            outbox.append("reminder.cleared", subject=session_id, payload={"user": user.id}, now=now)
