"""Addresses of the viewer pages."""

from django.urls import path

from marketplace.rest.paths import register_ids
from marketplace.storefront import accounts, checkout, lobby, orders, room_urls

register_ids("ses", "ord")

app_name = "storefront"
urlpatterns = [
    *room_urls.urlpatterns,
    path("", lobby.lobby, name="lobby"),
    path("live/<ses:session_id>/reminder", lobby.reminder, name="reminder"),
    path("orders", orders.orders, name="orders"),
    path("orders/<ord:order_id>", orders.order, name="order"),
    path("orders/<ord:order_id>/checkout", checkout.checkout, name="checkout"),
    path("orders/<ord:order_id>/cancel", orders.cancel, name="cancel"),
    path("sign-in", accounts.sign_in, name="sign_in"),
    path("sign-up", accounts.sign_up, name="sign_up"),
    path("sign-out", accounts.sign_out, name="sign_out"),
    path("demo-viewer", accounts.demo_viewer, name="demo_viewer"),
]
