"""Addresses of the Money pages, below ``/admin/money/``."""

from django.urls import path

from marketplace.console import money
from marketplace.console.entrance import inside
from marketplace.rest.paths import register_ids

register_ids("stm")

app_name = "money"
urlpatterns = [
    path("", inside(money.overview), name="overview"),
    path("statements/<stm:statement_id>/", inside(money.statement), name="statement"),
]
