"""The admin's sidebar, with the ways to the console and to reports in it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from marketplace import admin_site

#: The group of the sidebar that reports stand in.
MONEY = "Money"
#: Whoever finds one of these lists there has shows or brands to read reports of.
LISTS = ("admin:streams_session_changelist", "admin:marketplace_brand_changelist")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar; whoever finds chats to moderate there finds their shows above them."""
    groups = admin_site.navigation(request)
    links = {item["link"] for group in groups for item in group["items"]}
    chats = reverse("admin:streams_chatmessage_changelist")
    for group in groups:
        if any(item["link"] == chats for item in group["items"]):
            item = {"title": "My shows", "icon": "sensors", "link": reverse("console:shows")}
            group["items"].insert(0, item)
    return _with_reports(groups) if links & {reverse(name) for name in LISTS} else groups


def _with_reports(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups with reports as the first of those about money."""
    item = {"title": "Reports", "icon": "bar_chart", "link": reverse("console:reports")}
    for group in groups:
        if group["title"] == MONEY:
            group["items"].insert(0, item)
            return groups
    return [*groups, {"title": MONEY, "items": [item]}]
