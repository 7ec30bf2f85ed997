"""What cards of many sessions show, each in one query whatever their number."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery

from marketplace.models import Category, ProductPicture
from streams.models import Slot


@dataclass(slots=True)
class OnSale:
    """The brands of a session's line-up in their order, its currency, and the file of its first picture."""

    brands: list[str] = field(default_factory=list)
    currency: str = ""
    picture: str = ""


def on_sale_in(session_ids: Collection[str]) -> dict[str, OnSale]:
    """Return what each of these sessions sells."""
    found: dict[str, OnSale] = {}
    pictures = ProductPicture.objects.filter(product=OuterRef("variant__product")).order_by("position", "id")
    rows = Slot.objects.filter(session_id__in=list(session_ids)).order_by("session_id", "position")
    rows = rows.annotate(picture=Subquery(pictures.values("file")[:1]))
    columns = ("session_id", "variant__brand__name", "currency", "picture")
    for session, brand, currency, picture in rows.values_list(*columns):
        entry = found.setdefault(session, OnSale(currency=currency))
        entry.picture = entry.picture or picture or ""
        if brand not in entry.brands:
            entry.brands.append(brand)
    return found


def categories() -> list[Category]:
    """Return the shelves of the catalogue."""
    return list(Category.objects.order_by("name"))
