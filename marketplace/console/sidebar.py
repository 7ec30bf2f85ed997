"""The admin's sidebar, with the ways to the console, to reports and to the Money pages in it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from marketplace import admin_site

#: The group of the sidebar that reports stand in.
MONEY = "Money"
#: Whoever finds one of these lists there has shows or brands to read reports of.
LISTS = ("admin:streams_session_changelist", "admin:marketplace_brand_changelist")

#: What stands above a list: the list, and title, icon and address of the page.
_ABOVE = (
    ("admin:streams_chatmessage_changelist", "My shows", "sensors", "console:shows"),
    ("admin:orders_statement_changelist", "Money", "account_balance_wallet", "money:overview"),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar: shows above one's chats, reports and money above one's statements."""
    groups = admin_site.navigation(request)
    links = {item["link"] for group in groups for item in group["items"]}
    if links & {reverse(name) for name in LISTS}:
        groups = _with_reports(groups)
    for group in groups:
        for beside, title, icon, address in _ABOVE:
            if any(item["link"] == reverse(beside) for item in group["items"]):
                group["items"].insert(0, {"title": title, "icon": icon, "link": reverse(address)})
    return groups


def _with_reports(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups with reports as the first of those about money."""
    item = {"title": "Reports", "icon": "bar_chart", "link": reverse("console:reports")}
    for group in groups:
        if group["title"] == MONEY:
            group["items"].insert(0, item)
            return groups
    return [*groups, {"title": MONEY, "items": [item]}]
