"""The people in front of and beside the camera."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from marketplace.lib.fields import PrefixedIdField


class Agency(models.Model):
    """A company that represents streamers and takes a share of their commission."""

    id = PrefixedIdField("agc", primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    share_bp = models.PositiveIntegerField(default=0, help_text="Basis points of the streamer's commission.")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        verbose_name_plural = "agencies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(share_bp__lte=10_000), name="agency_share_at_most_all"),
        ]

    def __str__(self) -> str:
        """Return the agency's name."""
        return self.name


class AgencyMember(models.Model):
    """A person who may act for an agency; an owner may also choose who else does."""

    class Role(models.TextChoices):
        """What a member may do."""

        OWNER = "owner"
        STAFF = "staff"

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agency_memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.STAFF)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "user"], name="agency_member_once"),
        ]

    def __str__(self) -> str:
        """Return who acts for whom."""
        return f"{self.user} for {self.agency}"


class Streamer(models.Model):
    """A person who sells in live sessions."""

    id = PrefixedIdField("str", primary_key=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="streamer")
    name = models.CharField(max_length=80, unique=True)
    bio = models.TextField(max_length=2000, blank=True)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="streamers"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        """Return the name shown in the room."""
        return self.name


class Moderator(models.Model):
    """A person whom a streamer trusts to keep the chat civil; may not sell."""

    streamer = models.ForeignKey(Streamer, on_delete=models.CASCADE, related_name="moderators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moderates")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["streamer", "user"], name="moderator_once"),
        ]

    def __str__(self) -> str:
        """Return who moderates for whom."""
        return f"{self.user} for {self.streamer}"
