"""Who may do what in the catalogue. Rights follow from rows: platform staff, brand members, their owners."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from marketplace.errors import Forbidden, NotFound
from marketplace.models import Brand, BrandMember, User

Person = User | AnonymousUser
Role = BrandMember.Role


def is_platform_staff(person: Person) -> bool:
    """Tell whether somebody runs the platform: sees every brand, keeps the categories."""
    return person.is_active and person.is_staff


def brands_of(person: Person) -> QuerySet[Brand]:
    """Return the brands that somebody acts for; all of them for platform staff."""
    if is_platform_staff(person):
        return Brand.objects.all()
    if not isinstance(person, User) or not person.is_active:
        return Brand.objects.none()
    return Brand.objects.filter(id__in=BrandMember.objects.filter(user=person).values("brand_id"))


def acts_for_some_brand(person: Person) -> bool:
    """Tell whether somebody has a catalogue to keep; asked once of each object, that is once a request."""
    known: dict[str, bool] = vars(person)
    if "_acts_for_some_brand" not in known:
        known["_acts_for_some_brand"] = is_platform_staff(person) or brands_of(person).exists()
    return known["_acts_for_some_brand"]


def may_enter_admin(person: Person) -> bool:
    """Tell whether somebody finds anything there: who runs platform, brand, agency or show, or moderates."""
    if not isinstance(person, User) or not person.is_active:
        return False
    return (
        person.is_staff
        or acts_for_some_brand(person)
        or getattr(person, "streamer", None) is not None
        or person.moderates.exists()
        or person.agency_memberships.exists()
    )


def acts_for(person: Person, brand_id: str) -> bool:
    """Tell whether somebody may change this brand's catalogue."""
    return brands_of(person).filter(id=brand_id).exists()


def owns(person: Person, brand_id: str) -> bool:
    """Tell whether somebody may change the brand itself and choose who acts for it."""
    if is_platform_staff(person):
        return Brand.objects.filter(id=brand_id).exists()
    return brands_of(person).filter(id=brand_id, members__user=person.pk, members__role=Role.OWNER).exists()


def require_member(person: Person, brand_id: str) -> None:
    """Raise NotFound unless somebody acts for the brand."""
    if not acts_for(person, brand_id):
        raise NotFound


def require_owner(person: Person, brand_id: str) -> None:
    """Raise NotFound for who does not act for the brand, Forbidden for who does without owning it."""
    require_member(person, brand_id)
    if not owns(person, brand_id):
        raise Forbidden("Only an owner of the brand may do this.")


def require_platform_staff(person: Person) -> None:
    """Raise Forbidden unless somebody is platform staff."""
    if not is_platform_staff(person):
        raise Forbidden("Only platform staff may do this.")
