"""``manage.py demo``: a small marketplace to try things on, with a show that is live."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.actions.accounts import create_account
from marketplace.actions.brands import create_brand
from marketplace.actions.categories import create_category
from marketplace.actions.products import create_product, publish_product
from marketplace.actions.tokens import create_token, revoke_token
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import ApiToken, Product, User, Variant
from marketplace.models.tokens import Scope
from streams.actions.collaborations import make_collaboration
from streams.actions.deals import open_deal
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.people import register_streamer
from streams.actions.sessions import create_session, schedule_session
from streams.actions.show import start_session
from streams.models import Collaboration, Deal, Session, Slot

PASSWORD = "live-shopping-demo"  # noqa: S105 - printed for whoever tries the demo
TOKEN = "demo"  # noqa: S105 - the name of the tokens
HOUR = 3600


class Good(NamedTuple):
    """A product of the demo with one variant: prices in minor units of CNY."""

    sku: str
    category: str
    title: str
    variant: str
    list_price: int
    live_price: int
    on_hand: int
    return_policy: str


CATEGORIES = {"tea": ("Tea", 300), "fruit": ("Fresh fruit", 200), "kitchen": ("Kitchen", 500)}
GOODS = (
    Good("LJ-250", "tea", "Longjing spring tea", "250 g", 12900, 9900, 500, Product.ReturnPolicy.STANDARD),
    Good("AP-5KG", "fruit", "Highland apples", "5 kg", 5990, 3990, 2000, Product.ReturnPolicy.PERISHABLE),
    Good("WOK-32", "kitchen", "Hand-forged wok", "32 cm", 23900, 18900, 120, Product.ReturnPolicy.STANDARD),
)
PEOPLE = {
    "viewer": ("Demo viewer", [Scope.ORDERS_WRITE]),
    "streamer": ("Demo streamer", [Scope.SESSIONS_HOST, Scope.ORDERS_WRITE]),
    "brand": ("Demo brand", [Scope.CATALOGUE_WRITE, Scope.ORDERS_WRITE]),
}


class Command(BaseCommand):
    """Make the demo once; every run prints who can sign in, and fresh tokens."""

    help = "Make demo data and print its accounts, tokens and the live session. Sandbox mode only."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make what is missing and print the way in."""
        if not settings.SANDBOX:
            raise CommandError("Demo passwords are known to everybody: use MARKETPLACE_MODE=sandbox.")
        now = clock.now()
        if not User.objects.filter(username="viewer").exists():
            _make(now)
        session = Session.objects.filter(streamer__user__username="streamer").latest("id")
        self._print(session, now)

    def _print(self, session: Session, now: datetime) -> None:
        self.stdout.write(f"Live session: {session.id}")
        self.stdout.write(f"Accounts, all with the password {PASSWORD}, and a token each for the API:")
        for name, (_, scopes) in PEOPLE.items():
            self.stdout.write(f"  {name:<9} {_fresh_token(name, scopes, now)}  ({', '.join(scopes)})")
        self.stdout.write("  admin     (administration at /admin/)")


def _fresh_token(username: str, scopes: list[Scope], now: datetime) -> str:
    """Return a new token in place of those that earlier runs printed."""
    user = User.objects.get(username=username)
    for old in ApiToken.objects.filter(user=user, name=TOKEN):
        revoke_token(user=user, token_id=old.id, now=now)
    _, secret = create_token(user=user, name=TOKEN, scopes=scopes, expires_at=None, now=now)
    return secret


def _make(now: datetime) -> None:
    people = {
        name: create_account(username=name, password=PASSWORD, display_name=shown, now=now)
        for name, (shown, _) in PEOPLE.items()
    }
    admin = User.objects.create_superuser("admin", password=PASSWORD, display_name="Demo admin")
    for slug, (name, fee_bp) in CATEGORIES.items():
        create_category(slug=slug, name=name, fee_bp=fee_bp, actor=admin, now=now)
    variants = _stock(people["brand"], now)
    _go_live(people["streamer"], variants, now)


def _stock(owner: User, now: datetime) -> list[tuple[Good, Variant]]:
    """Put the goods of one brand on the shelf, under a plan that any streamer may take."""
    brand = create_brand(actor=owner, name="Green Valley Farm", country="CN", now=now)
    make_collaboration(brand=brand, kind=Collaboration.Kind.OPEN, rate_bp=2_000, actor=owner, now=now)
    shelf = []
    for good in GOODS:
        product = create_product(
            brand_id=brand.id,
            category=good.category,
            title=good.title,
            return_policy=good.return_policy,
            perishable=good.return_policy == Product.ReturnPolicy.PERISHABLE,
            actor=owner,
            now=now,
        )
        variant = create_variant(
            product_id=product.id,
            sku=good.sku,
            title=good.variant,
            price=Money(good.list_price, "CNY"),
            on_hand=good.on_hand,
            actor=owner,
            now=now,
        )
        publish_product(product_id=product.id, actor=owner, now=now)
        shelf.append((good, variant))
    return shelf


def _go_live(host: User, shelf: list[tuple[Good, Variant]], now: datetime) -> None:
    """Start a show with all goods in its line-up, one of them explained and on a deal."""
    streamer = register_streamer(user=host, name="Mei from the valley", now=now)
    session = create_session(streamer=streamer, title="Harvest evening", actor=host, now=now)
    slots: list[Slot] = [
        add_slot(
            session_id=session.id,
            variant_id=variant.id,
            live_price=Money(good.live_price, "CNY"),
            actor=host,
            now=now,
        )
        for good, variant in shelf
    ]
    schedule_session(session_id=session.id, scheduled_at=now + timedelta(minutes=1), actor=host, now=now)
    start_session(session_id=session.id, actor=host, now=now)
    pin_slot(slot_id=slots[1].id, actor=host, now=now)
    _open_deal(slots[1], host, now)


def _open_deal(slot: Slot, host: User, now: datetime) -> Deal:
    return open_deal(
        slot_id=slot.id,
        price=Money(2990, "CNY"),
        quota=200,
        per_buyer_limit=2,
        seconds=HOUR,
        actor=host,
        now=now,
    )
