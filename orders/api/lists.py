"""Pages of orders as somebody sees them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpResponse

from marketplace.errors import Invalid
from marketplace.lib.ids import is_id
from marketplace.rest.expand import Expand
from marketplace.rest.pages import Cursor, Page, read_page
from marketplace.rest.rendering import encode_json, json_response
from orders.api.resources import OrderOut
from orders.models import Order
from orders.queries.lists import in_order, order_ids_of_brand, with_relations
from orders.queries.sight import OrderAt, Sight


def page_of_orders(
    orders: QuerySet[Order], cursor: Cursor, *, expand: Expand, sight: Sight, at: datetime
) -> HttpResponse:
    """Answer with a page of these orders, newest first."""
    page = read_page(with_relations(orders, expand.paths), cursor)
    return _answer(page, expand=expand, sight=sight, at=at)


def page_of_brand(
    brand_id: str, cursor: Cursor, *, to_ship: bool, expand: Expand, sight: Sight, at: datetime
) -> HttpResponse:
    """Answer with a page of the orders with lines of a brand, newest first."""
    if cursor.id and not is_id(cursor.id, "ord"):
        raise Invalid("This is not the id of an object of this list.", param=cursor.param)
    ids = order_ids_of_brand(
        brand_id,
        to_ship=to_ship,
        after=cursor.starting_after,
        before=cursor.ending_before,
        limit=cursor.limit + 1,
    )
    has_more = len(ids) > cursor.limit
    shown = ids[-cursor.limit :] if cursor.ending_before else ids[: cursor.limit]
    orders = in_order(with_relations(Order.objects.all(), expand.paths), shown)
    return _answer(Page(orders, has_more), expand=expand, sight=sight, at=at)


def _answer(page: Page[Order], *, expand: Expand, sight: Sight, at: datetime) -> HttpResponse:
    data = OrderOut.render_many(_seen(page.items, sight, at), expand=expand)
    return json_response(encode_json({"object": "list", "data": data, "has_more": page.has_more}))


def _seen(orders: Iterable[Order], sight: Sight, at: datetime) -> list[OrderAt]:
    return [OrderAt(order, at, sight) for order in orders]
