"""What a person is to the marketplace, derived from rows."""

from dataclasses import dataclass

from marketplace.models import BrandMember, User
from marketplace.permissions import is_platform_staff


@dataclass(frozen=True, slots=True)
class Roles:
    """Brands that a person acts for, the streamer they are, streamers they moderate for, platform staff."""

    brands: list[BrandMember]
    streamer: str | None
    moderates: list[str]
    staff: bool


def roles_of(user: User) -> Roles:
    """Return a person's roles."""
    streamer = getattr(user, "streamer", None)
    return Roles(
        brands=list(user.brand_memberships.select_related("brand").order_by("brand__name")),
        streamer=streamer.id if streamer else None,
        moderates=sorted(user.moderates.values_list("streamer_id", flat=True)),
        staff=is_platform_staff(user),
    )
