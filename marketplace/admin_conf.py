"""Looks of the admin. The settings module imports this, so it imports nothing of ours."""

from typing import Any

from django.templatetags.static import static

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Hawker",
    "SITE_HEADER": "Hawker",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("console/favicon.svg")}
    ],
    "STYLES": [lambda _request: static("console/lists.css")],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "marketplace.admin_site.SignInForm"},
    "DASHBOARD_CALLBACK": "marketplace.console.home.dashboard",
    "SIDEBAR": {"show_search": True, "navigation": "marketplace.console.sidebar.navigation"},
}
