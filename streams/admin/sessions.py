"""Admin of sessions: the plain way to go live."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from marketplace import pictures
from marketplace.admin.base import OwnAdmin, button, column, person_of
from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.models import User, Variant
from streams.actions import deals, lineup, show
from streams.actions import sessions as planning
from streams.admin.deals import open_deal_on
from streams.admin.forms import (
    CoverForm,
    DealChoiceForm,
    NewSlotForm,
    ScheduleForm,
    SessionDealForm,
    SessionForm,
    SlotChoiceForm,
    to_price,
)
from streams.admin.session_tables import Deals, History, Slots
from streams.models import Session, Slot
from streams.permissions import hosted, hosts
from streams.queries.access import get_own_streamer
from streams.queries.candidates import slots_of, unclosed_deals, variants_to_add
from streams.states import ON_AIR

State = Session.State

STATE_COLOURS = {
    State.DRAFT.label: "info",
    State.SCHEDULED.label: "info",
    State.REHEARSAL.label: "warning",
    State.LIVE.label: "success",
    State.PAUSED.label: "warning",
    State.ENDED.label: "default",
    State.CANCELLED.label: "danger",
}
BEFORE = frozenset({State.DRAFT, State.SCHEDULED})
NOT_OVER = BEFORE | ON_AIR
#: In which states a button stands on a session's page; the action judges again.
BUTTONS: dict[str, frozenset[str]] = {
    "console": frozenset(State),
    "report": ON_AIR - {State.REHEARSAL} | {State.ENDED},
    "start": frozenset({State.SCHEDULED, State.REHEARSAL}),
    "pause": frozenset({State.LIVE}),
    "resume": frozenset({State.PAUSED}),
    "end": frozenset({State.LIVE, State.PAUSED}),
    "pin": ON_AIR,
    "unpin": ON_AIR,
    "open_deal": ON_AIR,
    "close_deal": ON_AIR,
    "add_slot": NOT_OVER,
    "schedule": BEFORE,
    "unschedule": frozenset({State.SCHEDULED}),
    "rehearse": frozenset({State.SCHEDULED}),
    "end_rehearsal": frozenset({State.REHEARSAL}),
    "edit": BEFORE,
    "cover": NOT_OVER,
    "cancel": frozenset({State.DRAFT, State.SCHEDULED, State.REHEARSAL}),
}


@admin.register(Session)
class SessionAdmin(OwnAdmin):
    """A streamer's own sessions, all of them for platform staff."""

    audience = staticmethod(hosts)
    group = "Live"
    icon = "live_tv"
    list_display = (
        "title",
        "streamer",
        "shown_state",
        "scheduled_at",
        "started_at",
        "in_line_up",
        "shown_report",
    )
    list_filter = ("state",)
    search_fields = ("title", "streamer__name")
    ordering = ("-id",)
    fields = (
        ("id", "state"), ("streamer", "title"), "description", ("source", "source_url"), "cover",
        ("scheduled_at", "started_at", "ended_at"), ("payment_window_seconds", "slow_mode_seconds", "likes"),
        "created_at",
    )  # fmt: skip
    inlines = (Slots, Deals, History)
    actions_list: ClassVar[list[Any]] = ["create"]
    actions_detail: ClassVar[list[Any]] = [
        "console",
        "report",
        "start",
        "resume",
        "pause",
        "end",
        {"title": "Show", "icon": "campaign", "items": ["pin", "unpin", "open_deal", "close_deal"]},
        "add_slot",
        {
            "title": "Plan",
            "icon": "event",
            "items": [
                "schedule", "unschedule", "rehearse", "end_rehearsal", "edit", "cover", "cancel"
            ],
        },
    ]  # fmt: skip

    def own(self, person: User) -> QuerySet[Session]:
        """Return the sessions that a person runs."""
        rows = Session.objects.filter(hosted(person)).select_related("streamer")
        return rows.annotate(of_slots=Count("slots"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return the buttons that make sense in the session's state."""
        state = self.one(request, str(object_id)).state
        start = f"{self.opts.app_label}_{self.opts.model_name}_"
        found = super().get_actions_detail(request, object_id)
        return [each for each in found if state in BUTTONS[each.action_name.removeprefix(start)]]

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, session: Session) -> str:
        """Return where the session stands."""
        return session.get_state_display()

    @column("In the line-up", ordering="of_slots")
    def in_line_up(self, session: Any) -> int:
        """Return how many slots the session has."""
        return int(session.of_slots)

    @column("Report")
    def shown_report(self, session: Session) -> str:
        """Return the way to what the show came to, once it has begun."""
        if session.state not in BUTTONS["report"]:
            return ""
        address = reverse("console:report", args=[session.id])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">Report</a>', address
        )

    @button("Console", path="console", icon="sensors", primary=True)
    def console(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go where the show is prepared and run."""
        return _to_console(self.one(request, object_id))

    @button("Report", path="report", icon="bar_chart")
    def report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go where it stands what the show came to."""
        return HttpResponseRedirect(reverse("console:report", args=[self.one(request, object_id).id]))

    @button("New session", path="create", icon="add", primary=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        """Draft a session of one's own, and go on in its console."""
        made: list[Session] = []

        def run(values: dict[str, Any]) -> str:
            person = person_of(request)
            streamer = get_own_streamer(person)
            made.append(planning.create_session(streamer=streamer, actor=person, now=clock.now(), **values))
            return "The session is drafted; fill its line-up and give it a date."

        asked = self.ask(request, title="New session", form=SessionForm, run=run, submit="Make a draft")
        return _to_console(made[0]) if made else asked

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what the session says of itself."""
        session: Session = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            planning.change_session(
                session_id=session.id, actor=person_of(request), now=clock.now(), **values
            )
            return "The session was changed."

        initial = {name: getattr(session, name) for name in SessionForm.base_fields}
        return self.ask(
            request, title="Change session", form=SessionForm, run=run, obj=session, initial=initial
        )

    @button("Cover", path="cover", icon="image")
    def cover(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the session a cover picture."""
        session: Session = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            earlier = session.cover.name
            with pictures.stored(values["file"], folder=planning.COVERS) as name:
                planning.set_cover(
                    session_id=session.id, cover=name, actor=person_of(request), now=clock.now()
                )
            if earlier:
                pictures.discard(earlier)
            return "The session has a new cover."

        return self.ask(request, title="Cover", form=CoverForm, run=run, obj=session)

    @button("Schedule", path="schedule", icon="event")
    def schedule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Announce the session, or give it another date."""

        def step(**given: Any) -> Session:
            return planning.schedule_session(**given)

        intro = "Everybody will see when it begins."
        return self._step(request, object_id, "Schedule", step, form=ScheduleForm, intro=intro)

    @button("Back to draft", path="unschedule", icon="event_busy")
    def unschedule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the announcement back."""
        return self._step(request, object_id, "Back to draft", planning.unschedule_session)

    @button("Cancel", path="cancel", icon="cancel", danger=True)
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Call the session off."""
        return self._step(request, object_id, "Cancel session", planning.cancel_session, danger=True)

    @button("Rehearse", path="rehearse", icon="theater_comedy")
    def rehearse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the room for a rehearsal."""
        intro = "The room opens, sells nothing, and nothing of it counts."
        return self._step(request, object_id, "Rehearse", show.rehearse_session, intro=intro)

    @button("End rehearsal", path="end-rehearsal", icon="stop_circle")
    def end_rehearsal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the rehearsal away."""
        return self._step(request, object_id, "End rehearsal", show.end_rehearsal)

    @button("Go live", path="start", icon="play_circle", primary=True)
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin the show."""
        intro = "The show begins and buying is possible."
        return self._step(request, object_id, "Go live", show.start_session, intro=intro)

    @button("Pause", path="pause", icon="pause_circle")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a break."""
        intro = "Nothing can be bought until you resume; the clocks of open deals go on."
        return self._step(request, object_id, "Pause", show.pause_session, intro=intro)

    @button("Resume", path="resume", icon="play_circle", primary=True)
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on after a break."""
        return self._step(request, object_id, "Resume", show.resume_session)

    @button("End show", path="end", icon="stop_circle", danger=True)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the show for good."""
        intro = "Open deals are closed. A session that has ended does not come back."
        return self._step(request, object_id, "End show", show.end_session, danger=True, intro=intro)

    def _step(
        self,
        request: HttpRequest,
        object_id: str,
        title: str,
        step: Callable[..., Session],
        **asked: Any,
    ) -> HttpResponse:
        """Ask, then take one step of the session's life."""
        session: Session = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            taken = step(session_id=session.id, actor=person_of(request), now=clock.now(), **values)
            return f"The session is now: {taken.get_state_display()}."

        return self.ask(request, title=title, run=run, obj=session, submit=title, **asked)

    @button("Add to line-up", path="add-slot", icon="add")
    def add_slot(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a variant into the line-up."""
        session: Session = self.one(request, object_id)
        variants = {variant.id: variant for variant in variants_to_add(session, now=clock.now())}

        def run(values: dict[str, Any]) -> str:
            variant = variants[values.pop("variant")]
            price = to_price(values.pop("price"), variant.currency)
            slot = lineup.add_slot(
                session_id=session.id,
                variant_id=variant.id,
                live_price=price,
                actor=person_of(request),
                now=clock.now(),
                **values,
            )
            return f"Number {slot.position} of the line-up: {slot.variant.product}, {price}."

        choices = [(variant.id, _named(variant)) for variant in variants.values()]
        return self.ask(
            request,
            title="Add to line-up",
            form=NewSlotForm,
            run=run,
            obj=session,
            choices={"variant": choices},
            submit="Add",
        )

    @button("Pin", path="pin", icon="push_pin")
    def pin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Pin the slot that is being explained."""
        session: Session = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            slot = lineup.pin_slot(slot_id=values["slot"], actor=person_of(request), now=clock.now())
            return f"Pinned: {slot.variant.product}."

        return self.ask(
            request, title="Pin", form=SlotChoiceForm, run=run, obj=session, choices=_slots(session)
        )

    @button("Unpin", path="unpin", icon="keep_off")
    def unpin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain nothing."""
        session: Session = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            pinned = slots_of(session).filter(pinned=True).first()
            if pinned is None:
                raise NotFound("Nothing is pinned.")
            lineup.unpin_slot(slot_id=pinned.id, actor=person_of(request), now=clock.now())
            return "Nothing is pinned."

        return self.ask(request, title="Unpin", run=run, obj=session, submit="Unpin")

    @button("Open deal", path="open-deal", icon="bolt")
    def open_deal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open a flash deal on one of the slots."""
        session: Session = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            return open_deal_on(Slot.objects.get(id=values.pop("slot")), person_of(request), values)

        return self.ask(
            request,
            title="Open deal",
            form=SessionDealForm,
            run=run,
            obj=session,
            choices=_slots(session),
            submit="Open",
        )

    @button("Close deal", path="close-deal", icon="timer_off")
    def close_deal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close one of the open deals."""
        session: Session = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            deals.close_deal(deal_id=values["deal"], actor=person_of(request), now=clock.now())
            return "The deal is closed."

        found = unclosed_deals(session)
        choices = {"deal": [(deal.id, f"{deal.quota} at {deal.unit_price}") for deal in found]}
        return self.ask(
            request, title="Close deal", form=DealChoiceForm, run=run, obj=session, choices=choices
        )


def _to_console(session: Session) -> HttpResponse:
    return HttpResponseRedirect(reverse("console:show", args=[session.id]))


def _slots(session: Session) -> dict[str, list[tuple[str, str]]]:
    return {"slot": [(slot.id, f"{slot.position}. {_named(slot.variant)}") for slot in slots_of(session)]}


def _named(variant: Variant) -> str:
    return " ".join(filter(None, (variant.product.title, variant.title, f"({variant.sku}, {variant.price})")))
