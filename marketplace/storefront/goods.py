"""The products of a room as a page shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db.models import Prefetch

from marketplace.lib.money import Money
from marketplace.models import Product, ProductPicture
from marketplace.reports.queries.lines import Whose
from marketplace.reports.queries.sales import CameBack, came_back
from marketplace.storefront import words
from streams.models import Deal, Session, Slot
from streams.queries.sessions import deals, line_up, open_at


@dataclass(frozen=True, slots=True)
class Good:
    """A slot and what one would buy of it now: at its deal's price while that has units, else at its own.

    ``key`` names the next purchase from this page: a form that is sent twice buys once.
    """

    slot: Slot
    deal: Deal | None
    picture: ProductPicture | None
    left: int
    came_back: CameBack | None
    key: str

    @property
    def price(self) -> Money:
        """Return the price of one unit."""
        return self.slot.price if self.deal is None else self.deal.unit_price

    @property
    def list_price(self) -> Money | None:
        """Return the price without show and discounts, when it is the higher one."""
        price = max(self.slot.variant.price, self.slot.full_price)
        return price if price > self.price else None

    @property
    def limit(self) -> int | None:
        """Return how many units one buyer may have at most, None for any number."""
        holders = (self.slot, self.deal)
        limits = [each.per_buyer_limit for each in holders if each is not None and each.per_buyer_limit]
        return min(limits, default=None)

    @property
    def most(self) -> int:
        """Return the highest quantity that the form offers."""
        return max(1, min(self.left, self.limit or self.left, 99))

    @property
    def title(self) -> str:
        """Return what it is called."""
        variant = self.slot.variant
        return " · ".join(filter(None, [variant.product.title, variant.title]))


def goods(session: Session, *, now: datetime) -> list[Good]:
    """Return a session's line-up in its order, in three queries and one a minute for refund rates."""
    pictures = Prefetch("variant__product__pictures", ProductPicture.objects.order_by("position", "id"))
    slots = list(line_up().filter(session=session).order_by("position", "id").prefetch_related(pictures))
    running = {deal.slot_id: deal for deal in deals().filter(open_at(now), session=session)}
    rates = came_back(Whose.PRODUCT, {slot.variant.product_id for slot in slots}, now=now)
    return [_good(slot, running.get(slot.id), rates.get(slot.variant.product_id)) for slot in slots]


def _good(slot: Slot, deal: Deal | None, rate: CameBack | None) -> Good:
    left = max(slot.left(slot.variant.stock.available), 0)
    if deal is not None and deal.left(left) > 0:
        left = deal.left(left)
    else:
        deal = None
    return Good(slot, deal, _cover(slot.variant.product), left, rate, f"page-{uuid4()}")


def _cover(product: Product) -> ProductPicture | None:
    return next(iter(product.pictures.all()), None)


def pinned(shown: Sequence[Good]) -> Good | None:
    """Return what is being explained, else the first that can be had."""
    sellable = (good for good in shown if good.slot.on_sale and good.left)
    return next((good for good in shown if good.slot.pinned), next(sellable, None))


def pictures_of(shown: Iterable[Good]) -> dict[str, dict[str, str]]:
    """Return address and text of the pictures, by product id, for the page's script."""
    return {
        good.slot.variant.product_id: {"url": good.picture.file.url, "alt": good.picture.alt}
        for good in shown
        if good.picture is not None
    }


def rates_of(shown: Iterable[Good]) -> dict[str, str]:
    """Return the refund rates in words, by product id, for the page's script."""
    return {good.slot.variant.product_id: words.came_back(good.came_back) for good in shown}
