"""How Django loads the marketplace and its admin."""

from django.apps import AppConfig
from django.contrib.admin import apps


class MarketplaceConfig(AppConfig):
    """Users, brands, products and stock."""

    name = "marketplace"
    default = True

    def ready(self) -> None:
        from marketplace import checks  # noqa: F401 - registers them


class AdminConfig(apps.AdminConfig):
    """Django's admin with our site: open to staff, brand members, streamers and moderators."""

    default = False
    default_site = "marketplace.admin_site.Site"

    def ready(self) -> None:
        super().ready()
        from django.contrib import admin
        from django.contrib.auth.models import Group

        admin.site.unregister(Group)  # groups grant nothing here: rights follow from rows
