"""Returns in the admin: a brand works through its own, staff decide, and the list stays quick."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.models import User
from refunds.models import Refund, Return
from refunds.policy import Reason
from streams.actions.captions import add_caption
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.test_orders_admin import (
    MANY,
    SLOW,
    listing,
    page,
    press,
    signed_in,
    slowest_statement,
    stranger,
)
from tests.orders.times import findings
from tests.pictures import grey_dot
from tests.refunds.claims import NOTE, PARCEL, asked, delivered, done, uploaded

__all__ = ["stranger"]

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

LIST = "refunds_return"


@pytest.fixture
def case(shop: Shop, buyer: User, hours: Hours) -> Return:
    """Return Bella's request to send a unit of three back, with a picture."""
    line = delivered(shop, buyer, hours, quantity=3)
    return asked(buyer, line, reason="damaged", evidence=[uploaded(buyer).json()["id"]])


def buttons(person: User, case: Return) -> set[str]:
    """Return the buttons that stand on a return's page."""
    shown = signed_in(person).get(page(case)).content.decode()
    names = (
        "approve", "reject", "offer", "receive", "accept_goods", "refuse_goods", "dispute", "decide",
        "show_file",
    )  # fmt: skip
    return {name for name in names if f'href="{page(case, name)}"' in shown}


def test_a_brand_inspects_and_refunds(
    shop: Shop, case: Return, brand_staff: User, buyer: User, admin: User
) -> None:
    stan = signed_in(brand_staff)
    assert buttons(brand_staff, case) == {"approve", "reject", "offer", "show_file"}
    assert "The return is approved." in press(stan, case, "approve", note="Send it back, please.")
    assert buttons(brand_staff, case) == {"show_file"}
    done(buyer, case, "send-back", PARCEL)
    assert buttons(brand_staff, case) == {"receive", "dispute", "show_file"}
    assert "The return is received." in press(stan, case, "receive")
    assert buttons(brand_staff, case) == {"accept_goods", "refuse_goods", "show_file"}
    assert "The return is refunded." in press(stan, case, "accept_goods")
    assert (Refund.objects.get().amount, shop.level()) == (3990, (8, 0))
    assert "The return is not in a state that allows this." in press(stan, case, "accept_goods")
    seen = stan.get(page(case)).content.decode()
    assert "Send it back, please." in seen
    assert re.search(r">\s*Refunded\s*<", seen)
    assert "(&#x27;refunded" not in seen
    assert f'<img src="/api/v1/evidence/{case.evidence.get().id}/file"' in seen
    assert findings() == []


def test_a_seller_reads_what_was_said_and_shows_a_file(
    shop: Shop, brand_staff: User, buyer: User, hours: Hours
) -> None:
    add_caption(
        session_id=shop.session.id, slot_id=shop.slot.id, text="It <never> breaks.", claim="material",
        now=clock.now(),
    )  # fmt: skip
    case, stan = asked(buyer, delivered(shop, buyer, hours)), signed_in(brand_staff)
    assert "material: “It &lt;never&gt; breaks.”" in stan.get(page(case)).content.decode()
    script, picture = (SimpleUploadedFile("a.png", content) for content in (b"#!/bin/sh", grey_dot()))
    assert "The file is not a PNG" in press(stan, case, "show_file", file=script)
    assert "The file is shown, to the buyer too." in press(stan, case, "show_file", file=picture)
    shown = case.evidence.get()
    seen = signed_in(buyer).get(f"/returns/{case.id}").content.decode()
    assert (shown.owner, f'src="/api/v1/evidence/{shown.id}/file"' in seen) == (brand_staff, True)


def test_an_offer_is_written_as_people_write_money(case: Return, brand_staff: User) -> None:
    stan = signed_in(brand_staff)
    assert "CNY has 2 digits after the point." in press(stan, case, "offer", amount="10.005")
    assert "Offer from 0.01 CNY to 39.90 CNY." in press(stan, case, "offer", amount="39.91")
    assert "The return is offered." in press(stan, case, "offer", amount="10.50", note="Keep it.")
    case.refresh_from_db()
    assert (case.state, case.offered) == ("offered", 1050)


def test_staff_decide_what_a_brand_may_only_see(
    case: Return, brand_staff: User, buyer: User, admin: User
) -> None:
    assert "This field is required." in press(signed_in(brand_staff), case, "reject", note="")
    assert "The return is rejected." in press(signed_in(brand_staff), case, "reject", note="No.")
    done(buyer, case, "dispute", NOTE)
    assert (buttons(brand_staff, case), buttons(admin, case)) == ({"show_file"}, {"decide", "show_file"})
    assert signed_in(brand_staff).get(page(case, "decide")).status_code == 404
    assert "This field is required." in press(
        signed_in(admin), case, "decide", decision="", note="It is fine."
    )
    said = press(signed_in(admin), case, "decide", decision="seller", amount="5", note="It is fine.")
    assert "only for the buyer" in said
    said = press(signed_in(admin), case, "decide", decision="buyer", amount="5", note="Half is broken.")
    assert "The return is decided for buyer." in said
    assert Refund.objects.get().amount == 500


def test_staff_have_no_buttons_in_a_return_of_their_own(
    case: Return, brand_staff: User, buyer: User, admin: User
) -> None:
    User.objects.filter(id__in=[buyer.id, brand_staff.id]).update(is_staff=True)
    bella, stan = (User.objects.get(id=person.id) for person in (buyer, brand_staff))
    assert (buttons(bella, case), "approve" in buttons(stan, case)) == ({"show_file"}, True)
    said = press(signed_in(bella), case, "approve", note="")
    assert "You are a party of this return: a colleague has to do this." in said
    assert "The return is rejected." in press(signed_in(stan), case, "reject", note="No.")
    done(buyer, case, "dispute", NOTE)
    for person in (bella, stan):
        assert buttons(person, case) == {"show_file"}
        said = press(signed_in(person), case, "decide", decision="buyer", note="It is fine.")
        assert "a colleague has to do this" in said
    case.refresh_from_db()
    assert (case.state, Refund.objects.count()) == ("disputed", 0)
    assert "decide" in buttons(admin, case)


def test_a_brand_sees_its_own_returns_only(
    case: Return, brand_staff: User, stranger: User, admin: User
) -> None:
    for person, seen in ((brand_staff, True), (admin, True), (stranger, False)):
        shown = signed_in(person).get(listing(LIST)).content.decode()
        assert (case.id in shown) is seen
        found = signed_in(person).get(listing(LIST, f"?q={case.order_id}")).content.decode()
        assert (f'{case.id}"' in found or f">{case.id}<" in found) is seen
    assert signed_in(stranger).get(page(case, "approve")).status_code == 404
    assert signed_in(stranger).post(page(case, "approve"), {}).status_code == 404


def copies(case: Return, size: int) -> None:
    """Make ``size`` more returns, copied from one by the database itself, in all states."""
    states = ", ".join(f"({number}, '{state}')" for number, state in enumerate(Return.State))
    columns = [str(field.column) for field in Return._meta.concrete_fields]
    new_id = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    changes = {"id": new_id, "state": "s.state", "deadline": "NULL"}
    values = ", ".join(changes.get(column, f"t.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO refunds_return ({', '.join(columns)})"
            f" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size}),"
            f" s(k, state) AS (VALUES {states})"
            f" SELECT {values} FROM n JOIN s ON s.k = n.i %% {len(Return.State)} CROSS JOIN refunds_return t"
            " WHERE t.id = %s",
            [Return._meta.pk.get_db_prep_value(case.id, connection)],
        )
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE refunds_return")


def test_the_list_opens_at_once_however_many_returns_there_are(
    case: Return, brand_staff: User, admin: User
) -> None:
    copies(case, MANY)
    assert Return.objects.count() == MANY + 1
    queries = ["", "?state__exact=disputed", f"?reason__exact={Reason.QUALITY}", f"?q={case.order_id}"]
    slow: dict[Any, float] = {}
    for person in (brand_staff, admin):
        client = signed_in(person)
        for query in queries:
            took = slowest_statement(lambda: client.get(listing(LIST, query)))  # noqa: B023 - called at once
            if took > SLOW:
                slow[person.username, query] = took
        with CaptureQueriesContext(connection) as asked_for:
            client.get(listing(LIST))
        assert len(asked_for) <= 12
        assert not [each["sql"] for each in asked_for if "COUNT(" in each["sql"]]
    assert slow == {}
