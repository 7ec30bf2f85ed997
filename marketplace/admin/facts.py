"""Admin of facts: what happened, for platform staff."""

from django.contrib import admin
from django.db.models import QuerySet

from marketplace.admin.base import LogAdmin
from marketplace.models import Fact, User


@admin.register(Fact)
class FactAdmin(LogAdmin):
    """Everything that has happened, to read."""

    group = "System"
    icon = "history"
    list_display = ("at", "type", "subject")
    search_fields = ("=subject", "^type")
    search_help_text = "Public id of what changed, or the beginning of a type such as product."
    ordering = ("-id",)
    fields = ("id", "type", "subject", "payload", "at")

    def own(self, _person: User) -> QuerySet[Fact]:
        """Return all facts."""
        return Fact.objects.all()
