"""Fill a database for a bench: a live show with deals, and people to buy.

``python -m tests.benchmarks.seed '{"buyers": 1000, "deals": [{"quota": 100}]}'`` prints one JSON object.
Asked for are ``buyers``, the number of people with a session cookie and a token, and ``deals``, one slot with
an open deal for each, with ``quota`` and ``limit`` (units per buyer, or null).
"""

import hashlib
import json
import os
import secrets
import sys
from datetime import datetime, timedelta
from typing import Any

import django

PRICE = 3_990
LIST_PRICE = 5_990
CURRENCY = "CNY"
DEAL_SECONDS = 3_600
TITLE = (
    "高山云雾绿茶 明前特级 2026 新茶 手工采摘 " * 4
)  # as long as sellers make them, so facts have a real size


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Make the show and the people; return ids, tokens and cookies."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    django.setup()
    from marketplace.lib import clock

    now = clock.now()
    show = _make_show(asked["deals"], now)
    return {**show, "buyers": _make_buyers(asked.get("buyers", 0), now)}


def _make_show(deals: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    from marketplace.actions.accounts import create_account
    from marketplace.lib.money import Money
    from streams.actions.deals import open_deal
    from streams.actions.lineup import add_slot, pin_slot
    from streams.actions.sessions import create_session, schedule_session
    from streams.actions.show import start_session
    from streams.models import Streamer

    host = create_account(username="host", password=secrets.token_urlsafe(16), now=now)
    streamer = Streamer.objects.create(user=host, name="Host", created_at=now)
    variants = _make_variants(deals, host, streamer, now)
    session = create_session(streamer=streamer, actor=host, title="Spring harvest", now=now)
    schedule_session(session_id=session.id, scheduled_at=now + timedelta(seconds=1), actor=host, now=now)
    slots = [
        add_slot(
            session_id=session.id,
            variant_id=variant_id,
            live_price=Money(LIST_PRICE, CURRENCY),
            actor=host,
            now=now,
        )
        for variant_id in variants
    ]
    start_session(session_id=session.id, actor=host, now=now)
    pin_slot(slot_id=slots[0].id, actor=host, now=now)
    offers = []
    for asked, slot in zip(deals, slots, strict=True):
        deal = open_deal(
            slot_id=slot.id,
            price=Money(PRICE, CURRENCY),
            quota=asked["quota"],
            per_buyer_limit=asked.get("limit"),
            seconds=DEAL_SECONDS,
            actor=host,
            now=now,
        )
        price = {"amount": PRICE, "currency": CURRENCY}
        offers.append({"slot": slot.id, "deal": deal.id, "quantity": 1, "price": price})
    return {"session": session.id, "offers": offers, "host_token": _make_tokens([host.id], now)[0]}


def _make_variants(deals: list[dict[str, Any]], host: Any, streamer: Any, now: datetime) -> list[str]:
    """Publish one product per deal, with as many units as the deal has, and agree with the streamer."""
    from marketplace.actions.brands import create_brand
    from marketplace.actions.products import create_product, publish_product
    from marketplace.actions.variants import create_variant
    from marketplace.lib.money import Money
    from marketplace.models import Category
    from streams.models import Collaboration

    brand = create_brand(actor=host, name="高山茶业有限公司", now=now)
    Category.objects.get_or_create(slug="tea", defaults={"name": "Tea", "fee_bp": 500})
    Collaboration.objects.create(
        brand=brand,
        streamer=streamer,
        kind=Collaboration.Kind.TARGETED,
        rate_bp=2_000,
        starts_at=now - timedelta(days=1),
        created_at=now,
    )
    variants = []
    for number, deal in enumerate(deals):
        product = create_product(
            brand_id=brand.id, category="tea", title=f"{number} {TITLE}", actor=host, now=now
        )
        variant = create_variant(
            product_id=product.id,
            sku=f"TEA-{number}",
            title=TITLE,
            price=Money(LIST_PRICE, CURRENCY),
            on_hand=deal["quota"],
            actor=host,
            now=now,
        )
        publish_product(product_id=product.id, actor=host, now=now)
        variants.append(variant.id)
    return variants


def _make_buyers(count: int, now: datetime) -> list[dict[str, str]]:
    """Make people as rows: signing thousands of them up would measure the password hash."""
    from marketplace.models import User

    people = [
        User(username=f"buyer-{number}", display_name=f"Buyer {number}", password="!", date_joined=now)
        for number in range(count)
    ]
    User.objects.bulk_create(people, batch_size=500)
    tokens = _make_tokens([person.id for person in people], now)
    cookies = _make_cookies(people, now)
    return [{"token": token, "cookie": cookie} for token, cookie in zip(tokens, cookies, strict=True)]


def _make_tokens(user_ids: list[str], now: datetime) -> list[str]:
    from marketplace.models import ApiToken
    from marketplace.models.tokens import Scope

    tokens = [f"hwk_{secrets.token_urlsafe(32)}" for _ in user_ids]
    rows = [
        ApiToken(
            user_id=user_id,
            digest=hashlib.sha512(token.encode()).hexdigest(),
            token_key=token[:15],
            name="bench",
            scopes=[Scope.ORDERS_WRITE, Scope.SESSIONS_HOST],
            created=now,
            expiry=now + timedelta(days=1),
        )
        for user_id, token in zip(user_ids, tokens, strict=True)
    ]
    ApiToken.objects.bulk_create(rows, batch_size=500)
    return tokens


def _make_cookies(people: list[Any], now: datetime) -> list[str]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    store = SessionStore()
    rows = [
        Session(
            session_key=secrets.token_hex(16),
            session_data=store.encode(
                {
                    SESSION_KEY: person.id,
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: person.get_session_auth_hash(),
                }
            ),
            expire_date=now + timedelta(days=1),
        )
        for person in people
    ]
    Session.objects.bulk_create(rows, batch_size=500)
    return [f"{settings.SESSION_COOKIE_NAME}={row.session_key}" for row in rows]


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
