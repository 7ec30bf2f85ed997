"""Sessions in the admin: a whole show by buttons, and what each person finds there."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from marketplace.lib import clock
from marketplace.models import Brand, User, Variant
from streams.actions.lineup import add_slot as add
from streams.actions.people import create_agency
from streams.audit import findings
from streams.models import Agency, Collaboration, Deal, Moderator, RoomEvent, Session, Slot, Streamer
from tests.streams.conftest import BringTo, MakeVariant, yuan

pytestmark = pytest.mark.only_in("embedded")


def inside(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def desk(host: User, streamer: Streamer) -> Client:
    """Return Hana's browser in the admin."""
    return inside(host)


def address(obj: Any, button: str = "") -> str:
    """Return the address of an object's page, or of one of its buttons."""
    name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{button or 'change'}"
    return reverse(name, args=[obj.pk])


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def press(client: Client, obj: Any, button: str, **values: Any) -> Any:
    """Press a button and send its form; it must go through."""
    answer = client.post(address(obj, button), values)
    assert answer.status_code == 302, answer.content.decode()
    return answer


def refused(client: Client, obj: Any, button: str, **values: Any) -> str:
    """Press a button that shows its form again; return the page."""
    answer = client.post(address(obj, button), values)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_whole_show(
    desk: Client, streamer: Streamer, plan: Collaboration, tea: Variant, cup: Variant
) -> None:
    made = desk.post(
        reverse("admin:streams_session_create"),
        {"title": "Spring tea", "source": "simulated", "payment_window_seconds": "600"},
    )
    assert made.status_code == 302
    session = Session.objects.get()
    assert (session.title, session.streamer, session.payment_window_seconds) == ("Spring tea", streamer, 600)

    press(desk, session, "add_slot", variant=tea.id, price="39.90", per_buyer_limit="2", on_sale="on")
    press(desk, session, "add_slot", variant=cup.id, price="9.9", allocation="5", on_sale="on")
    slot, second = Slot.objects.order_by("position")
    assert (slot.price, slot.per_buyer_limit, slot.allocation) == (yuan(3990), 2, None)
    assert (second.price, second.per_buyer_limit, second.allocation) == (yuan(990), None, 5)

    when = clock.now() + timedelta(hours=1)
    press(desk, session, "schedule", scheduled_at_0=f"{when:%Y-%m-%d}", scheduled_at_1=f"{when:%H:%M:%S}")
    press(desk, session, "rehearse")
    press(desk, session, "end_rehearsal")
    press(desk, session, "start")
    press(desk, session, "pin", slot=slot.id)
    press(desk, session, "open_deal", slot=slot.id, price="29.90", quota="5", seconds="60", opens_in="0")
    deal = Deal.objects.get()
    assert (deal.unit_price, deal.quota, deal.closes_at - deal.opens_at) == (
        yuan(2990),
        5,
        timedelta(minutes=1),
    )
    press(desk, session, "close_deal", deal=deal.id)
    press(desk, session, "unpin")
    press(desk, session, "pause")
    press(desk, session, "resume")
    press(desk, session, "end")

    session.refresh_from_db()
    assert session.state == "ended"
    assert [event.type for event in RoomEvent.objects.order_by("seq")] == [
        "slot.added",
        "slot.added",
        "session.updated",
        "session.updated",
        "session.updated",
        "session.started",
        "slot.pinned",
        "deal.opened",
        "deal.closed",
        "slot.unpinned",
        "session.paused",
        "session.resumed",
        "session.ended",
    ]
    assert findings(clock.now()) == []


def test_a_button_asks_before_it_acts(desk: Client, live: Session) -> None:
    page = desk.get(address(live, "end"))
    assert (page.status_code, b"does not come back" in page.content) == (200, True)
    assert Session.objects.get().state == "live"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(live.streamer.user)
    assert strict.post(address(live, "end")).status_code == 403
    assert Session.objects.get().state == "live"


def test_what_the_action_refuses_is_shown(desk: Client, live: Session, slot: Slot) -> None:
    assert "This field is required" in refused(desk, live, "open_deal", slot=slot.id)
    deal = {"slot": slot.id, "quota": "1", "seconds": "60", "opens_in": "0"}
    assert "at most what the slot costs" in refused(desk, live, "open_deal", price="39.91", **deal)
    assert "digits" in refused(desk, live, "open_deal", price="1.001", **deal)
    assert "fewer units left" in refused(desk, live, "open_deal", price="1", **{**deal, "quota": "31"})
    assert "not in a state" in refused(desk, live, "resume")
    assert "Nothing is pinned" in refused(desk, live, "unpin")
    assert not Deal.objects.exists()


@pytest.mark.parametrize(
    ("state", "there", "not_there"),
    (
        ("draft", ("schedule", "add_slot", "cancel"), ("start", "end", "pin")),
        ("scheduled", ("start", "rehearse", "unschedule"), ("end", "pause", "open_deal")),
        ("rehearsal", ("start", "end_rehearsal", "open_deal"), ("pause", "edit")),
        ("live", ("pause", "end", "pin", "open_deal"), ("start", "edit", "cancel")),
        ("paused", ("resume", "end"), ("pause", "start")),
        ("ended", (), ("start", "resume", "add_slot", "cover")),
    ),
)
def test_a_page_offers_what_can_be_done(
    desk: Client, bring_to: BringTo, state: str, there: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    session = bring_to(state)
    page = desk.get(address(session)).content.decode()
    for button in there:
        assert address(session, button) in page, button
    for button in not_there:
        assert address(session, button) not in page, button


def test_slots_and_deals_have_buttons_of_their_own(desk: Client, live: Session, slot: Slot) -> None:
    press(desk, slot, "edit", price="19.9", position="4", allocation="6")
    slot.refresh_from_db()
    assert (slot.price, slot.position, slot.allocation, slot.on_sale) == (yuan(1990), 4, 6, False)
    press(desk, slot, "edit", price="19.90", position="4", on_sale="on")
    press(desk, slot, "pin")
    press(desk, slot, "unpin")
    press(desk, slot, "open_deal", price="1", quota="2", seconds="5", opens_in="60")
    deal = Deal.objects.get()
    assert deal.opens_at > clock.now() + timedelta(seconds=50)
    press(desk, deal, "close")
    deal.refresh_from_db()
    assert deal.close_reason == "host"


def test_a_cover_is_sent(desk: Client, draft: Session, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    good = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    press(desk, draft, "cover", file=good)
    assert str(Session.objects.get().cover.name).startswith("covers/")
    assert "not a PNG" in refused(desk, draft, "cover", file=SimpleUploadedFile("a.png", b"MZ" * 40))


def test_a_session_is_changed(desk: Client, draft: Session) -> None:
    given = {"title": "Autumn", "source": "hls", "source_url": "", "payment_window_seconds": "900"}
    assert "has an address" in refused(desk, draft, "edit", **given)
    press(desk, draft, "edit", **{**given, "source_url": "https://video.example/"})
    assert Session.objects.get().source_url == "https://video.example/"


class TestWhoFindsWhat:
    """Each person sees what is theirs."""

    def test_another_streamer(self, live: Session, slot: Slot, other_streamer: Streamer) -> None:
        client = inside(other_streamer.user)
        assert "Spring tea" not in client.get(list_of(Session)).content.decode()
        for obj, button in ((live, "end"), (slot, "pin"), (live, "open_deal")):
            assert client.get(address(obj, button)).status_code == 404
            assert client.post(address(obj, button)).status_code == 404
        assert client.get(address(live)).status_code in {302, 404}
        assert Session.objects.get().state == "live"

    def test_a_buyer_does_not_come_in(self, live: Session, buyer: User) -> None:
        client = inside(buyer)
        assert client.get(list_of(Session)).status_code == 302
        assert client.post(address(live, "end")).status_code == 302
        assert Session.objects.get().state == "live"

    def test_brand_staff_and_moderators_run_no_sessions(
        self, live: Session, brand_staff: User, moderator: User
    ) -> None:
        for person in (brand_staff, moderator):
            client = inside(person)
            assert client.get(list_of(Session)).status_code == 403
            assert client.post(address(live, "end")).status_code == 404
        assert Session.objects.get().state == "live"

    def test_platform_staff_finds_everything(self, live: Session, admin: User) -> None:
        client = inside(admin)
        assert "Spring tea" in client.get(list_of(Session)).content.decode()
        press(client, live, "pause")

    @pytest.mark.parametrize("model", (Session, Slot, Deal, Streamer, Collaboration, RoomEvent))
    def test_nothing_is_added_or_written_past_the_actions(
        self, desk: Client, live: Session, plan: Collaboration, streamer: Streamer, model: Any
    ) -> None:
        assert desk.get(list_of(model)).status_code == 200
        assert desk.get(list_of(model) + "add/").status_code == 403
        obj = model.objects.first()
        if obj is not None:
            page = desk.get(address(obj))
            assert (page.status_code, b'name="_save"' in page.content) == (200, False)
            assert desk.post(address(obj), {"title": "x"}).status_code == 403


def test_a_list_costs_the_same_however_long(
    admin: User, live: Session, slot: Slot, make_variant: MakeVariant, host: User
) -> None:
    client = inside(admin)

    def cost(model: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(list_of(model)).status_code == 200
        return len(queries)

    def grow(number: int) -> None:
        now = clock.now()
        variant = make_variant(f"SKU-{number}")
        new = add(session_id=live.id, variant_id=variant.id, live_price=yuan(990), actor=host, now=now)
        Deal.objects.create(
            slot=new, session=live, price=1, quota=1, opens_at=now, closes_at=now + timedelta(hours=1)
        )
        Session.objects.create(streamer=live.streamer, title=f"S{number}", created_at=now)

    models = (Session, Slot, Deal, RoomEvent)
    grow(0)
    cost(Session)  # whatever is asked once a process
    short = {model: cost(model) for model in models}
    for number in range(1, 5):
        grow(number)
    assert {model: cost(model) for model in models} == short


def test_people_and_plans(
    admin: User, desk: Client, streamer: Streamer, brand: Brand, brand_owner: User, buyer: User
) -> None:
    press(desk, streamer, "edit", name="Hana", bio="Tea.")
    press(desk, streamer, "add_moderator", username="bella")
    assert Moderator.objects.get().user == buyer
    assert "nobody of that name" in refused(desk, streamer, "add_moderator", username="nobody")
    press(desk, streamer, "remove_moderator", username="bella")
    assert not Moderator.objects.exists()

    agency = create_agency(name="Stars", share_bp=100, actor=admin, now=clock.now())
    assert "Only platform staff" in refused(desk, streamer, "agency_choice", agency=agency.id)
    staff = inside(admin)
    press(staff, streamer, "agency_choice", agency=agency.id)
    press(staff, agency, "share", share_bp="1250")
    assert "12.5 %" in staff.get(list_of(Agency)).content.decode()
    assert (
        staff.post(reverse("admin:streams_agency_create"), {"name": "Two", "share_bp": "0"}).status_code
        == 302
    )
    streamer.refresh_from_db()
    assert (streamer.name, streamer.agency_id) == ("Hana", agency.id)
    assert sorted(Agency.objects.values_list("name", "share_bp")) == [("Stars", 1250), ("Two", 0)]
    assert desk.get(list_of(Agency)).status_code == 403

    owner = inside(brand_owner)
    given = {"brand": brand.id, "kind": "targeted", "streamer": "Hana", "rate_bp": "500"}
    assert owner.post(reverse("admin:streams_collaboration_create"), given).status_code == 302
    plan = Collaboration.objects.get()
    assert (plan.streamer, plan.rate_bp, plan.ends_at) == (streamer, 500, None)
    assert "may not do this" in refused(desk, plan, "end")
    press(owner, plan, "end")
    plan.refresh_from_db()
    assert plan.ends_at is not None
