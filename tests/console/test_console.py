"""The console by plain form posts: what each button does, what each state shows, what each person finds."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.console import charts
from marketplace.lib import clock, ids
from marketplace.lib.money import Money
from marketplace.models import Brand, User, Variant
from orders.actions.place_orders import place_orders
from orders.queries.feed import latest_orders
from orders.requests import PurchaseRequest
from streams.actions.chat import Draft, say
from streams.actions.sessions import create_session
from streams.models import Attendance, ChatMessage, ChatSanction, Deal, MinuteFigure, RoomEvent, Session, Slot
from tests.streams.conftest import BringTo, MakeVariant, yuan

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]


@pytest.fixture
def desk(host: User) -> Client:
    """Return Hana's browser, without JavaScript."""
    return inside(host)


def inside(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def address(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


def press(client: Client, name: str, *args: str, **values: Any) -> str:
    """Send a button's form, follow the way back, and return what the console says then."""
    answer = client.post(address(name, *args), values, follow=True)
    assert answer.redirect_chain == [(address("show", args[0]), 302)], answer.content.decode()
    return answer.content.decode()


def script(client: Client, name: str, *args: str, **values: Any) -> tuple[int, Any]:
    """Send a form as the page's script does."""
    answer = client.post(address(name, *args), values, headers={"Accept": "application/json"})
    return answer.status_code, answer.json()


def chat(session: Session, author: User, text: str) -> ChatMessage:
    message = Draft(ids.new_id("msg"), session.id, author.id, text, clock.now())
    say([message], process="web-1")
    return ChatMessage.objects.get(id=message.id)


def buy(slot: Slot, buyer: User, *, quantity: int = 1) -> None:
    request = PurchaseRequest(
        buyer_id=buyer.id,
        key=ids.new_id("key"),
        slot_id=slot.id,
        deal_id=None,
        quantity=quantity,
        price=Money(slot.live_price, slot.currency),
    )
    place_orders([request], now=clock.now())


def test_a_whole_show(desk: Client, draft: Session, plan: object, tea: Variant, cup: Variant) -> None:
    id_ = draft.id
    assert "Number 1 of the line-up" in press(desk, "add", id_, variant=tea.id, price="39.90")
    press(desk, "add", id_, variant=cup.id, price="9.9", allocation="5")
    slot, second = Slot.objects.order_by("position")
    press(desk, "move", id_, second.id, way="up")
    assert list(Slot.objects.order_by("position")) == [second, slot]
    press(desk, "terms", id_, slot.id, price="29.90", allocation="", per_buyer_limit="2")
    slot.refresh_from_db()
    assert (slot.price, slot.per_buyer_limit) == (yuan(2990), 2)
    press(desk, "schedule", id_, at=f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    assert "sells nothing" in press(desk, "rehearse", id_)
    press(desk, "end_rehearsal", id_)
    assert 'data-state="live"' in press(desk, "start", id_)
    assert "being explained" in press(desk, "pin", id_, slot.id)
    deal = {"price": "19.90", "quota": "5", "seconds": "60", "opens_in": "0"}
    assert "Deal 19.90 CNY" in press(desk, "open_deal", id_, slot.id, **deal)
    press(desk, "close_deal", id_, Deal.objects.get().id)
    press(desk, "say", id_, text="Smell this.", key="said")
    assert "off sale" in press(desk, "sale", id_, second.id)
    press(desk, "sale", id_, second.id, on="on")
    assert "being explained" not in press(desk, "unpin", id_, slot.id)
    assert "nothing can be bought" in press(desk, "pause", id_)
    press(desk, "resume", id_)
    asked = desk.post(address("end", id_))
    button = " ".join(
        asked.content.decode().partition('name="confirmed"')[2].partition("</button>")[0].split()
    )
    assert (asked.status_code, button.endswith("> End show")) == (200, True)
    assert Session.objects.get().state == "live"
    assert 'data-state="ended"' in press(desk, "end", id_, confirmed="End show")
    facts = [event.type for event in RoomEvent.objects.order_by("seq")]
    assert facts[facts.index("session.started") :] == [
        "session.started",
        "slot.pinned",
        "deal.opened",
        "deal.closed",
        "host.said",
        "slot.updated",
        "slot.updated",
        "slot.unpinned",
        "session.paused",
        "session.resumed",
        "session.ended",
    ]


def test_the_chat_is_kept_civil(live: Session, moderator: User, buyer: User) -> None:
    mona, message = inside(moderator), chat(live, buyer, "Is it fresh?")
    page = mona.get(address("show", live.id)).content.decode()
    assert ("Is it fresh?" in page, "Line-up" in page, "Gross sales" in page) == (True, False, False)
    assert "con-pinned" in press(mona, "pin_message", live.id, message.id)
    assert "con-pinned" not in press(mona, "unpin_message", live.id, message.id)
    assert "Bella, mute" in press(mona, "mute", live.id, message.id, seconds="60")
    assert "Bella, ban" in press(mona, "ban", live.id, message.id)
    for sanction in ChatSanction.objects.all():
        press(mona, "lift", live.id, sanction.id)
    assert "One message every 5 seconds" in press(mona, "slow_mode", live.id, seconds="5")
    assert "Unblock fake" in press(mona, "block_word", live.id, word="Fake")
    assert "Is it fresh?" not in press(mona, "delete_message", live.id, message.id)
    message.refresh_from_db()
    assert message.deleted_by == moderator.id
    assert not ChatSanction.objects.filter(lifted_at=None).exists()


def test_what_is_refused_is_said_and_nothing_typed_is_lost(desk: Client, live: Session, slot: Slot) -> None:
    deal = {"price": "99", "quota": "7", "seconds": "60", "opens_in": "0"}
    page = desk.post(address("open_deal", live.id, slot.id), deal)
    shown = page.content.decode()
    assert (page.status_code, "at most what the slot costs" in shown, 'value="99"' in shown) == (
        200,
        True,
        True,
    )
    assert script(desk, "open_deal", live.id, slot.id, **deal) == (
        409,
        {
            "error": "Look at what is marked.",
            "fields": {"price": "A deal costs at most what the slot costs, and not nothing."},
        },
    )
    status, told = script(desk, "open_deal", live.id, slot.id, **{**deal, "seconds": "3"})
    assert (status, list(told["fields"])) == (400, ["seconds"])
    assert "not in a state that allows this" in press(desk, "resume", live.id)
    status, told = script(desk, "restock", live.id, slot.id, quantity="5", key="more")
    assert (status, told["fields"]) == (
        409,
        {"quantity": "Only who acts for the product's brand puts units on its shelf."},
    )
    assert not Deal.objects.exists()


def test_a_press_needs_its_csrf_token(live: Session, host: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(host)
    assert strict.post(address("pause", live.id)).status_code == 403
    assert strict.get(address("pause", live.id)).headers["Location"] == address("show", live.id)
    assert Session.objects.get().state == "live"


def test_a_moment_that_cannot_be_is_refused_at_its_field(desk: Client, draft: Session) -> None:
    assert script(desk, "schedule", draft.id, at="2020-01-01T10:00") == (
        409,
        {
            "error": "Look at what is marked.",
            "fields": {"at": "A session is announced for a moment in the next 365 days."},
        },
    )
    draft.refresh_from_db()
    assert (draft.state, draft.scheduled_at) == ("draft", None)


def test_a_second_show_is_refused_with_the_name_of_the_first(desk: Client, live: Session, host: User) -> None:
    second = create_session(streamer=live.streamer, title="Autumn tea", actor=host, now=clock.now())
    press(desk, "schedule", second.id, at=f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    said = f"“{live.title}” is on air: end it first."
    assert said in press(desk, "rehearse", second.id)
    assert script(desk, "rehearse", second.id) == (409, {"error": said, "fields": {}})
    assert list(Session.objects.exclude(state="scheduled")) == [live]


def test_only_who_acts_for_the_brand_is_offered_to_restock(
    desk: Client, live: Session, slot: Slot, admin: User
) -> None:
    button = address("restock", live.id, slot.id)
    assert button not in desk.get(address("show", live.id)).content.decode()
    assert button in inside(admin).get(address("show", live.id)).content.decode()


def test_platform_staff_restock(live: Session, slot: Slot, admin: User) -> None:
    assert "5 more of" in press(inside(admin), "restock", live.id, slot.id, quantity="5", key="more")
    slot.variant.stock.refresh_from_db()
    assert slot.variant.stock.on_hand == 35


def test_a_line_up_is_copied(
    desk: Client, live: Session, slot: Slot, cup_slot: Slot, make_variant: MakeVariant, host: User
) -> None:
    again = create_session(streamer=live.streamer, title="Again", actor=host, now=clock.now())
    retired = cup_slot.variant
    type(retired).objects.filter(id=retired.id).update(active=False)
    said = press(desk, "copy", again.id, source=live.id)
    assert "1 products of “Spring tea” are in the line-up." in said
    copied = Slot.objects.get(session=again)
    assert (copied.variant_id, copied.live_price, copied.position) == (slot.variant_id, slot.live_price, 1)
    assert "0 products" in press(desk, "copy", again.id, source=live.id)
    assert [event.type for event in RoomEvent.objects.filter(session=again)] == ["slot.added"]


@pytest.mark.parametrize(
    ("state", "there", "not_there"),
    (
        ("draft", ("schedule",), ("start", "end", "say", "rehearse")),
        ("scheduled", ("start", "rehearse", "schedule"), ("end", "pause", "say")),
        ("rehearsal", ("start", "end_rehearsal", "say"), ("pause", "end", "schedule")),
        ("live", ("pause", "end", "say"), ("start", "resume", "schedule")),
        ("paused", ("resume", "end"), ("pause", "start")),
        ("ended", (), ("start", "resume", "add", "say", "slow_mode")),
        ("cancelled", (), ("start", "rehearse", "add", "schedule")),
    ),
)
def test_a_state_shows_what_can_be_done(
    desk: Client, bring_to: BringTo, state: str, there: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    session = bring_to(state)
    page = desk.get(address("show", session.id)).content.decode()
    shown = {name for name in (*there, *not_there) if f'action="{address(name, session.id)}"' in page}
    assert shown == set(there)
    assert page.count("<script>") == desk.get(reverse("admin:index")).content.decode().count("<script>")


def test_the_first_page_leads_to_ones_shows_and_lists(desk: Client, live: Session, brand_staff: User) -> None:
    page = desk.get(reverse("admin:index")).content.decode()
    assert f'href="{address("show", live.id)}"' in page
    main = page.partition('<div class="con con-home">')[2]
    assert reverse("admin:streams_session_changelist") in main
    theirs = inside(brand_staff).get(reverse("admin:index")).content.decode()
    assert "Your shows" not in theirs
    assert (
        reverse("admin:marketplace_product_changelist") in theirs.partition('<div class="con con-home">')[2]
    )


def test_a_price_is_refused_in_the_currency(desk: Client, live: Session, slot: Slot) -> None:
    status, answer = script(desk, "terms", live.id, slot.id, price="0", allocation="", per_buyer_limit="")
    said = "A price is from 0.01 CNY to 10000000000.00 CNY."
    assert (status, answer["fields"]) == (409, {"price": said})


def test_figures_are_those_of_the_show(desk: Client, live: Session, slot: Slot, buyer: User) -> None:
    """Bella bought twice without the room: she came, and is one person of those who did."""
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    for ago, orders, gross in ((1, 6, 600), (6, 4, 400)):
        MinuteFigure.objects.create(
            session=live,
            minute=minute - ago * timedelta(minutes=1),
            process="web-1",
            peak_viewers=9,
            orders=orders,
            units=orders,
            gross=gross,
            given_back=100,
        )
    for number in range(40):
        Attendance.objects.create(session=live, viewer=f"v{number}", first_at=now, last_at=now)
    for _ in range(2):
        buy(slot, buyer)
    found = desk.get(address("figures", live.id)).json()
    assert found["momentum"]["orders"] == {"text": "+50 %", "way": "up"}
    assert found["momentum"]["kept"] == {"text": "+67 %", "way": "up"}
    assert found["tiles"] == {
        "viewers": "0",
        "peak_viewers": "9",
        "orders": "12",
        "units": "12",
        "gross": "89.80 CNY",
        "kept": "87.80 CNY",
        "came": "41",
        "conversion": "2.4%",
    }
    assert found["charts"]["orders"]["highest"] == "6"


def test_the_feed_shows_what_is_bought_and_no_address(
    desk: Client, live: Session, slot: Slot, buyer: User
) -> None:
    for quantity in (1, 2):
        buy(slot, buyer, quantity=quantity)
    found = desk.get(address("figures", live.id)).json()
    assert [(row["quantity"], row["buyer"], row["state"]) for row in found["feed"]] == [
        ("2", "Bella", "pending payment"),
        ("1", "Bella", "pending payment"),
    ]
    assert set(found["feed"][0]) == {"id", "at", "time", "title", "quantity", "amount", "state", "buyer"}
    latest = latest_orders(live.id, at=clock.now() + timedelta(days=1), limit=1)
    assert [(bought.amount, bought.state) for bought in latest] == [(yuan(7980), "expired")]


def test_reading_costs_the_same_however_much_was_sold(
    desk: Client, live: Session, slot: Slot, buyer: User, make_variant: MakeVariant, host: User
) -> None:
    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address(name, live.id)).status_code == 200
        return len(queries)

    def grow(number: int) -> None:
        press(desk, "add", live.id, variant=make_variant(f"SKU-{number}").id, price="9.90")
        chat(live, buyer, f"Message {number}")
        buy(slot, buyer)

    grow(0)
    before = {name: cost(name) for name in ("figures", "stage")}
    for number in range(1, 4):
        grow(number)
    assert {name: cost(name) for name in before} == before
    assert before["figures"] <= 16
    assert before["stage"] <= 24


def test_shows_are_listed_to_those_who_work_in_them(
    desk: Client,
    live: Session,
    moderator: User,
    brand: Brand,
    brand_staff: User,
    other_streamer: object,
    rival: User,
) -> None:
    for client in (desk, inside(moderator)):
        page = client.get(address("shows")).content.decode()
        assert ("Spring tea" in page, address("shows") in page) == (True, True)
    assert "Spring tea" not in inside(rival).get(address("shows")).content.decode()
    staff = inside(brand_staff)
    assert staff.get(address("shows")).status_code == 404
    first = staff.get(reverse("admin:index")).content.decode()
    assert (f'href="{address("shows")}"' in first, f'href="{address("reports")}"' in first) == (False, True)


@pytest.mark.parametrize(
    ("values", "line"),
    (
        ([], ""),
        ([3], "0.0,4.0 300.0,4.0"),
        ([0, 5, 10], "0.0,60.0 150.0,32.0 300.0,4.0"),
        ([-5, 0], "0.0,60.0 300.0,60.0"),
    ),
)
def test_a_chart_is_a_line(values: list[int], line: str) -> None:
    assert charts.points(values) == line
