"""The world of the proofs: one show on air and everything that a route can name, seen by every role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from marketplace import pictures
from marketplace.actions.brands import create_brand, members
from marketplace.actions.pictures import add_picture
from marketplace.actions.products import create_product
from marketplace.actions.tokens import create_token
from marketplace.actions.variants import create_variant, deactivate_variant
from marketplace.lib import clock, ids
from marketplace.lib.money import Money
from marketplace.models import BrandMember, Fact, StockLevel, StockMovement, User
from marketplace.models.tokens import Scope
from orders.models import (
    Account,
    Hold,
    InboundWebhook,
    Order,
    OrderLine,
    Payment,
    Payout,
    ReceivedPayout,
    ReserveTier,
    SettledLine,
    SettlementRun,
    Shipment,
    SlotFee,
    Statement,
    Transfer,
)
from orders.payments.simulator.models import SimulatedDelivery, SimulatedPayment
from refunds import evidence
from refunds.actions.request_return import request_return
from refunds.actions.show_evidence import add_evidence
from refunds.eligibility import Wish
from refunds.models import Refund
from streams.actions import moderation
from streams.actions.chat import Draft, say
from streams.actions.collaborations import make_collaboration
from streams.actions.deals import open_deal
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.people import add_moderator, agency_members, create_agency, register_streamer
from streams.actions.sessions import create_session, schedule_session
from streams.models import Agency, BlockedWord, RoomEvent, Session
from tests.marketplace.rest_callers import Caller
from tests.orders import shop as shops
from tests.orders.shop import Shop
from tests.people import PASSWORD, sign_up
from tests.pictures import grey_dot
from tests.plugin import thorough_in

Cell = TypeVar("Cell", str, int)

#: Everybody who looks at a route, in the order of the tables' columns.
ROLES = ("nobody", "buyer", "other", "host", "rival", "moderator", "owner", "staff", "alien", "admin")

#: What a matrix says of somebody whom a route does not refuse.
LET_IN = {"v", "200", "201", "202", "204"}
#: The mode in which everybody looks at every route; in the other, one person does whom it lets in.
HOME = "embedded"

PRICE = Money(3990, "CNY")
DEAL_PRICE = Money(2990, "CNY")


@dataclass(frozen=True)
class World:
    """People by role, and public ids of things by name. What tables and bodies call ``{live}`` is ``ids``."""

    people: dict[str, User]
    ids: dict[str, str]
    cookies: dict[str, str]
    tokens: dict[str, str]

    def caller(self, role: str) -> Caller:
        """Return a browser in which a person of this role has signed in."""
        caller = Caller(raise_request_exception=False)
        if role in self.cookies:
            caller.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[role]
        return caller

    def bearer(self, secret: str) -> Caller:
        """Return a program with a token."""
        return Caller(token=secret, raise_request_exception=False)

    def fill(self, value: Any) -> Any:
        """Return a value with ids in the place of ``{names}``."""
        if isinstance(value, str):
            for name, id_ in self.ids.items():
                value = value.replace(f"{{{name}}}", id_)
            return value
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        return {key: self.fill(each) for key, each in value.items()} if isinstance(value, dict) else value


def looked_at(cells: dict[str, Cell]) -> dict[str, Cell]:
    """Return the cells of a row that this mode looks at: all, or one of somebody whom the row lets in."""
    if thorough_in(HOME):
        return cells
    let_in = (role for role, cell in cells.items() if role != "nobody" and str(cell) in LET_IN)
    role = next(let_in, "nobody")
    return {role: cells[role]}


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens inside; actions take the block for the transaction of a test, and open their own."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def build_world() -> World:
    """Make everybody and everything, by the actions and addresses that people use."""
    people = _people()
    show = shops.open_show(
        create_brand(actor=people["owner"], name="Mountain Tea", country="CN", now=clock.now()),
        people["owner"],
        people["host"],
        people["admin"],
        variants=3,
    )
    _work_for(show, people)
    things = {
        **_catalogue(show, people),
        **_stage(show, people),
        **_chat(show, people),
        **_trade(show, people),
        **{role: person.id for role, person in people.items()},
        "token": create_token(
            user=people["buyer"], name="phone", scopes=[], expires_at=None, now=clock.now()
        )[0].id,
        "fact": Fact.objects.order_by("-id")[0].id,
    }
    cookies = {role: session_key(person) for role, person in people.items()}
    return World(people, things, cookies, {role: token_of(person) for role, person in people.items()})


def token_of(person: User) -> str:
    """Return a new token that may do everything."""
    scopes = Scope.values
    return create_token(user=person, name="all", scopes=scopes, expires_at=None, now=clock.now())[1]


def session_key(person: User) -> str:
    """Return the key of a new session in which this person is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = person.pk
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _people() -> dict[str, User]:
    names = {
        "buyer": "bella", "other": "otto", "host": "hana", "rival": "rico", "moderator": "mona",
        "owner": "olga", "staff": "stan", "alien": "sara", "troll": "tom",
    }  # fmt: skip
    people = {role: sign_up(name) for role, name in names.items()}
    people["admin"] = User.objects.create_superuser("ada", password=PASSWORD, date_joined=clock.now())
    return people


def _work_for(show: Shop, people: dict[str, User]) -> None:
    now = clock.now()
    bakery = create_brand(actor=people["admin"], name="Bakery", country="CN", now=now)
    for brand, who, by in ((show.brand, "staff", "owner"), (bakery, "alien", "admin")):
        members.add(
            brand.id,
            username=people[who].username,
            role=BrandMember.Role.STAFF,
            actor=people[by],
            now=now,
        )


def _catalogue(show: Shop, people: dict[str, User]) -> dict[str, str]:
    owner, now = people["owner"], clock.now()
    variant = show.slot.variant
    hidden = create_product(brand_id=show.brand.id, category="tea", title="Pu'er", actor=owner, now=now)
    secret = create_variant(product_id=hidden.id, sku="PE-1", price=PRICE, on_hand=5, actor=owner, now=now)
    retired = create_variant(
        product_id=variant.product_id, sku="LJ-X", price=PRICE, actor=owner, now=now, on_hand=1
    )
    deactivate_variant(variant_id=retired.id, actor=owner, now=now)
    shown = [
        add_picture(product_id=variant.product_id, file=_stored(name), alt=name, actor=owner, now=now)
        for name in ("front", "back")
    ]
    return {
        "brand": show.brand.id, "category": "tea", "product": variant.product_id, "variant": variant.id,
        "hidden": hidden.id, "secret": secret.id, "retired": retired.id,
        "picture": shown[0].id, "back": shown[1].id,
        "level": StockLevel.objects.get(variant=variant).pk,
        "movement": StockMovement.objects.order_by("-id")[0].id,
        "spare_variant": _spare(show, people),
    }  # fmt: skip


def _stored(name: str) -> str:
    return pictures.store(SimpleUploadedFile(f"{name}.png", grey_dot()))


def _spare(show: Shop, people: dict[str, User]) -> str:
    """Return a variant that is on the shelf and in no line-up."""
    return create_variant(
        product_id=show.slot.variant.product_id,
        sku="LJ-9",
        price=PRICE,
        on_hand=20,
        actor=people["owner"],
        now=clock.now(),
    ).id


def _stage(show: Shop, people: dict[str, User]) -> dict[str, str]:
    host, now = people["host"], clock.now()
    streamer = show.session.streamer
    rico = register_streamer(user=people["rival"], name="Rico Live", now=now)
    add_moderator(streamer_id=streamer.id, user_id=people["moderator"].id, actor=host, now=now)
    plan = make_collaboration(
        brand=show.brand,
        kind="exclusive",
        streamer_id=streamer.id,
        rate_bp=2_500,
        actor=people["owner"],
        now=now,
    )
    draft, scheduled = (_session(show, title, host) for title in ("Summer tea", "Autumn tea"))
    schedule_session(session_id=scheduled.id, scheduled_at=now + timedelta(minutes=5), actor=host, now=now)
    deal = open_deal(
        slot_id=show.slot.id, price=DEAL_PRICE, quota=5, seconds=3_000, actor=host, now=clock.now()
    )
    pin_slot(slot_id=show.slots[1].id, actor=host, now=clock.now())
    agency = create_agency(name="Stars", share_bp=1_000, actor=people["admin"], now=now)
    for who, role in (("rival", "owner"), ("alien", "staff")):
        agency_members.add(
            agency.id, username=people[who].username, role=role, actor=people["admin"], now=now
        )
    return {
        "streamer": streamer.id, "rico": rico.id, "plan": plan.id, "agency": agency.id,
        "live": show.session.id, "slot": show.slot.id, "pinned": show.slots[1].id,
        "third": show.slots[2].id, "deal": deal.id, "draft": draft.id, "scheduled": scheduled.id,
        "draft_slot": draft.slots.all()[0].id,
        "event": str(RoomEvent.objects.order_by("-pk")[0].pk),
    }  # fmt: skip


def _session(show: Shop, title: str, host: User) -> Session:
    """Return a draft with one slot."""
    now = clock.now()
    session = create_session(streamer=show.session.streamer, actor=host, now=now, title=title)
    variant = show.slot.variant_id
    add_slot(session_id=session.id, variant_id=variant, live_price=PRICE, actor=host, now=now)
    return session


def _chat(show: Shop, people: dict[str, User]) -> dict[str, str]:
    room, host, now = show.session.id, people["host"], clock.now()
    message = Draft(ids.new_id("msg"), room, people["buyer"].id, "Is it the spring harvest?", now)
    say([message], process="web-1")
    moderation.block_word(session_id=room, word="fake", actor=host, now=now)
    banned = moderation.ban(session_id=room, user_id=people["troll"].id, actor=host, now=now)
    return {"message": message.id, "word": BlockedWord.objects.get().id, "sanction": banned.id}


def _trade(show: Shop, people: dict[str, User]) -> dict[str, str]:
    """Have Bella buy four times: unpaid, paid, shipped, and cancelled after paying. Nothing is due then."""
    bella, stan = shops.caller(people["buyer"]), shops.caller(people["staff"])
    unpaid, paid, shipped, cancelled = (
        shops.buy(show, people["buyer"], slot=show.slots[2]) for _ in range(4)
    )
    for order in (paid, shipped, cancelled):
        _expect(shops.pay(bella, order), 200)
    _expect(shops.ship(stan, shipped), 201)
    _expect(shops.cancel(bella, cancelled), 200)
    arrived = _arrived(show, people)
    now = clock.now()
    inbox = InboundWebhook.objects.create(
        webhook_id="msg_1", type="payment.captured", body="{}", received_at=now, applied_at=now
    )
    SimulatedDelivery.objects.update(state="delivered", delivered_at=now)
    Refund.objects.update(next_attempt_at=now + timedelta(days=1))
    payout = ReceivedPayout.objects.create(
        gateway_id="gwo_1", amount=100, fee=1, currency="CNY", paid_at=now, recorded_at=now
    )
    return {
        **_settled(show, paid),
        "unpaid": unpaid.id, "paid": paid.id, "shipped": shipped.id,
        "line": OrderLine.objects.get(order=paid).id,
        "payment": Payment.objects.get(order=paid).id,
        "shipment": Shipment.objects.get(order=shipped).id,
        **arrived,
        "refund": Refund.objects.get().id,
        "inbox": inbox.id,
        "account": Account.objects.get(kind="escrow").id,
        "transfer": Transfer.objects.get(subject=paid.id).id,
        "payout": payout.id,
        "charge": SimulatedPayment.objects.all()[0].id,
        "reversal": ids.new_id("gwr"),
    }  # fmt: skip


def _settled(show: Shop, order: Order) -> dict[str, str]:
    """Return a closed statement of the brand, with a line and a hold, as rows: weeks would have to pass."""
    now, line = clock.now(), OrderLine.objects.get(order=order)
    week = {"period_start": now - timedelta(days=7), "period_end": now}
    run = SettlementRun.objects.create(**week, stage="done", started_at=now, done_at=now)
    settled = SettledLine.objects.create(
        run=run, line=line, order=order, brand=show.brand, streamer=show.session.streamer, currency="CNY",
        gross=3990, refunded=0, brand_part=2993, streamer_part=798, agency_part=0, platform_part=199, at=now,
    )  # fmt: skip
    statement = Statement.objects.create(
        run=run, party="brand", owner=show.brand.id, currency="CNY", state="closed", lines=1, gross=3990,
        refunded=0, commission=798, fee=199, net=2993, created_at=now, closed_at=now,
    )  # fmt: skip
    hold = Hold.objects.create(
        statement=statement,
        reason="reserve",
        subject=statement.id,
        amount=150,
        currency="CNY",
        created_at=now,
    )
    wage = Payout.objects.create(  # not due: there is no money behind it
        party="brand",
        owner=show.brand.id,
        currency="CNY",
        amount=100,
        next_attempt_at=now + timedelta(days=1),
        created_at=now,
    )
    session, agency = Session.objects.get(title="Summer tea"), Agency.objects.get()
    OrderLine.objects.filter(id=line.id).update(agency=agency)
    fee = SlotFee.objects.create(
        slot=session.slots.get(), session=session, brand=show.brand, streamer=session.streamer, agency=agency,
        amount=5_000, currency="CNY", minutes=10, offered_at=now,
    )  # fmt: skip
    return {
        "fee": fee.id, "coming": fee.slot_id, "wage": wage.id, "statement": statement.id,
        "hold": hold.id, "settled": str(settled.pk), "run": run.id,
        "tier": str(ReserveTier.objects.get_or_create(from_rate_bp=1_000, share_bp=500, days=14)[0].pk),
    }  # fmt: skip


def _arrived(show: Shop, people: dict[str, User]) -> dict[str, str]:
    """Have three units of Bella's arrive, of which she wants one to go back, and show why."""
    order = shops.buy(show, people["buyer"], slot=show.slots[2], quantity=3)
    _expect(shops.pay(shops.caller(people["buyer"]), order), 200)
    _expect(shops.ship(shops.caller(people["staff"]), order), 201)
    now, line = clock.now(), OrderLine.objects.get(order=order)
    OrderLine.objects.filter(id=line.id).update(state="delivered", return_by=now + timedelta(days=7))
    Shipment.objects.filter(order=order).update(state="delivered", delivered_at=now, next_scan_at=None)
    with evidence.stored(SimpleUploadedFile("broken.png", grey_dot())) as file:
        shown = add_evidence(return_id=None, file=file, owner_id=people["buyer"].id, now=now)
    wish = Wish(units=1, type="return_and_refund", reason="damaged")
    case = request_return(
        line_id=line.id, buyer_id=people["buyer"].id, wish=wish, evidence=[shown.id], now=now
    )
    return {"arrived": order.id, "arrived_line": line.id, "return": case.id, "evidence": shown.id}


def _expect(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.content
