"""What the API shows of returns, and what it takes."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.rest import fields
from marketplace.rest.serializers import Body, Query, Resource
from refunds.eligibility import Wish, freight_paid_by
from refunds.models import Evidence, Return, ReturnHistory
from refunds.policy import LIMITS
from refunds.return_states import TERMINAL, by_whom, next_actions

MAX_UNITS = 1_000_000_000

_CARRIER = RegexValidator(r"^[\w .&-]+\Z", "Write letters, digits, blanks, dots, dashes and &.")
_TRACKING_NUMBER = RegexValidator(r"^[A-Za-z0-9-]{4,60}\Z", "Write 4 to 60 letters, digits and dashes.")


class WishIn(Body):
    """What is asked back of one line."""

    line = fields.Id("oln")
    units = fields.Integer(min_value=1, max_value=MAX_UNITS)
    type = fields.Choice(choices=Return.Type.choices)
    reason = fields.Choice(choices=Return.Reason.choices)
    share = fields.Integer(
        min_value=1,
        max_value=100,
        required=False,
        default=100,
        help_text="Per cent of the price that is claimed; less only for perishable goods damaged in part.",
    )


class ReturnIn(WishIn):
    """A request to get money back."""

    text = fields.Text(max_length=1000, required=False, allow_blank=True, default="")
    evidence = fields.ListOf(
        child=fields.Id("evd"),
        max_length=LIMITS.files_per_party,
        required=False,
        default=list,
        help_text="Files that you have uploaded to /api/v1/evidence.",
    )


class NoteIn(Body):
    """A word to the other side."""

    note = fields.Text(max_length=1000, required=False, allow_blank=True, default="")


class WhyIn(Body):
    """The reason, which the other side reads."""

    note = fields.Text(max_length=1000)


class OfferIn(NoteIn):
    """A part of what was claimed."""

    amount = fields.MoneyField(min_amount=1)


class ParcelIn(Body):
    """The parcel in which the goods come back."""

    carrier = fields.Text(max_length=40, validators=[_CARRIER])
    tracking_number = fields.Text(max_length=60, validators=[_TRACKING_NUMBER])


class DecisionIn(WhyIn):
    """Who is right. ``amount`` goes with a decision for the buyer: less than all that was claimed."""

    decision = fields.Choice(choices=("buyer", "seller"))
    amount = fields.MoneyField(min_amount=1, required=False)


class FileIn(Body):
    """A picture or a PDF file of at most 5 MB."""

    file = serializers.FileField(allow_empty_file=True)


class ReturnsQuery(Query):
    """Whose returns: your own unless a brand is given."""

    brand = fields.Id("brd", required=False, help_text="Asked of this brand, for its members.")
    order = fields.Id("ord", required=False, help_text="Only those of one order.")
    state = fields.Choice(choices=Return.State.choices, required=False)


class EligibilityQuery(Query):
    """Of which order."""

    order = fields.Id("ord", help_text="The order; it must be yours.")


class OptionOut(Resource):
    """One reason that can be given."""

    reason = fields.Choice(choices=Return.Reason.choices)
    types = fields.ListOf(child=fields.Choice(choices=Return.Type.choices))
    until = fields.Timestamp(allow_null=True, help_text="When the right ends; null for no end.")
    evidence_needed_for = fields.ListOf(
        child=fields.Choice(choices=Return.Type.choices), source="evidence_for"
    )
    share_allowed = fields.Boolean(source="by_share")


class LineEligibilityOut(Resource):
    """What can be asked back of one line. ``why`` says what stands against it when nothing can."""

    line = fields.Id("oln", source="line_id")
    eligible = fields.Boolean()
    why = fields.Choice(
        choices=("not_paid", "on_its_way", "window_over", "already_claimed", "closed"), allow_null=True
    )
    units = fields.Integer(help_text="Units that no return has yet.")
    whole_line = fields.Boolean(help_text="Only all units at once: the line has not been shipped.")
    options = OptionOut(many=True)


class EligibilityOut(Resource):
    """What can be asked back of an order."""

    object = fields.Object("return_eligibility")
    order = fields.Id("ord")
    lines = LineEligibilityOut(many=True)


class PreviewOut(Resource):
    """What a request would give, to the cent."""

    object = fields.Object("return_preview")
    line = fields.Id("oln", source="line_id")
    units = fields.Integer(source="wish.units")
    type = fields.Choice(choices=Return.Type.choices, source="wish.type")
    reason = fields.Choice(choices=Return.Reason.choices, source="wish.reason")
    amount = fields.MoneyField()
    freight_paid_by = fields.Choice(
        choices=("buyer", "seller"), allow_null=True, help_text="Of the parcel back; null when there is none."
    )
    evidence_needed = fields.Boolean()
    instant = fields.Boolean(help_text="Granted at once, to a buyer who is trusted.")
    until = fields.Timestamp(allow_null=True)


class NextActionOut(Resource):
    """Something that somebody can do now."""

    actor = fields.Choice(choices=("buyer", "seller", "staff"))
    action = fields.Text()
    deadline = fields.Timestamp(allow_null=True)
    default_on_timeout = fields.Text(allow_null=True)


class MomentOut(Resource):
    """The moment of the show at which it was bought: events up to ``seq`` had been told."""

    session = fields.Id("ses", source="session_id")
    seq = fields.Integer()


class EvidenceOut(Resource):
    """A file that a party shows; its content is at ``/api/v1/evidence/{id}/file``."""

    object = fields.Object("evidence")
    id = fields.Id("evd")
    kind = fields.Choice(choices=Evidence.Kind.choices)
    size = fields.Integer()
    owner = fields.Id("usr", source="owner_id")
    created_at = fields.Timestamp()


class StepOut(Resource):
    """One step of a return. ``by`` is ``buyer``, ``seller``, ``staff``, or what did it by itself."""

    at = fields.Timestamp()
    from_state = serializers.SerializerMethodField()
    to_state = fields.Text()
    by = serializers.SerializerMethodField()
    note = fields.Text()

    def get_from_state(self, step: ReturnHistory) -> str | None:
        """Return the state before, null for the request itself."""
        return step.from_state or None

    def get_by(self, step: ReturnHistory) -> str:
        """Return who did it, naming nobody."""
        return by_whom(step)


class ReturnOut(Resource):
    """One request to get money back, and how far it has come."""

    object = fields.Object("return")
    id = fields.Id("rtn")
    order = fields.Id("ord", source="order_id")
    line = fields.Id("oln", source="line_id")
    brand = fields.Id("brd", source="brand_id")
    buyer = fields.Id("usr", source="buyer_id")
    state = fields.Choice(choices=Return.State.choices)
    terminal = serializers.SerializerMethodField()
    next_actions = serializers.SerializerMethodField()
    type = fields.Choice(choices=Return.Type.choices)
    reason = fields.Choice(choices=Return.Reason.choices)
    text = fields.Text()
    units = fields.Integer()
    share = fields.Integer()
    amount = fields.MoneyField(source="total", help_text="What the buyer gets if it is granted.")
    offered = fields.MoneyField(source="total_offered", allow_null=True)
    freight_paid_by = serializers.SerializerMethodField()
    carrier = fields.Text()
    tracking_number = fields.Text()
    refund = fields.Id("rfd", source="refund_id", allow_null=True)
    instant = fields.Boolean()
    restocked = fields.Boolean()
    moment = MomentOut(source="line")
    created_at = fields.Timestamp()
    updated_at = fields.Timestamp()
    evidence = fields.ExpandableList(EvidenceOut)
    history = fields.ExpandableList(StepOut)

    EXPANDABLE: ClassVar[frozenset[str]] = frozenset({"evidence", "history"})

    def get_terminal(self, case: Return) -> bool:
        """Tell whether it is over."""
        return case.state in TERMINAL

    @extend_schema_field(NextActionOut(many=True))
    def get_next_actions(self, case: Return) -> list[dict[str, Any]]:
        """Return what can be done now, by whom, until when, and what happens otherwise."""
        return NextActionOut.render_many(list(next_actions(case)))

    def get_freight_paid_by(self, case: Return) -> str | None:
        """Return who pays the parcel back, null when nothing has to come back."""
        return freight_paid_by(Wish(units=case.units, type=case.type, reason=case.reason))
