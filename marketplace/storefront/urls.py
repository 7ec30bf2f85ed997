"""Addresses of the viewer pages."""

from django.urls import path

from marketplace.rest.paths import register_ids
from marketplace.storefront import accounts, asking, checkout, lobby, orders, returns, room_urls

register_ids("ses", "ord", "oln", "rtn")

app_name = "storefront"
urlpatterns = [
    *room_urls.urlpatterns,
    path("", lobby.lobby, name="lobby"),
    path("live/<ses:session_id>/reminder", lobby.reminder, name="reminder"),
    path("orders", orders.orders, name="orders"),
    path("orders/<ord:order_id>", orders.order, name="order"),
    path("orders/<ord:order_id>/checkout", checkout.checkout, name="checkout"),
    path("orders/<ord:order_id>/cancel", orders.cancel, name="cancel"),
    path("orders/<ord:order_id>/lines/<oln:line_id>/return", asking.ask, name="ask_return"),
    path("returns", returns.returns, name="returns"),
    path("returns/<rtn:return_id>", returns.return_, name="return"),
    path("returns/<rtn:return_id>/evidence", returns.show_more, name="show_more"),
    *(
        path(f"returns/<rtn:return_id>/{name}", returns.step, {"name": name}, name=f"return_{name}")
        for name in returns.STEPS
    ),
    path("sign-in", accounts.sign_in, name="sign_in"),
    path("sign-up", accounts.sign_up, name="sign_up"),
    path("sign-out", accounts.sign_out, name="sign_out"),
    path("demo-viewer", accounts.demo_viewer, name="demo_viewer"),
]
