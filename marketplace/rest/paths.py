"""Addresses: ids in paths, and the template that an address was made from."""

import re

from django.http import HttpRequest
from django.urls import register_converter
from django.urls.converters import get_converters

UNMATCHED = "unmatched"

_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


def register_ids(*prefixes: str, **named: str) -> None:
    """Make path converters named like these prefixes of public ids; those that exist are left alone.

    ``path("brands/<brd:brand_id>", ...)`` then takes well-formed brand ids, and anything else is not found.
    A prefix that Django has a converter for goes by another name: ``register_ids(streamer="str")``.
    """
    for name, prefix in {**dict.fromkeys(prefixes), **named}.items():
        if name not in get_converters():
            register_converter(_converter(prefix or name), name)


def template_of(request: HttpRequest) -> str:
    """Return the template of a request's address, ``/api/v1/brands/{brand_id}``, for labels and keys."""
    match = request.resolver_match
    if match is None or match.route is None:
        return UNMATCHED
    return "/" + _PARAMETER.sub(r"{\1}", match.route)


def _converter(prefix: str) -> type:
    def unchanged(_self: object, value: str) -> str:
        return value

    return type(
        f"{prefix.capitalize()}Converter",
        (),
        {"regex": f"{prefix}_[0-9a-f]{{32}}", "to_python": unchanged, "to_url": unchanged},
    )
