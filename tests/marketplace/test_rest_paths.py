"""Addresses as a tree: the same that the list has, found by fewer questions."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.http import Http404, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.urls.resolvers import RoutePattern

from marketplace.rest.paths import by_segment

pytestmark = pytest.mark.only_in("embedded")

ROUTES = (
    "teas",
    "teas/new",
    "teas/<slug:tea>",
    "teas/<slug:tea>/cups",
    "teas/<slug:tea>/cups/<int:cup>",
    "tea/<slug:tea>",
    "cups/<int:cup>/wash",
)


def view(*_: Any, **__: Any) -> HttpResponse:
    return HttpResponse()


LIST = [path(route, view, {"kept": True}, name=route) for route in ROUTES]


def ends(patterns: Sequence[URLPattern | URLResolver], start: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from ends(pattern.url_patterns, here)
        else:
            yield here


def test_a_tree_ends_where_the_list_does() -> None:
    assert sorted(ends(by_segment(LIST))) == sorted(ROUTES)


@pytest.mark.parametrize(
    ("address", "route", "names"),
    (
        ("teas", "teas", {}),
        ("teas/new", "teas/new", {}),
        ("teas/oolong", "teas/<slug:tea>", {"tea": "oolong"}),
        ("teas/new/cups/7", "teas/<slug:tea>/cups/<int:cup>", {"tea": "new", "cup": 7}),
        ("tea/oolong", "tea/<slug:tea>", {"tea": "oolong"}),
        ("cups/7/wash", "cups/<int:cup>/wash", {"cup": 7}),
    ),
)
def test_an_address_leads_where_the_list_led(address: str, route: str, names: dict[str, Any]) -> None:
    match = URLResolver(RoutePattern(""), by_segment(LIST)).resolve(address)
    assert (match.route, match.url_name, match.kwargs) == (route, route, {**names, "kept": True})


@pytest.mark.parametrize("address", ("", "teas/", "teas/new/", "teas/oolong/cup", "cups/7", "cups/x/wash"))
def test_what_the_list_did_not_have_is_not_found(address: str) -> None:
    with pytest.raises(Http404):
        URLResolver(RoutePattern(""), by_segment(LIST)).resolve(address)
