"""Brands and the people who act for them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from marketplace.lib.fields import PrefixedIdField


class Brand(models.Model):
    """A seller: its products are sold in streamers' sessions, its name stands on the receipt."""

    id = PrefixedIdField("brd", primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(max_length=4000, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2, where it ships from.")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        """Return the brand's name."""
        return self.name


class BrandMember(models.Model):
    """A person who may act for a brand; an owner may also choose who else does."""

    class Role(models.TextChoices):
        """What a member may do."""

        OWNER = "owner"
        STAFF = "staff"

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="brand_memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.STAFF)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["brand", "user"], name="brand_member_once"),
        ]

    def __str__(self) -> str:
        """Return who acts for whom."""
        return f"{self.user} for {self.brand}"
