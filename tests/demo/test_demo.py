"""``manage.py demo``: what it makes; a run that was cut off is finished, and another changes nothing."""

import re
import struct
import zlib
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import Count
from pytest_django import DjangoAssertNumQueries, Settings

from marketplace import audits
from marketplace.actions.accounts import create_account
from marketplace.demo import past, purchases
from marketplace.demo.art.pictures import MOTIFS, product_picture
from marketplace.demo.catalogue import brands, script
from marketplace.demo.people import PASSWORD
from marketplace.demo.purchases import Purchase
from marketplace.lib import clock
from marketplace.models import Brand, Product, User, Variant
from orders.models import OrderLine, Payment, Shipment
from orders.states import Line
from refunds.models import Evidence, Refund, Return
from streams.actions.deals import close_deal
from streams.actions.sessions import schedule_session
from streams.models import Collaboration, Deal, Reminder, RoomEvent, Session, Streamer
from streams.queries.figures import totals
from tests.marketplace.rest_callers import Caller, with_token

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only_in(
        "embedded"
    ),  # the demo is for a laptop; its orders take the doors that both modes prove
]

PNG = re.compile(r"/media/(?:products|covers)/[0-9a-f]{32}\.png")


class CutOff(Exception):
    """What ends a run half-way."""


def demo() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def rows() -> dict[str, int]:
    """Return how many rows each table has, those of tokens and of the facts about them aside."""
    counts = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    return {label: number for label, number in counts.items() if not label.endswith((".ApiToken", ".Fact"))}


def cut_off(monkeypatch: pytest.MonkeyPatch, *, at_payment: int) -> None:
    """Have the next run end in the middle of a show, when a buyer is about to settle the nth order."""
    orders: list[Purchase] = []

    def settle(purchase: Purchase, now: datetime, whole: Any = purchases.settle) -> None:
        orders.append(purchase)
        if len(orders) == at_payment:
            raise CutOff
        whole(purchase, now)

    monkeypatch.setattr(past, "settle", settle)


def test_a_run_that_was_cut_off_is_finished_and_another_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, nobody: Caller, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with monkeypatch.context() as patched:
        cut_off(patched, at_payment=25)
        with pytest.raises(CutOff):
            demo()
    assert clock.now() - datetime.now(tz=clock.now().tzinfo) < timedelta(seconds=1)
    assert Session.objects.filter(state="live").exists()
    half = rows()
    printed = demo()
    made = rows()
    assert half["orders.Order"] < made["orders.Order"]
    assert list(audits.findings(clock.now())) == []
    see_the_catalogue()
    see_the_shows(printed)
    see_the_orders()
    see_the_returns()
    see_the_money()
    see_the_orders_over_the_api()
    see_the_pages(nobody)
    with django_assert_max_num_queries(16):
        nobody.get("/")
    again = demo()
    assert rows() == made
    assert sorted(set(re.findall(r"hwk_\w+", printed + again))) == sorted(
        re.findall(r"hwk_\w+", printed + again)
    )
    see_what_time_undid()


def see_the_catalogue() -> None:
    assert set(Brand.objects.values_list("name", flat=True)) == {sheet.name for sheet in brands()}
    goods = [good for sheet in brands() for good in sheet.goods]
    products = Product.objects.filter(state=Product.State.PUBLISHED, pictures__isnull=False)
    assert set(products.values_list("title", flat=True)) == {good.title for good in goods}
    assert set(Variant.objects.values_list("sku", flat=True)) == {
        choice.sku for good in goods for choice in good.choices
    }
    scripted = {product.sku for product in script().products}
    assert scripted <= set(Variant.objects.filter(brand__name=script().brand).values_list("sku", flat=True))
    assert products.values("category").distinct().count() == 8
    assert products.filter(perishable=True, return_policy=Product.ReturnPolicy.PERISHABLE).count() == 3
    assert Collaboration.objects.count() == len(brands())
    assert Streamer.objects.count() == 3
    assert Streamer.objects.exclude(agency=None).count() == 2


def see_the_shows(printed: str) -> None:
    states = dict(Session.objects.values_list("state").annotate(Count("id")))
    assert states == {"ended": 4, "scheduled": 4, "live": 1}
    live = Session.objects.get(state="live")
    assert f"Live session: {live.id}\n" in printed
    assert live.slots.get(pinned=True).deals.get().closes_at > clock.now()
    assert totals(live).unique_viewers > totals(live).orders > 0
    assert not Session.objects.filter(cover="").exists()
    for session in Session.objects.filter(state="ended"):
        types = list(RoomEvent.objects.filter(session=session).order_by("seq").values_list("type", "at"))
        assert [at for _, at in types] == sorted(at for _, at in types)
        names = [name for name, _ in types]
        assert {"slot.pinned", "deal.opened", "deal.closed", "stock.changed"} <= set(names)
        said = RoomEvent.objects.filter(session=session, type="host.said")
        texts = [payload["text"] for payload in said.values_list("payload", flat=True)]
        assert len(texts) == len(set(texts)) > 6
        assert session.likes > 1_000
        assert session.started_at is not None
        assert session.ended_at is not None
        assert session.started_at < session.ended_at < clock.now()
    assert Reminder.objects.count() == 18 + 41 + 57 + 26


def see_the_orders() -> None:
    states = dict(OrderLine.objects.values_list("state").annotate(Count("id")))
    assert set(states) == set(Line)
    mine = OrderLine.objects.filter(order__buyer__username="viewer")
    assert {Line.PENDING_PAYMENT, Line.SHIPPED, Line.COMPLETED} <= set(mine.values_list("state", flat=True))
    cancelled = Refund.objects.get(order__buyer__username="viewer", reason=Refund.Reason.CANCELLED)
    assert cancelled.payment.state == "refunded"
    assert set(Payment.objects.values_list("state", flat=True)) == {"captured", "partly_refunded", "refunded"}
    assert set(Refund.objects.values_list("state", flat=True)) == {"done"}
    assert set(Shipment.objects.values_list("state", flat=True)) >= {"delivered"}


def see_the_returns() -> None:
    """The viewer and the crowd together have returns in every state, and time is left for those that wait."""
    cases = Return.objects.all()
    assert set(cases.values_list("state", flat=True)) == set(Return.State)
    mine = cases.filter(buyer__username="viewer")
    assert set(mine.values_list("state", flat=True)) == {
        "requested", "offered", "approved", "in_transit", "rejected", "disputed", "refunded",
    }  # fmt: skip
    soon = clock.now() + timedelta(hours=24)
    assert not cases.filter(deadline__lt=soon).exists()
    assert Evidence.objects.filter(case=None).count() == 0
    assert mine.filter(evidence__isnull=False).count() == 5


def see_the_money() -> None:
    """Brand and host of the first show have had money of it, and more is to come."""
    for who in ("brand", "streamer"):
        person = with_token(User.objects.get(username=who), "money:read")
        statement = person.get("/api/v1/statements").json()["data"][-1]
        payout = person.get("/api/v1/payouts").json()["data"][-1]
        assert (statement["owner"], statement["net"]["amount"] > 0) == (payout["owner"], True)
        expected = person.get(f"/api/v1/cash-calendar?party={statement['owner']}").json()["data"]
        assert "estimated" in {entry["kind"] for entry in expected}


def see_the_orders_over_the_api() -> None:
    asked = {f"?session={show.id}": show.streamer.user for show in Session.objects.filter(state="ended")}
    asked[""] = User.objects.get(username="viewer")
    for query, person in asked.items():
        answer = with_token(person, "orders:write").get(f"/api/v1/orders{query}")
        assert answer.status_code == 200, answer.content
        assert len(answer.json()["data"]) >= 8, query


def see_the_pages(nobody: Caller) -> None:
    page = nobody.get("/").content.decode()
    pictures = set(PNG.findall(page))
    assert len(pictures) == 9
    for session in Session.objects.filter(state="ended"):
        replay = nobody.get(f"/replays/{session.id}")
        assert replay.status_code == 200
        pictures |= set(PNG.findall(replay.content.decode()))
    assert len(pictures) > 18
    for address in sorted(pictures):
        answer = nobody.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        width, height = decoded(answer.content)
        assert (width, height) in {(320, 320), (640, 400)}
    assert User.objects.get(username="viewer").check_password(PASSWORD)


def see_what_time_undid() -> None:
    """A show that nobody began is announced again, a deal that is over is opened again; nothing else."""
    now = clock.now()
    coming = Session.objects.filter(state="scheduled").earliest("scheduled_at")
    host = coming.streamer.user
    schedule_session(session_id=coming.id, scheduled_at=now, actor=host, now=now)
    deal = Deal.objects.get(session__state="live")
    close_deal(deal_id=deal.id, actor=host, now=now)
    before = rows()
    demo()
    coming.refresh_from_db()
    assert coming.scheduled_at is not None
    assert coming.scheduled_at > now + timedelta(hours=1)
    assert Deal.objects.get(session__state="live", closed_at=None).quota == deal.quota
    changed = {label: number - before[label] for label, number in rows().items() if number != before[label]}
    assert changed == {"streams.Deal": 1, "streams.RoomEvent": 2}


def decoded(png: bytes) -> tuple[int, int]:
    """Return width and height of a whole PNG file: every checksum is right and every pixel there."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    place, parts = 8, {}
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        body = png[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", png[place + 8 + length : place + 12 + length])
        assert checksum == zlib.crc32(kind + body)
        parts[kind] = body
        place += 12 + length
    width, height, depth, colours, *_ = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, colours, list(parts)) == (8, 2, [b"IHDR", b"IDAT", b"IEND"])
    assert len(zlib.decompress(parts[b"IDAT"])) == height * (1 + 3 * width)
    return width, height


def test_a_picture_is_the_same_each_time_and_no_two_are_alike() -> None:
    pictures = {name: product_picture(name) for name in ("apples", "lantern", "shirt")}
    assert len(set(pictures.values())) == 3
    product_picture.cache_clear()
    assert product_picture("apples") == pictures["apples"]
    drawn = {good.motif for sheet in brands() for good in sheet.goods}
    assert drawn == set(MOTIFS) - {"parcel"}


def test_somebody_else_who_is_called_viewer_is_left_alone() -> None:
    create_account(username="viewer", password="correct horse", now=clock.now())
    before = rows()
    with pytest.raises(CommandError, match="this demo did not make"):
        demo()
    assert rows() == before


def test_production_has_no_demo(settings: Settings) -> None:
    settings.SANDBOX = False
    with pytest.raises(CommandError, match="MARKETPLACE_MODE=sandbox"):
        demo()
    assert not User.objects.exists()
