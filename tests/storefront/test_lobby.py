"""The lobby, reminders, and the rules every page keeps."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from marketplace.actions.pictures import add_picture
from marketplace.lib import clock
from marketplace.models import Fact, User
from marketplace.reports.queries.lines import Whose
from marketplace.reports.queries.sales import CameBack, came_back
from marketplace.storefront import words as sentences
from streams.actions.sessions import create_session, schedule_session
from streams.actions.show import end_session
from streams.models import Reminder, Session
from tests.marketplace.rest_callers import Caller
from tests.orders.shop import Shop, buy, caller, cancel, pay

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only_in("embedded"),
]


@pytest.fixture
def coming(shop: Shop) -> Session:
    now = clock.now()
    session = create_session(streamer=shop.session.streamer, actor=shop.host, now=now, title="Autumn tea")
    later = now + timedelta(hours=2)
    return schedule_session(session_id=session.id, scheduled_at=later, actor=shop.host, now=now)


def lobby(browser: Caller, query: str = "") -> str:
    answer = browser.get(f"/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_market_says_so(nobody: Caller) -> None:
    page = lobby(nobody)
    assert "Nobody is live at the moment." in page
    assert "No show is announced yet." in page


def test_cards_show_kept_sales_and_what_came_back(nobody: Caller, shop: Shop, buyer: User) -> None:
    bella = caller(buyer)
    first, second = buy(shop, buyer), buy(shop, buyer)
    for order in (first, second):
        assert pay(bella, order).status_code == 200
    assert cancel(bella, first).status_code == 200
    page = lobby(nobody)
    assert f'href="/live/{shop.session.id}"' in page
    assert "¥39.90</strong> kept sales, 2 orders" in page
    assert "This streamer: 1 of 2 units came back" in page
    end_session(session_id=shop.session.id, actor=shop.host, now=clock.now())
    assert f'href="/replays/{shop.session.id}"' in lobby(nobody)


def test_rates_count_paid_units_only_and_are_kept_for_a_minute(shop: Shop, buyer: User) -> None:
    now, product = clock.now(), shop.slot.variant.product_id
    bella = caller(buyer)
    unpaid, paid = buy(shop, buyer), buy(shop, buyer, quantity=3)
    assert came_back(Whose.PRODUCT, [product], now=now) == {}
    assert pay(bella, paid).status_code == 200
    assert cancel(bella, unpaid).status_code == 200
    assert came_back(Whose.PRODUCT, [product], now=now + timedelta(seconds=59)) == {}
    later = now + timedelta(seconds=60)
    assert came_back(Whose.PRODUCT, [product], now=later) == {product: CameBack(back=0, paid=3)}
    assert cancel(bella, paid).status_code == 200
    rate = came_back(Whose.STREAMER, [shop.session.streamer_id], now=later)[shop.session.streamer_id]
    assert (rate, rate.percent) == (CameBack(back=3, paid=3), 100)


@pytest.mark.parametrize(
    ("rate", "words"),
    (
        (None, "no refund rate yet"),
        (CameBack(back=0, paid=1), "0 of 1 unit came back"),
        (CameBack(back=3, paid=19), "3 of 19 units came back"),
        (CameBack(back=3, paid=20), "15 % of 20 units came back"),
        (CameBack(back=1, paid=4_000), "under 1 % of 4,000 units came back"),
        (CameBack(back=0, paid=50), "0 % of 50 units came back"),
    ),
)
def test_few_units_are_counted_and_many_become_a_percentage(rate: CameBack | None, words: str) -> None:
    assert sentences.came_back(rate) == words


def test_search_and_category(nobody: Caller, shop: Shop, coming: Session) -> None:
    assert "Autumn tea" in lobby(nobody, "?q=autumn")
    assert "Spring tea" not in lobby(nobody, "?q=autumn")
    assert "Spring tea" in lobby(nobody, "?category=tea")
    assert "Autumn tea" not in lobby(nobody, "?category=tea")
    assert "Spring tea" in lobby(nobody, "?q=longJING")
    assert "Autumn tea" not in lobby(nobody, "?q=longjing")
    assert "Nothing found" in lobby(nobody, "?q=%3Cscript%3E")


def test_a_reminder_becomes_a_banner(bella: Caller, shop: Shop, coming: Session, buyer: User) -> None:
    path = f"/live/{coming.id}/reminder"
    assert bella.post(path)["Location"] == "/"
    assert bella.post(path).status_code == 302
    assert Reminder.objects.get().user_id == buyer.id
    assert "Reminder set" in lobby(bella)
    assert "has begun" not in lobby(bella)
    end_session(session_id=shop.session.id, actor=shop.host, now=clock.now())
    Session.objects.filter(id=coming.id).update(state="live", started_at=clock.now())
    begun = "has begun: <strong>Autumn tea</strong>"
    assert begun in bella.get("/orders").content.decode()
    assert begun in bella.get(f"/replays/{shop.session.id}").content.decode()
    assert begun not in bella.get(f"/live/{coming.id}").content.decode()
    bella.post(path, {"clear": "1"})
    assert not Reminder.objects.exists()
    assert bella.post(path).status_code == 409


def test_a_reminder_of_nobody_leads_through_sign_in_back_to_its_page(nobody: Caller, coming: Session) -> None:
    wanted = {"next": "/?category=tea"}
    to_sign_in = nobody.post(f"/live/{coming.id}/reminder", wanted)["Location"]
    assert to_sign_in == "/sign-in?next=%2F%3Fcategory%3Dtea"
    elsewhere = nobody.post(f"/live/{coming.id}/reminder", {"next": "https://elsewhere.example/"})
    assert elsewhere["Location"] == "/sign-in?next=%2F"
    assert not Reminder.objects.exists()


def test_reminders_over_the_api(buyer: User, coming: Session) -> None:
    bella, path = caller(buyer), f"/api/v1/sessions/{coming.id}/reminder"
    answer = bella.send("POST", path)
    assert (answer.status_code, answer.json()["session"]) == (201, coming.id)
    assert bella.send("POST", path).json()["session"] == coming.id
    assert (bella.send("DELETE", path).status_code, Reminder.objects.count()) == (204, 0)
    assert bella.send("DELETE", path).status_code == 204
    facts = Fact.objects.filter(type__startswith="reminder.").order_by("id")
    assert list(facts.values_list("type", "subject", "payload")) == [
        ("reminder.set", coming.id, {"user": buyer.id}),
        ("reminder.cleared", coming.id, {"user": buyer.id}),
    ]


def test_the_lobby_costs_the_same_however_many_shows(
    bella: Caller, shop: Shop, coming: Session, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = clock.now()
    for number in range(5):
        session = create_session(
            streamer=shop.session.streamer, actor=shop.host, now=now, title=f"Tea {number}"
        )
        schedule_session(
            session_id=session.id, scheduled_at=now + timedelta(days=1), actor=shop.host, now=now
        )
    lobby(bella)
    with django_assert_num_queries(11):
        lobby(bella)


def test_a_show_without_a_cover_shows_its_first_product(nobody: Caller, shop: Shop) -> None:
    assert "<img" not in lobby(nobody)
    product = shop.slot.variant.product
    for name in ("1" * 32, "2" * 32):
        add_picture(
            product_id=product.id, file=f"products/{name}.png", alt="", actor=shop.owner, now=clock.now()
        )
    assert f'<img src="/media/products/{"1" * 32}.png"' in lobby(nobody)
    assert "2" * 32 not in lobby(nobody)


def test_one_streamer_does_not_fill_the_replays(nobody: Caller, shop: Shop) -> None:
    ended = []
    for number in range(6):
        session = create_session(
            streamer=shop.session.streamer, actor=shop.host, now=clock.now(), title=f"Tea {number}"
        )
        Session.objects.filter(id=session.id).update(
            state="ended", started_at=clock.now(), ended_at=clock.now() - timedelta(hours=number)
        )
        ended.append(f'href="/replays/{session.id}"')
    page = lobby(nobody)
    assert [address in page for address in ended] == [True, True, True, True, False, False]
    assert all(address in lobby(nobody, "?q=tea") for address in ended)


def test_pages_allow_nothing_inline(nobody: Caller) -> None:
    for path in ("/", "/sign-in", "/sign-up", "/nothing-here"):
        answer = nobody.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        page = answer.content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count('<script type="module" src=')
    assert "'unsafe-eval'" in nobody.get("/admin/login/")["Content-Security-Policy"]
    assert nobody.get("/api/docs/").status_code == 200
