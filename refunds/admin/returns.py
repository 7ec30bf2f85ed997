"""Admin of returns: where a brand answers, inspects and disputes, and staff decide."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from marketplace.admin.base import OwnInline, button, column, person_of
from marketplace.admin.forms import ActionForm, TextField
from marketplace.errors import Invalid
from marketplace.lib import clock
from marketplace.lib.money import exponent
from marketplace.models import User
from marketplace.permissions import acts_for_some_brand, is_platform_staff
from orders.admin.base import TradeAdmin, of_own_brands
from refunds import evidence
from refunds.actions import answer_return as answers
from refunds.actions import carry_return as goods
from refunds.actions.dispute_return import decide_return, dispute_return
from refunds.actions.show_evidence import add_evidence
from refunds.models import Evidence, Return, ReturnHistory
from refunds.permissions import acts_as, require_party
from refunds.return_states import OPEN, STEPS, by_whom, next_actions
from streams.models import Session
from streams.queries.sayings import sayings_about

COLOURS = {
    "requested": "warning",
    "offered": "info",
    "approved": "info",
    "in_transit": "primary",
    "received": "warning",
    "rejected": "danger",
    "refused_at_inspection": "danger",
    "disputed": "danger",
    "refunded": "success",
    "accepted": "success",
    "decided_for_buyer": "success",
}


class NoteForm(ActionForm):
    """A word to the buyer."""

    note = TextField(max_length=1000, required=False, label="Note to the buyer")


class WhyForm(ActionForm):
    """The reason, which the buyer reads."""

    note = TextField(max_length=1000, label="Reason, which the buyer reads")


class OfferForm(NoteForm):
    """A part of what was claimed."""

    amount = forms.DecimalField(max_digits=18, decimal_places=3, min_value=Decimal("0.001"))
    field_order = ("amount", "note")


class DecisionForm(ActionForm):
    """Who is right, and why."""

    decision = forms.ChoiceField(
        choices=(("", "Choose"), ("buyer", "For the buyer"), ("seller", "For the seller"))
    )
    amount = forms.DecimalField(
        max_digits=18,
        decimal_places=3,
        min_value=Decimal("0.001"),
        required=False,
        help_text="For the buyer: less than all that was claimed. Empty for all of it.",
    )
    note = TextField(max_length=1000, label="Reason, which both sides read")


class FileForm(ActionForm):
    """A file that the buyer will see."""

    file = forms.FileField(help_text="PNG, JPEG, WebP or PDF, at most 5 MB. The buyer sees it.")


class Steps(OwnInline):
    """What has happened, oldest first."""

    model = ReturnHistory
    fields = ("at", "from_state", "to_state", "by", "note")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnHistory]:
        """Return the steps with their return."""
        steps: QuerySet[ReturnHistory] = super().get_queryset(request)
        return steps.select_related("case")

    @column("By")
    def by(self, step: ReturnHistory) -> str:
        """Return whose step it was."""
        return by_whom(step).replace("_", " ")


class Files(OwnInline):
    """What the parties show."""

    model = Evidence
    fields = ("shown", "kind", "size", "owner", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        """Return the files with who showed them."""
        files: QuerySet[Evidence] = super().get_queryset(request)
        return files.select_related("owner")

    @column("File")
    def shown(self, file: Evidence) -> str:
        """Return a picture as such, with a link to the file."""
        address, name = reverse("evidence-file", args=[file.id]), f"{file.id}.{file.kind}"
        if file.kind == Evidence.Kind.PDF:
            return format_html('<a href="{}">{}</a>', address, name)
        return format_html('<a href="{}"><img src="{}" alt="{}" width="240"></a>', address, address, name)


@admin.register(Return)
class ReturnAdmin(TradeAdmin):
    """Returns asked of one's brands, all of them for platform staff."""

    audience = staticmethod(acts_for_some_brand)
    icon = "assignment_return"
    ids: ClassVar = {
        "rtn": "pk", "ord": "order_id", "oln": "line_id", "usr": "buyer_id", "rfd": "refund_id",
    }  # fmt: skip
    words = ()
    list_display = (
        "id",
        "shown_state",
        "type",
        "reason",
        "goods",
        "total",
        "buyer",
        "deadline",
        "created_at",
    )
    list_filter = ("state", "reason", "type")
    ordering = ("-id",)
    fields = (
        ("id", "shown_state"), ("order", "line"), ("buyer", "brand"), ("type", "reason"), "text",
        "said", ("units", "share"), ("total", "total_offered"), ("deadline", "next_steps"),
        ("carrier", "tracking_number"), ("refund", "restocked", "instant"), ("created_at", "updated_at"),
    )  # fmt: skip
    readonly_fields = ("shown_state", "said", "total", "total_offered", "next_steps")
    inlines = (Files, Steps)
    actions_detail: ClassVar[list[Any]] = [
        "approve", "reject", "offer", "receive", "accept_goods", "refuse_goods", "dispute", "decide",
        "show_file",
    ]  # fmt: skip

    def own(self, person: User) -> QuerySet[Return]:
        """Return the returns asked of the brands that a person acts for."""
        return of_own_brands(person, Return.objects.select_related("buyer", "brand", "line"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return the buttons of what can be done with this return now, by this person's side."""
        case: Return = self.one(request, str(object_id))
        sides = acts_as(person_of(request), case) - {"buyer"}
        allowed = {action for side, action in STEPS.get(case.state, ()) if side in sides}
        allowed |= {"show_file"} if case.state in OPEN else set()
        found = super().get_actions_detail(request, object_id)
        start = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [each for each in found if each.action_name.removeprefix(start) in allowed]

    @column("State", ordering="state", label=COLOURS)
    def shown_state(self, case: Return) -> str:
        """Return how far it has come."""
        return case.state

    @column("Units")
    def goods(self, case: Return) -> str:
        """Return what is asked back."""
        return f"{case.units} x {case.line.title}"

    @column("Next")
    def next_steps(self, case: Return) -> str:
        """Return who can do what, and what happens when nobody does."""
        steps = list(next_actions(case))
        can = {step.actor: [each.action for each in steps if each.actor == step.actor] for step in steps}
        said = [f"{actor} can {', '.join(actions)}" for actor, actions in can.items()]
        default = next((step.default_on_timeout for step in steps if step.default_on_timeout), None)
        said += [f"by itself at the deadline: {default}"] if default else []
        return "; ".join(said).replace("_", " ").capitalize() or "-"

    @column("Said in the show before it was bought")
    def said(self, case: Return) -> str:
        """Return the last sentences about the product, and the way to that moment of the replay."""
        line = case.line
        about = sayings_about(line.slot_id, session_id=line.session_id, until=line.seq)
        if not about:
            return "Nothing about this product."
        words = format_html_join(
            "", "<div>{}“{}”</div>", ((f"{each.claim}: " if each.claim else "", each.text) for each in about)
        )
        if not Session.objects.filter(id=line.session_id, state=Session.State.ENDED).exists():
            return words
        address = f"/replays/{line.session_id}?seq={about[0].seq}"
        return format_html('{}<a class="underline" href="{}">Hear it again</a>', words, address)

    @button("Approve", path="approve", icon="check", primary=True)
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Grant what was asked for."""
        return self._step(request, object_id, "Approve", answers.approve_return, form=NoteForm)

    @button("Reject", path="reject", icon="block", danger=True)
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Refuse what was asked for."""
        return self._step(request, object_id, "Reject", answers.reject_return, form=WhyForm, danger=True)

    @button("Offer a part", path="offer", icon="percent")
    def offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Offer less than was asked for."""
        return self._step(request, object_id, "Offer a part", answers.offer_refund, form=OfferForm)

    @button("Received", path="receive", icon="inventory_2")
    def receive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that the parcel has arrived."""
        return self._step(request, object_id, "The parcel has arrived", goods.receive_return)

    @button("Goods are good", path="accept-goods", icon="thumb_up", primary=True)
    def accept_goods(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Find the goods in order."""
        title = "Refund, and put back on the shelf"
        return self._step(request, object_id, title, goods.accept_goods, form=NoteForm)

    @button("Refuse goods", path="refuse-goods", icon="thumb_down", danger=True)
    def refuse_goods(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Refuse the goods as they came back."""
        return self._step(
            request, object_id, "Refuse the goods", goods.refuse_goods, form=WhyForm, danger=True
        )

    @button("Dispute", path="dispute", icon="gavel")
    def dispute(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tell the platform that the parcel has not arrived."""

        def disputed(**values: Any) -> Return:
            return dispute_return(party="seller", **values)

        return self._step(request, object_id, "The parcel has not arrived", disputed, form=WhyForm)

    @button("Decide", path="decide", icon="balance", primary=True)
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide a dispute, as platform staff."""
        if not is_platform_staff(request.user):
            raise Http404

        def decided(*, decision: str, **values: Any) -> Return:
            return decide_return(for_buyer=decision == "buyer", **values)

        return self._step(request, object_id, "Decide", decided, party="staff", form=DecisionForm)

    @button("Show a file", path="show-file", icon="attach_file")
    def show_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add a picture or a document to what the parties see."""
        case: Return = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            person = person_of(request)
            with evidence.stored(values["file"]) as file:
                add_evidence(return_id=case.id, file=file, owner_id=person.id, now=clock.now())
            return "The file is shown, to the buyer too."

        return self.ask(request, title="Show a file", form=FileForm, run=run, obj=case, submit="Show it")

    def _step(
        self,
        request: HttpRequest,
        object_id: str,
        title: str,
        action: Callable[..., Return],
        *,
        party: str = "seller",
        form: type[ActionForm] = ActionForm,
        danger: bool = False,
    ) -> HttpResponse:
        """Ask for what a step of a party needs, take it, and say where the return is then."""
        case: Return = self.one(request, object_id)
        person = person_of(request)

        def run(values: dict[str, Any]) -> str:
            if "amount" in values:
                values["amount"] = _minor_units(values["amount"], case.currency)
            require_party(person, case.id, party)
            moved = action(return_id=case.id, actor=person.id, now=clock.now(), **values)
            return f"The return is {moved.get_state_display().lower()}."

        intro = f"{case.units} x {case.line.title}, {case.total}. Now: {case.get_state_display().lower()}."
        return self.ask(
            request, title=title, form=form, run=run, obj=case, submit=title, danger=danger, intro=intro
        )


def _minor_units(amount: Decimal | None, currency: str) -> int | None:
    """Return an amount as people write it in minor units; raises Invalid for too many digits."""
    if amount is None:
        return None
    units = amount.scaleb(exponent(currency))
    if units != units.to_integral_value():
        raise Invalid(f"{currency} has {exponent(currency)} digits after the point.", param="amount")
    return int(units)
