"""Admin of the fact log, to read."""

from django.contrib import admin
from django.db.models import QuerySet

from marketplace.admin.base import LogAdmin
from marketplace.models import User
from streams.models import RoomEvent, Session
from streams.permissions import hosted, hosts


@admin.register(RoomEvent)
class RoomEventAdmin(LogAdmin):
    """Facts of the sessions that a person runs."""

    audience = staticmethod(hosts)
    group = "Live"
    icon = "receipt_long"
    list_display = ("at", "session", "seq", "type")
    list_filter = ("type",)
    search_fields = ("=session__title",)
    ordering = ("-id",)
    fields = (("session", "seq"), ("type", "at"), "payload", "digest")

    def own(self, person: User) -> QuerySet[RoomEvent]:
        """Return the facts of a person's sessions."""
        rows = RoomEvent.objects.filter(session__in=Session.objects.filter(hosted(person)))
        return rows.select_related("session")
