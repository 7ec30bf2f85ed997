"""Addresses: ids in paths, and the template that an address was made from."""

import re
from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, register_converter
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


def by_segment(patterns: Iterable[URLPattern]) -> list[URLPattern | URLResolver]:
    """Return the same addresses as a tree of their segments.

    Of a list, Django tries all addresses until one fits; of a tree, only those beside the way.
    """
    ends, ways = list[URLPattern | URLResolver](), dict[str, list[URLPattern]]()
    for pattern in patterns:
        segment, slash, rest = str(pattern.pattern).partition("/")
        if slash:
            below = path(rest, pattern.callback, pattern.default_args, pattern.name)
            ways.setdefault(segment, []).append(below)
        else:
            ends.append(pattern)
    return [*ends, *(path(f"{segment}/", include(by_segment(below))) for segment, below in ways.items())]


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
