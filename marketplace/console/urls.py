"""Addresses of the console, below ``/admin/live/``."""

from django.urls import path

from marketplace.console import pages, reports
from marketplace.console.buttons import BUTTONS
from marketplace.console.entrance import inside
from marketplace.console.press import view_of
from marketplace.rest.paths import register_ids

register_ids("ses", "slt", "dl", "msg", "snc", "wrd")

SESSION = "<ses:session_id>/"

app_name = "console"
urlpatterns = [
    path("", inside(pages.shows), name="shows"),
    path("reports/", inside(reports.reports), name="reports"),
    path(SESSION, inside(pages.show), name="show"),
    path(f"{SESSION}report/", inside(reports.report), name="report"),
    path(f"{SESSION}stage/", inside(pages.stage), name="stage"),
    path(f"{SESSION}figures/", inside(pages.figures), name="figures"),
    *(path(SESSION + button.path, view_of(button), name=button.name) for button in BUTTONS),
]
