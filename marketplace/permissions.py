"""Who may do what in the catalogue. Rights follow from rows: platform staff, brand members, their owners."""

from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from marketplace.errors import Forbidden, NotFound
from marketplace.lib import rows
from marketplace.models import Brand, BrandMember, User

Person = User | AnonymousUser
Role = BrandMember.Role


class Standing(NamedTuple):
    """Whether somebody acts for a brand, runs shows, moderates a chat, acts for an agency."""

    brand: bool = False
    shows: bool = False
    chat: bool = False
    agency: bool = False


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


def standing_of(person: Person) -> Standing:
    """Return what somebody is beside platform staff; asked once of each object, that is once a request."""
    if not isinstance(person, User) or not person.is_active:
        return Standing()
    known: dict[str, Standing] = vars(person)
    if "_standing" not in known:
        condition, parameters = rows.any_of([person.id])
        of_all = len(Standing._fields)
        [found] = rows.select(_standing_statement(condition), parameters * of_all, kinds=[None] * of_all)
        known["_standing"] = Standing(*map(bool, found))
    return known["_standing"]


def acts_for_some_brand(person: Person) -> bool:
    """Tell whether somebody has a catalogue to keep."""
    return is_platform_staff(person) or standing_of(person).brand


def may_enter_admin(person: Person) -> bool:
    """Tell whether somebody finds anything there: who runs platform, brand, agency or show, or moderates."""
    return is_platform_staff(person) or any(standing_of(person))


@cache
def _standing_statement(condition: str) -> str:
    """Return the SELECT of a standing: whether a row that names the person stands in each of four tables."""
    relations: Any = User._meta.fields_map  # noqa: SLF001 - Django's own name for it
    names = ("brand_memberships", "streamer", "moderates", "agency_memberships")
    tables = [relations[name].related_model._meta.db_table for name in names]  # noqa: SLF001
    exist = (f'EXISTS (SELECT 1 FROM "{table}" WHERE "user_id" {condition})' for table in tables)  # noqa: S608 - names of tables
    return f"SELECT {', '.join(exist)}"


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
