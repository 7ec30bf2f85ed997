"""The whole demo: made once, finished when a run was cut off, and kept fresh by every later run."""

from datetime import datetime, timedelta

from marketplace import outbox
from marketplace.demo import past, people, shelves
from marketplace.demo.catalogue import brands
from marketplace.demo.people import MEI, THEO, VIEWER
from marketplace.demo.programme import HARVEST, Show, upcoming
from marketplace.demo.purchases import Fate, Purchase, place, settle
from marketplace.demo.shows import Stage, open_flash
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import Fact, User
from streams.actions.reminders import set_reminder
from streams.actions.sessions import schedule_session
from streams.models import Deal, RoomEvent, Session
from streams.states import ON_AIR

MADE = "demo.made"
#: Moments of the live show's beginning, so that its log is in order.
TICK = timedelta(milliseconds=1)

State = Session.State


class OtherViewer(Exception):
    """Somebody is called as the demo's viewer, and this demo has not made them."""


def build(now: datetime) -> Session:
    """Make what is missing of the demo and return the live session of its own streamer.

    The viewer's account says when the first run began, so that a later one finishes the same past.

    Raises:
        OtherViewer: the name is taken by another person, or by the demo of an earlier version.
    """
    viewer = people.account(VIEWER, now - past.BEGAN)
    began = viewer.date_joined
    if began + past.BEGAN > now:
        raise OtherViewer
    is_made = Fact.objects.filter(subject=viewer.id, type=MADE).exists()
    admin = people.admin(began)
    crowd = people.crowd(admin, began)
    if not is_made:
        _make(admin, viewer, crowd)
    for show in upcoming():
        _announce(show, now)
    session = _live(crowd, now)
    if not is_made:
        _remind(crowd, now)
        _buy_live(session, viewer, crowd, now)
        with action():
            outbox.append(MADE, subject=viewer.id, payload={"user": viewer.id}, now=now)
    return session


def _make(admin: User, viewer: User, crowd: list[User]) -> None:
    """Make people, brands and the past."""
    began = viewer.date_joined
    shelves.categories(admin, began)
    for sheet in brands():
        shelves.stock(sheet, people.account(sheet.owner, began), began)
    _, *represented = [people.streamer(host, began) for host in (MEI, THEO, people.lulu())]
    people.agency(represented, admin, began)
    past.play(began + past.BEGAN, viewer, crowd)


def _announce(show: Show, now: datetime) -> None:
    """Announce a show to come; one whose moment has passed without it gets a new one."""
    known = _known(show)
    if known is None or known.state == State.DRAFT:
        Stage(show, now + show.ahead).announce(now)
    elif known.state == State.SCHEDULED and known.scheduled_at is not None and known.scheduled_at < now:
        schedule_session(
            session_id=known.id, scheduled_at=now + show.ahead, actor=known.streamer.user, now=now
        )


def _remind(crowd: list[User], now: datetime) -> None:
    """Have a part of the crowd wait for the shows to come."""
    for show in upcoming():
        known = _known(show)
        if known is not None and known.state == State.SCHEDULED:
            for user in crowd[: show.peak]:
                set_reminder(session_id=known.id, user=user, now=now)


def _known(show: Show) -> Session | None:
    sessions = Session.objects.filter(streamer__name=show.host.name, title=show.title)
    return sessions.select_related("streamer__user").order_by("-id").first()


def _live(crowd: list[User], now: datetime) -> Session:
    """Return what Mei has on air: her harvest evening, unless somebody has started another show of hers.

    It is begun when there is none; its deal is opened again when the last is over.
    """
    on_air = Session.objects.filter(streamer__name=MEI.name, state__in=ON_AIR).first()
    if on_air is not None and (on_air.title != HARVEST.title or on_air.state != State.LIVE):
        return on_air
    stage = Stage(HARVEST, now + timedelta(seconds=1), crowd, anew=True)
    stage.announce(now)
    stage.start(now)
    session, part = stage.session, HARVEST.parts[1]
    if not RoomEvent.objects.filter(session=session, type="host.said").exists():
        for number, said in enumerate(part.said, start=1):
            stage.speak(said, part.sku, now + number * TICK)
    if not session.slots.filter(pinned=True).exists():
        stage.pin(part.sku, now + 10 * TICK)
    stage.gather(now)
    stage.chat(now)
    running = Deal.objects.filter(session=session, closed_at=None, closes_at__gt=now)
    if part.deal is not None and not running.exists():
        open_flash(stage.slots[part.sku], part.deal, actor=stage.host, now=now + 11 * TICK)
    session.refresh_from_db()
    return session


def _buy_live(session: Session, viewer: User, crowd: list[User], now: datetime) -> None:
    """Have some people buy in the live show; the demo viewer's order waits to be paid."""
    slot = session.slots.filter(on_sale=True).order_by("position").first()
    if slot is None:
        return
    bought = [Purchase(user, "demo-live", Fate.KEEPS) for user in crowd[:4]]
    bought += [Purchase(crowd[4], "demo-live", Fate.CANCELS)]
    bought += [Purchase(viewer, "demo-live", Fate.FORGETS)]
    place(bought, slot_id=slot.id, deal_id=None, price=slot.price, now=now)
    for purchase in bought:
        settle(purchase, now)
    past.sweep(clock.now())
