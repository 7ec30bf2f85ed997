"""Orders: lists and details. Buying is in ``orders.api.purchase``."""

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.errors import NotFound
from marketplace.permissions import is_platform_staff
from marketplace.rest.openapi import operation
from marketplace.rest.pages import Cursor
from marketplace.rest.views import ApiView
from orders.api.lists import page_of_brand, page_of_orders
from orders.api.purchase import PurchaseView
from orders.api.resources import OrderOut, OrdersQuery
from orders.permissions import get_order_for, require_brand, require_host
from orders.queries.lists import orders_of_buyer, orders_of_session
from orders.queries.sight import AS_BUYER, AS_STAFF


class Orders(PurchaseView):
    """The orders that somebody may see."""

    expandable = OrderOut.EXPANDABLE

    @operation("List orders", query=OrdersQuery, returns=OrderOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Your own orders, newest first, or those of a brand, a show or a buyer that you may see."""
        user, wanted = self.user(request), self.query(request, OrdersQuery)
        cursor, expand, at = Cursor.parse(request.query_params), self.expand(request), self.now
        if "brand" in wanted:
            sight = require_brand(user, wanted["brand"])
            to_ship = wanted.get("to_ship", False)
            return page_of_brand(wanted["brand"], cursor, to_ship=to_ship, expand=expand, sight=sight, at=at)
        if "session" in wanted:
            sight = require_host(user, wanted["session"])
            orders = orders_of_session(wanted["session"])
        else:
            buyer_id = wanted.get("buyer", user.id)
            if buyer_id != user.id and not is_platform_staff(user):
                raise NotFound
            sight = AS_BUYER if buyer_id == user.id else AS_STAFF
            orders = orders_of_buyer(buyer_id)
        return page_of_orders(orders, cursor, expand=expand, sight=sight, at=at)


class OrderDetail(ApiView):
    """One order."""

    expandable = OrderOut.EXPANDABLE

    @operation("Read an order", returns=OrderOut)
    def get(self, request: Request, order_id: str) -> HttpResponseBase:
        """As far as you may see it: buyer, brands with lines in it, host of the show, platform staff."""
        return self.answer(request, get_order_for(self.user(request), order_id, at=self.now), OrderOut)
