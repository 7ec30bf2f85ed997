"""Whoever simulates on the local database gets a token, and what the script needs to be there."""

from typing import Any

import pytest
from pytest_django import Settings

from marketplace.actions.brands import create_brand
from marketplace.demo.show_token import end_show_token, show_token
from marketplace.lib import clock
from marketplace.models import ApiToken, Brand, BrandMember, Category, User
from streams.models import Streamer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_in("embedded")]
WANTED: dict[str, Any] = {"streamer": "Lan Live", "brand": "Lan House", "categories": ["tea", "home-goods"]}


def test_what_is_missing_is_made_once() -> None:
    first = show_token(**WANTED, now=clock.now())
    second = show_token(**WANTED, now=clock.now())
    assert first.user == second.user == Streamer.objects.get(name="Lan Live").user
    assert BrandMember.objects.get(brand__name="Lan House").user == first.user
    assert dict(Category.objects.values_list("slug", "name")) == {"tea": "Tea", "home-goods": "Home goods"}
    assert not User.objects.get(is_superuser=True).has_usable_password()
    assert first.secret != second.secret
    end_show_token(first, now=clock.now())
    (left,) = ApiToken.objects.filter(user=first.user)
    assert left.id == second.id
    assert left.scopes == ["catalogue:write", "orders:write", "returns:write", "sandbox", "sessions:host"]


def test_the_streamer_joins_a_brand_that_is_there(outsider: User) -> None:
    brand = create_brand(actor=outsider, name="Lan House", now=clock.now())
    made = show_token(**WANTED, now=clock.now())
    assert Brand.objects.get(name="Lan House") == brand
    assert set(brand.members.values_list("user__username", "role")) == {
        ("otto", "owner"),
        (made.user.username, "staff"),
    }


def test_there_are_no_such_tokens_in_production(settings: Settings) -> None:
    settings.SANDBOX = False
    with pytest.raises(RuntimeError, match="in sandbox mode only"):
        show_token(**WANTED, now=clock.now())
    assert not User.objects.exists()
