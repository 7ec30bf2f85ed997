"""Which shows somebody waits for."""

from collections.abc import Collection

from streams.models import Reminder, Session
from streams.permissions import Visitor, known


def reminded_live_show(user: Visitor) -> Session | None:
    """Return the show that began last of those on air that this person waits for; one query."""
    person = known(user)
    if person is None:
        return None
    waited_for = Reminder.objects.filter(user=person).values("session_id")
    on_air = Session.objects.filter(id__in=waited_for, state=Session.State.LIVE)
    return on_air.select_related("streamer").order_by("-started_at").first()


def reminded_of(user: Visitor, session_ids: Collection[str]) -> set[str]:
    """Return which of these sessions this person waits for."""
    person = known(user)
    if person is None:
        return set()
    reminders = Reminder.objects.filter(user=person, session_id__in=list(session_ids))
    return set(reminders.values_list("session_id", flat=True))
