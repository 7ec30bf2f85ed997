"""Shows as rows: announced, played beat by beat, ended. Every step is left out when it has been done."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace import pictures
from marketplace.demo.art.pictures import cover_picture
from marketplace.demo.catalogue import CURRENCY
from marketplace.demo.people import streamer
from marketplace.demo.programme import Claim, Flash, Part, Show
from marketplace.lib.ids import new_id
from marketplace.lib.money import Money
from marketplace.models import User, Variant
from streams import chat_rules, figures
from streams.actions.captions import add_caption
from streams.actions.chat import Draft, say
from streams.actions.deals import close_due_deals, open_deal
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.presence import Watched, record_attendance, record_rooms
from streams.actions.replays import set_replay_sales
from streams.actions.sessions import COVERS, create_session, schedule_session, set_cover
from streams.actions.show import end_session, start_session
from streams.models import Attendance, ChatMessage, Deal, MinuteFigure, RoomEvent, Session, Slot
from streams.states import ON_AIR, OVER

ANNOUNCED_BEFORE = timedelta(days=1)
FIRST_PART = 12
PART_SECONDS = 95
DEAL_AFTER = 36
ORDERS_AFTER = (42, 55, 86)
LAST_WORDS = "Thank you for watching. Drink something warm, and see you at the next show!"
PROCESS = "demo"

State = Session.State

#: Something to be done at a moment of the marketplace's clock.
Act = tuple[datetime, Callable[[datetime], None]]


@dataclass(slots=True)
class Stage:
    """A show on its way into the database; the session is there once it has been announced."""

    show: Show
    begins: datetime
    crowd: Sequence[User] = ()
    #: Whether a show of this title that is over counts as another one.
    anew: bool = False
    session: Session = field(init=False)
    slots: dict[str, Slot] = field(init=False)

    @property
    def host(self) -> User:
        """Return the account of the streamer."""
        return self.session.streamer.user

    def seconds(self, after: float) -> datetime:
        """Return a moment of the show."""
        return self.begins + timedelta(seconds=after)

    @property
    def length(self) -> int:
        """Return how many seconds the show takes."""
        return FIRST_PART + PART_SECONDS * len(self.show.parts) + 12

    def announce(self, now: datetime) -> None:
        """Make the session with its line-up and cover, and announce it for the moment it begins."""
        self.session = self._session(now)
        if self.session.state in OVER:
            self.slots = self._slots()
            return
        for part in self.show.parts:
            self._add(part, now)
        self.slots = self._slots()
        if not self.session.cover:
            upload = SimpleUploadedFile("cover.png", cover_picture(self.show.scene), "image/png")
            with pictures.stored(upload, folder=COVERS) as name:
                set_cover(session_id=self.session.id, cover=name, actor=self.host, now=now)
        if self.show.sells and not self.session.replay_sells:
            set_replay_sales(session_id=self.session.id, sells=True, actor=self.host, now=now)
        if self.session.state == State.DRAFT:
            schedule_session(session_id=self.session.id, scheduled_at=self.begins, actor=self.host, now=now)
        self.session.refresh_from_db()

    def start(self, now: datetime) -> None:
        """Go live."""
        if self._state() == State.SCHEDULED:
            start_session(session_id=self.session.id, actor=self.host, now=now)

    def end(self, now: datetime) -> None:
        """End the show."""
        if self._state() in ON_AIR:
            end_session(session_id=self.session.id, actor=self.host, now=now)

    def speak(self, said: str | Claim, sku: str | None, now: datetime) -> None:
        """Say something, about a product where one is named."""
        if self._is_told(now):
            return
        claim = said.attribute if isinstance(said, Claim) else None
        text = said.text if isinstance(said, Claim) else said
        slot_id = self.slots[sku].id if sku else None
        add_caption(session_id=self.session.id, text=text, slot_id=slot_id, claim=claim, now=now)

    def pin(self, sku: str, now: datetime) -> None:
        """Begin to explain a product."""
        if not self._is_told(now):
            pin_slot(slot_id=self.slots[sku].id, actor=self.host, now=now)

    def open(self, sku: str, flash: Flash, now: datetime) -> None:
        """Open a deal."""
        if not self._is_told(now):
            open_flash(self.slots[sku], flash, actor=self.host, now=now)

    def deal(self, sku: str, now: datetime) -> Deal | None:
        """Return the deal on a product that is open at a moment and has units left."""
        running = Deal.objects.filter(slot=self.slots[sku], opens_at__lte=now, closes_at__gt=now)
        return next((deal for deal in running if deal.taken < deal.quota), None)

    def chat(self, now: datetime) -> None:
        """Have the crowd say its lines, evenly spread up to this moment."""
        if ChatMessage.objects.filter(session=self.session).exists():
            return
        count = len(self.show.chat)
        gap = timedelta(seconds=(self.length - 20) / max(1, count))
        drafts = [
            Draft(
                new_id("msg"),
                self.session.id,
                self.crowd[(number * 7 + 3) % len(self.crowd)].id,
                chat_rules.clean(text),
                now - (count - number) * gap,
            )
            for number, text in enumerate(self.show.chat)
        ]
        say(drafts, process=PROCESS)

    def gather(self, now: datetime) -> None:
        """Have the crowd come in: who chats and buys has been there."""
        if not Attendance.objects.filter(session=self.session).exists():
            record_attendance([Watched(self.session.id, user.id, now, now, 1, 0) for user in self.crowd])

    def count(self, now: datetime) -> None:
        """Write how many watched, minute by minute, and what they liked."""
        if not Attendance.objects.filter(session=self.session).exists():
            record_attendance(list(self._watched()))
        if not MinuteFigure.objects.filter(session=self.session, likes__gt=0).exists():
            counts = list(self._minutes())
            likes = sum(count.likes for count in counts)
            record_rooms(viewers={}, likes={self.session.id: likes}, counts=counts, process=PROCESS, now=now)

    def beats(self) -> Iterator[Act]:
        """Yield what host and crowd do, orders aside; no two beats share a moment."""
        yield self.begins - ANNOUNCED_BEFORE, self.announce
        yield self.begins, self.start
        for number, part in enumerate(self.show.parts):
            yield from self._part(part, FIRST_PART + number * PART_SECONDS)
        yield self.seconds(self.length - 9), lambda now: self.speak(LAST_WORDS, None, now)
        yield self.seconds(self.length - 2), self.chat
        yield self.seconds(self.length - 1), self.count
        yield self.seconds(self.length), self.end

    def _part(self, part: Part, base: int) -> Iterator[Act]:
        sku, flash = part.sku, part.deal
        yield self.seconds(base), lambda now: self.pin(sku, now)
        for number, said in enumerate(part.said):
            yield self.seconds(base + 3 + number * 9), lambda now, said=said: self.speak(said, sku, now)  # type: ignore[misc]
        if flash is not None:
            yield self.seconds(base + DEAL_AFTER), lambda now: self.open(sku, flash, now)
            yield self.seconds(base + DEAL_AFTER + flash.seconds), close_due

    def _session(self, now: datetime) -> Session:
        host = streamer(self.show.host, now)
        known = Session.objects.filter(streamer=host, title=self.show.title)
        if self.anew:
            known = known.exclude(state__in=OVER)
        return known.order_by("-id").first() or create_session(
            streamer=host,
            title=self.show.title,
            description=self.show.description,
            actor=host.user,
            now=now,
        )

    def _slots(self) -> dict[str, Slot]:
        slots = Slot.objects.filter(session=self.session).select_related("variant__stock")
        return {slot.variant.sku: slot for slot in slots}

    def _add(self, part: Part, now: datetime) -> None:
        variant = Variant.objects.get(sku=part.sku)
        if not Slot.objects.filter(session=self.session, variant=variant).exists():
            price = Money(part.live_price, CURRENCY)
            add_slot(
                session_id=self.session.id, variant_id=variant.id, live_price=price, actor=self.host, now=now
            )

    def _state(self) -> str:
        return Session.objects.values_list("state", flat=True).get(id=self.session.id)

    def _is_told(self, at: datetime) -> bool:
        """Tell whether the log has come as far as this: an earlier run, cut off, did what lies before."""
        return RoomEvent.objects.filter(session=self.session, at__gte=at).exists()

    def _watched(self) -> Iterator[Watched]:
        chance = random.Random(self.show.title)  # noqa: S311 - the same show for everybody
        strangers = [f"anon_{chance.getrandbits(96):024x}" for _ in range(self.show.peak)]
        for viewer in [*(user.id for user in self.crowd), *strangers]:
            stayed = min(self.length, int(chance.lognormvariate(4.4, 0.9)))
            came = self.seconds(chance.uniform(0, self.length - stayed))
            left = came + timedelta(seconds=stayed)
            yield Watched(self.session.id, viewer, came, left, 1, stayed)

    def _minutes(self) -> Iterator[figures.Count]:
        """Yield figures that rise to the peak after a third of the show and fall slowly."""
        chance = random.Random(self.show.title)  # noqa: S311
        minutes = -(-self.length // 60)
        here = [round(self.show.peak * _curve(number / minutes)) for number in range(minutes + 1)]
        for number, (before, after) in enumerate(pairwise(here)):
            gone = round(after * 0.2)
            yield figures.Count(
                self.session.id,
                self.seconds(number * 60),
                PROCESS,
                peak_viewers=max(before, after),
                joins=max(0, after - before) + gone,
                leaves=max(0, before - after) + gone,
                likes=round(after * chance.uniform(2, 5)),
            )


def open_flash(slot: Slot, flash: Flash, *, actor: User, now: datetime) -> None:
    """Open a deal on a slot, of as many units as there are; of none, none."""
    slot.variant.stock.refresh_from_db()
    slot.refresh_from_db(fields=["taken"])
    quota = min(flash.quota, slot.left(slot.variant.stock.available))
    if quota > 0:
        open_deal(
            slot_id=slot.id,
            price=Money(flash.price, CURRENCY),
            quota=quota,
            per_buyer_limit=flash.per_buyer_limit,
            seconds=flash.seconds,
            actor=actor,
            now=now,
        )


def close_due(now: datetime) -> None:
    """Close the deals whose time is over."""
    close_due_deals(now=now)


def _curve(part: float) -> float:
    """Return how full the room is at a part of the show, 0 to 1."""
    return min(1.0, 0.25 + part * 2.3) if part < 1 / 3 else 1.0 - (part - 1 / 3) * 0.55
