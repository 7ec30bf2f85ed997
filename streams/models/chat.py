"""Chat and what keeps it civil."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from marketplace.lib.fields import PrefixedIdField
from streams.models.sessions import Session


class ChatMessage(models.Model):
    """What somebody said in a room. Stored even when sampled away on the way out: it is evidence."""

    id = PrefixedIdField("msg", primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=200)
    at = models.DateTimeField()
    pinned = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["session", "-id"], name="chat_by_session"),
            models.Index(fields=["session", "author", "-at"], name="chat_by_author"),
            models.Index(
                fields=["session", "deleted_at"],
                name="chat_deleted_lately",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(pinned=True), name="one_pinned_message_per_session"
            ),
        ]

    def __str__(self) -> str:
        """Return what was said."""
        return self.text


class ChatSanction(models.Model):
    """A person muted in, or banned from, a session."""

    class Kind(models.TextChoices):
        """Muted: watches and buys but may not write. Banned: may not enter."""

        MUTE = "mute"
        BAN = "ban"

    id = PrefixedIdField("snc", primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="sanctions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    reason = models.CharField(max_length=200, blank=True)
    imposed_by = models.CharField(max_length=40)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: as long as the session.")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["session", "user", "kind"],
                condition=models.Q(lifted_at=None),
                name="one_standing_sanction_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        """Return the sanction."""
        return f"{self.kind} {self.user_id}"


class BlockedWord(models.Model):
    """A word that no message may hold; ``session`` empty means everywhere."""

    id = PrefixedIdField("wrd", primary_key=True)
    word = models.CharField(max_length=40)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    added_by = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["word", "session"], name="blocked_word_once_per_session"),
            models.UniqueConstraint(
                fields=["word"], condition=models.Q(session=None), name="blocked_word_once_everywhere"
            ),
        ]

    def __str__(self) -> str:
        """Return the word."""
        return self.word
