"""The admin's sidebar, with the ways to the console and to the Money pages in it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from marketplace import admin_site

#: What stands above a list: the list, and title, icon and address of the page.
_ABOVE = (
    ("admin:streams_chatmessage_changelist", "My shows", "sensors", "console:shows"),
    ("admin:orders_statement_changelist", "Money", "account_balance_wallet", "money:overview"),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar: shows above the chats that one moderates, money above one's statements."""
    groups = admin_site.navigation(request)
    for group in groups:
        for beside, title, icon, address in _ABOVE:
            if any(item["link"] == reverse(beside) for item in group["items"]):
                group["items"].insert(0, {"title": title, "icon": icon, "link": reverse(address)})
    return groups
