"""A token for a simulated show on this very database, with the streamer, brand and categories it needs."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils.text import slugify

from marketplace.actions.accounts import create_account
from marketplace.actions.brands import create_brand, members
from marketplace.actions.categories import create_category
from marketplace.actions.tokens import create_token, revoke_token
from marketplace.lib import clock
from marketplace.models import Brand, BrandMember, Category, User
from marketplace.models.tokens import Scope
from marketplace.permissions import Role
from streams.actions.people import register_streamer
from streams.models import Streamer

NAME = "simulated show"
LIFE = timedelta(days=1)
SCOPES = (
    Scope.SESSIONS_HOST, Scope.CATALOGUE_WRITE, Scope.ORDERS_WRITE, Scope.RETURNS_WRITE, Scope.SANDBOX,
)  # fmt: skip
STAFF = "sim~staff"  # nobody can sign up under such a name
FEE_BP = 500


class ShowToken(NamedTuple):
    """A token and whose it is."""

    user: User
    id: str
    secret: str


def show_token(*, streamer: str, brand: str, categories: Collection[str], now: datetime) -> ShowToken:
    """Make what is missing for a show and return a fresh token of its streamer, good for a day.

    Args:
        streamer: name of the streamer.
        brand: name of the brand, which the streamer's person acts for.
        categories: slugs of its goods; new ones are named after their slug and cost the usual fee.
        now: the present.

    Raises:
        RuntimeError: the marketplace is not in sandbox mode.
        DomainError: an action refused, for instance because the account's name is taken.
    """
    if not settings.SANDBOX:
        raise RuntimeError("Tokens for simulated shows are made in sandbox mode only.")
    host = _host(streamer, now)
    _make_categories(categories, now)
    _join_brand(host, brand, now)
    token, secret = create_token(
        user=host, name=NAME, scopes=SCOPES, expires_at=clock.machine_now() + LIFE, now=now
    )
    return ShowToken(host, token.id, secret)


def end_show_token(token: ShowToken, *, now: datetime) -> None:
    """Revoke a token that ``show_token`` made."""
    revoke_token(user=token.user, token_id=token.id, now=now)


def _host(name: str, now: datetime) -> User:
    known = Streamer.objects.select_related("user").filter(name=name).first()
    if known is not None:
        return known.user
    username = slugify(name)[:100] or "show-host"
    user = create_account(username=username, password=secrets.token_urlsafe(24), display_name=name, now=now)
    register_streamer(user=user, name=name, now=now)
    return user


def _join_brand(host: User, name: str, now: datetime) -> None:
    brand = Brand.objects.filter(name=name).first()
    if brand is None:
        create_brand(actor=host, name=name, now=now)
    elif not BrandMember.objects.filter(brand=brand, user=host).exists():
        owner = BrandMember.objects.select_related("user").filter(brand=brand, role=Role.OWNER).earliest("id")
        members.add(brand.id, username=host.username, role=Role.STAFF, actor=owner.user, now=now)


def _make_categories(slugs: Collection[str], now: datetime) -> None:
    missing = sorted(set(slugs) - set(Category.objects.filter(slug__in=slugs).values_list("slug", flat=True)))
    if not missing:
        return
    staff = User.objects.filter(is_superuser=True, is_active=True).first()
    if staff is None:
        staff = User.objects.create_superuser(STAFF, display_name="Simulated staff")
    for slug in missing:
        name = slug.replace("-", " ").capitalize()
        create_category(slug=slug, name=name, fee_bp=FEE_BP, actor=staff, now=now)
