"""Addresses of the toolkit's own, to be included below ``/api/``."""

from django.urls import include, path

urlpatterns = [
    path("", include("marketplace.rest.docs")),
    path("v1/", include("marketplace.rest.tokens")),
]
