"""The admin's sidebar, with the way to the console in it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from marketplace import admin_site


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar; whoever finds chats to moderate there finds their shows above them."""
    groups = admin_site.navigation(request)
    chats = reverse("admin:streams_chatmessage_changelist")
    for group in groups:
        if any(item["link"] == chats for item in group["items"]):
            item = {"title": "My shows", "icon": "sensors", "link": reverse("console:shows")}
            group["items"].insert(0, item)
    return groups
