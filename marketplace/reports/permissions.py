"""Access functions: whose figures somebody may read. Return rates are for whoever sees what they are of."""

from collections.abc import Callable
from typing import Any

from marketplace.errors import Forbidden, NotFound
from marketplace.permissions import Person, acts_for, brands_of, is_platform_staff, require_member
from marketplace.queries.catalogue import get_brand, get_product_for
from marketplace.reports.queries.lines import Whose
from streams.models import Session, Slot, Streamer
from streams.queries.access import get_session_for, get_streamer_for
from streams.queries.figures import get_measured_session


def require_sight(person: Person, whose: Whose, id_: str) -> None:
    """Raise NotFound unless this person may see the product, streamer, brand or show."""
    _SEEN[whose](person, id_)


def require_part(person: Person, whose: Whose, id_: str) -> None:
    """Let in who earns by it, and platform staff: members of the brand, the streamer, who measures the show.

    Raises NotFound for what is hidden, Forbidden for what is only seen.
    """
    _MEASURED[whose](person, id_)


def get_reported_session(person: Person, session_id: str) -> tuple[Session, set[str] | None]:
    """Return a session and the brands whose part of its report this person may read, None for all of it.

    Its streamer and platform staff read all of it, members of a brand in its line-up what that brand sold.
    Raises NotFound when the session is not to be seen at all, Forbidden when only its figures are not.
    """
    session = get_measured_session(person, session_id)
    if is_platform_staff(person) or session.streamer.user_id == person.pk:
        return session, None
    own = brands_of(person).values("id")
    shown = Slot.objects.filter(session=session, variant__brand__in=own).order_by()
    return session, set(shown.values_list("variant__brand_id", flat=True))


def _streamer(_person: Person, streamer_id: str) -> None:
    if not Streamer.objects.filter(id=streamer_id).exists():
        raise NotFound


def _brand(_person: Person, brand_id: str) -> None:
    get_brand(brand_id)


def _own_product(person: Person, product_id: str) -> None:
    if not acts_for(person, get_product_for(person, product_id).brand_id):
        raise Forbidden


_SEEN: dict[Whose, Callable[[Any, str], object]] = {
    Whose.PRODUCT: get_product_for,
    Whose.STREAMER: _streamer,
    Whose.BRAND: _brand,
    Whose.SESSION: get_session_for,
}

_MEASURED: dict[Whose, Callable[[Any, str], object]] = {
    Whose.PRODUCT: _own_product,
    Whose.STREAMER: get_streamer_for,
    Whose.BRAND: require_member,
    Whose.SESSION: get_measured_session,
}
