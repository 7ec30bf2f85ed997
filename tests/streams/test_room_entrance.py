"""Who may come into a room, as whom, and what they see first."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from django.conf import settings
from django.urls import reverse
from websockets.exceptions import InvalidStatus

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import User
from streams.actions.deals import open_deal
from streams.actions.lineup import pin_slot
from streams.models import ChatSanction, Session, Slot
from streams.wire import deal_to_wire
from tests.servers import Web
from tests.streams.conftest import yuan
from tests.streams.rooms import State, make_room
from tests.streams.seats import Hall, Seat, cookie_for, ticket_for


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


def is_signed_in(seat: Seat) -> bool:
    """Tell whether the room knows who sits here; somebody unknown is refused before the input is read."""
    seat.say("buy")
    refusal = seat.next("buy.refused")["data"]["code"]
    assert refusal in {"invalid", "sign_in_required"}
    return bool(refusal == "invalid")


def test_the_first_message_is_a_snapshot(web: Web, hall: Hall, live: Session, slot: Slot, host: User) -> None:
    now = clock.now()
    pin_slot(slot_id=slot.id, actor=host, now=now)
    deal = open_deal(slot_id=slot.id, price=yuan(2990), quota=5, seconds=60, actor=host, now=now)
    first = hall.sit(web, live.id).next()
    live.refresh_from_db()
    assert first["type"] == "room.snapshot"
    assert first["room"] == live.id
    data = first["data"]
    assert (data["epoch"], data["seq"]) == (live.epoch, live.last_seq)
    assert data["session"]["state"] == "live"
    assert data["session"]["streamer"] == {"id": live.streamer_id, "name": "Hana Live"}
    assert [each["id"] for each in data["slots"]] == [slot.id]
    assert data["slots"][0]["price"] == {"amount": 3990, "currency": "CNY"}
    assert data["slots"][0]["left"] == 30
    assert data["pinned"] == slot.id
    assert data["deals"] == [deal_to_wire(deal, currency="CNY", left=5)]
    assert data["viewers"] == 1
    assert data["chats"] == []
    assert data["server_time"] == first["at"]


def test_the_subprotocol_is_spoken(web: Web, hall: Hall, live: Session) -> None:
    assert hall.sit(web, live.id).connection.subprotocol == "room.v1"


def test_somebody_unknown_watches_and_does_not_buy(web: Web, hall: Hall, live: Session) -> None:
    assert not is_signed_in(hall.sit(web, live.id))


def test_a_cookie_says_who_comes(web: Web, hall: Hall, live: Session, buyer: User) -> None:
    assert is_signed_in(hall.sit(web, live.id, cookie=cookie_for(buyer)))


def test_a_cookie_from_an_allowed_page_counts(web: Web, hall: Hall, live: Session, buyer: User) -> None:
    page = f"http://localhost:{web.port}"
    assert is_signed_in(hall.sit(web, live.id, cookie=cookie_for(buyer), origin=page))


def test_a_cookie_from_another_site_is_turned_away(web: Web, hall: Hall, live: Session, buyer: User) -> None:
    cookie = cookie_for(buyer)
    for origin in ("https://evil.example", "null", "http://[", "file://"):
        with pytest.raises(InvalidStatus) as turned_away:
            hall.sit(web, live.id, cookie=cookie, origin=origin)
        assert turned_away.value.response.status_code == 403, origin


def test_another_site_may_show_the_room_to_nobody_in_particular(web: Web, hall: Hall, live: Session) -> None:
    assert hall.sit(web, live.id, origin="https://fans.example").next()["type"] == "room.snapshot"


def test_a_worthless_cookie_is_nobodys(web: Web, hall: Hall, live: Session) -> None:
    assert not is_signed_in(hall.sit(web, live.id, cookie="0123456789abcdef0123456789abcdef"))


def test_a_cookie_dies_with_the_account(web: Web, hall: Hall, live: Session, buyer: User) -> None:
    cookie = cookie_for(buyer)
    User.objects.filter(id=buyer.id).update(is_active=False)
    assert not is_signed_in(hall.sit(web, live.id, cookie=cookie))


def test_a_ticket_says_who_comes_once(web: Web, hall: Hall, live: Session, buyer: User) -> None:
    ticket = ticket_for(buyer)
    assert is_signed_in(hall.sit(web, live.id, ticket=ticket))
    assert hall.sit(web, live.id, ticket=ticket).close_code() == 4401


def test_a_ticket_is_good_for_half_a_minute(web: Web, hall: Hall, live: Session, buyer: User) -> None:
    stale = ticket_for(buyer, age=timedelta(seconds=31))
    assert hall.sit(web, live.id, ticket=stale).close_code() == 4401


def test_a_made_up_ticket_is_turned_away(web: Web, hall: Hall, live: Session) -> None:
    for ticket in ("nonsense", "rtt_" + "x" * 43, "x" * 4000, "%00", "%FF"):
        assert hall.sit(web, live.id, ticket=ticket).close_code() == 4401, ticket


def test_the_banned_may_not_come_in(web: Web, hall: Hall, live: Session, buyer: User, host: User) -> None:
    ban = ChatSanction.objects.create(
        session=live, user=buyer, kind=ChatSanction.Kind.BAN, imposed_by=host.id, at=clock.now()
    )
    assert hall.sit(web, live.id, ticket=ticket_for(buyer)).close_code() == 4403
    ChatSanction.objects.filter(id=ban.id).update(lifted_at=clock.now())
    assert is_signed_in(hall.sit(web, live.id, ticket=ticket_for(buyer)))


def in_browser(web: Web, cookie: str) -> httpx.Client:
    """Return a browser of somebody who has signed in."""
    form = "a" * 32
    cookies = {settings.SESSION_COOKIE_NAME: cookie, settings.CSRF_COOKIE_NAME: form}
    return httpx.Client(base_url=web.url, cookies=cookies, headers={"X-CSRFToken": form})


def test_who_signs_out_is_nobody_in_other_tabs_as_well(
    web: Web, hall: Hall, live: Session, buyer: User, outsider: User
) -> None:
    cookie = cookie_for(buyer)
    tab, other = hall.sit(web, live.id, cookie=cookie), hall.sit(web, live.id, cookie=cookie_for(outsider))
    assert (is_signed_in(tab), is_signed_in(other)) == (True, True)
    with in_browser(web, cookie) as browser:
        assert browser.delete("/api/v1/session").status_code == 204
    assert tab.close_code() == 4409
    assert not is_signed_in(hall.sit(web, live.id, cookie=cookie))
    assert is_signed_in(other)


def test_who_is_blocked_buys_no_more(web: Web, hall: Hall, live: Session, buyer: User, admin: User) -> None:
    seat = hall.sit(web, live.id, ticket=ticket_for(buyer))
    assert is_signed_in(seat)
    with in_browser(web, cookie_for(admin)) as browser:
        page = reverse("admin:marketplace_user_block", args=[buyer.id])
        assert browser.post(page).status_code == 302
    assert seat.close_code() == 4409
    assert not User.objects.get(id=buyer.id).is_active


def test_a_token_that_is_revoked_closes_what_it_opened(
    web: Web, hall: Hall, live: Session, buyer: User
) -> None:
    token, secret = create_token(
        user=buyer, name="t", scopes=["orders:write"], expires_at=None, now=clock.now()
    )
    with httpx.Client(base_url=f"{web.url}/api/v1/", headers={"Authorization": f"Bearer {secret}"}) as caller:
        ticket = caller.post("realtime/tickets").json()["ticket"]
        seat = hall.sit(web, live.id, ticket=ticket)
        assert is_signed_in(seat)
        assert caller.delete(f"tokens/{token.id}").status_code == 204
    assert seat.close_code() == 4409


def test_there_is_no_such_room(web: Web, hall: Hall) -> None:
    for session_id in (
        f"ses_{7:032x}",
        f"ord_{7:032x}",
        "ses_1",
        "nonsense",
        "%F0%9F%8D%B5",
        "%00",
        "ses_%0a",
    ):
        assert hall.sit(web, session_id).close_code() == 4404, session_id


def test_a_draft_is_its_makers_alone(
    web: Web, hall: Hall, draft: Session, host: User, outsider: User
) -> None:
    assert hall.sit(web, draft.id).close_code() == 4404
    assert hall.sit(web, draft.id, ticket=ticket_for(outsider)).close_code() == 4404
    assert hall.sit(web, draft.id, ticket=ticket_for(host)).next()["type"] == "room.snapshot"
    assert hall.sit(web, draft.id).close_code() == 4404


@pytest.mark.parametrize("state", (State.SCHEDULED, State.REHEARSAL, State.PAUSED, State.ENDED))
def test_what_was_announced_can_be_watched(web: Web, hall: Hall, host: User, state: str) -> None:
    room = make_room(host, state)
    assert hall.sit(web, room.id).next()["data"]["session"]["state"] == state


def test_a_malformed_since_is_a_bad_frame(web: Web, hall: Hall, live: Session) -> None:
    for since in ("nonsense", "1", ".", "a.b", "a.-1", "a.1.2", "a." + "9" * 19, "%C3%A4.1", "a.%D9%A1"):
        assert hall.sit(web, live.id, since=since).close_code() == 4400, since
