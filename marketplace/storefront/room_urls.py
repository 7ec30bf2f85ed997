"""Addresses of rooms and replays."""

from django.urls import path

from marketplace.rest.paths import register_ids
from marketplace.storefront import buy, replay, room

register_ids("ses", "ord")

urlpatterns = [
    path("live/<ses:session_id>", room.room, name="room"),
    path("replays/<ses:session_id>", replay.replay, name="replay"),
    path("buy", buy.buy, name="buy"),
]
