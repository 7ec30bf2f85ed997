"""Every address of the site: composition only, each app brings its own."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from marketplace import media
from marketplace.api import urls as catalogue
from marketplace.reports.api import urls as reports
from marketplace.rest.paths import by_segment
from orders.api import urls as orders
from refunds.api import urls as refunds
from streams.api import urls as streams

_API = (streams, catalogue, orders, refunds, reports)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(by_segment(pattern for app in _API for pattern in app.urlpatterns))),
    path("api/", include("marketplace.rest.urls")),
    path("admin/live/", include("marketplace.console.urls")),
    path("admin/money/", include("marketplace.console.money_urls")),
    path("admin/", admin.site.urls),
    path("", include("marketplace.storefront.urls")),
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
