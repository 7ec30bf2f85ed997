"""Addresses of the pages that viewers see."""

from marketplace.storefront import room_urls

app_name = "storefront"
urlpatterns = [*room_urls.urlpatterns]
