"""Every address of the site: composition only, each app brings its own."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from marketplace import media

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("marketplace.rest.urls")),
    path("api/v1/", include("streams.api.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("api/v1/", include("orders.api.urls")),
    path("api/v1/", include("refunds.api.urls")),
    path("api/v1/", include("marketplace.reports.api.urls")),
    path("", include("marketplace.storefront.urls")),
    path("admin/live/", include("marketplace.console.urls")),
    path("admin/money/", include("marketplace.console.money_urls")),
    path("admin/", admin.site.urls),
    path("media/<str:folder>/<str:name>", media.picture, name="media"),
]

handler404 = "marketplace.rest.problems.address_not_found"

if settings.SANDBOX:
    from marketplace.sandbox.pages import clock_page

    urlpatterns += [
        path("sandbox/clock", clock_page, name="clock"),
        path("api/v1/sandbox/", include("marketplace.sandbox.urls")),
        path("sandbox/gateway/v1/", include("orders.payments.simulator.urls")),
    ]
