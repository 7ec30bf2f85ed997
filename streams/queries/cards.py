"""What cards of many sessions show, each in one query whatever their number."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery, Sum

from marketplace.lib.money import Money
from marketplace.models import Category, ProductPicture
from streams.models import MinuteFigure, Slot


@dataclass(slots=True)
class OnSale:
    """The brands of a session's line-up in their order, its currency, and the file of its first picture."""

    brands: list[str] = field(default_factory=list)
    currency: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Sales:
    """What was ordered in a session and what of it came back, in minor units."""

    orders: int
    gross: int
    given_back: int

    def kept(self, currency: str) -> Money:
        """Return what was ordered less what was given back."""
        return Money(self.gross - self.given_back, currency)


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


def sales_of(session_ids: Collection[str]) -> dict[str, Sales]:
    """Return the sales of each of these sessions in which something was ordered."""
    rows = MinuteFigure.objects.filter(session_id__in=list(session_ids)).order_by().values("session_id")
    sums = rows.annotate(placed=Sum("orders"), ordered=Sum("gross"), returned=Sum("given_back"))
    return {
        row["session_id"]: Sales(row["placed"], row["ordered"], row["returned"])
        for row in sums
        if row["placed"]
    }


def categories() -> list[Category]:
    """Return the shelves of the catalogue."""
    return list(Category.objects.order_by("name"))
