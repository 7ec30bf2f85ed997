"""What the API of streamers and sessions takes."""

from typing import Any

from rest_framework import serializers

from marketplace.api.inputs import Line, Upload
from marketplace.lib.money import BASIS_POINTS
from marketplace.rest import fields
from marketplace.rest.serializers import Body, Query
from streams.actions.captions import MOST_CLAIM, MOST_TEXT
from streams.actions.deals import LEAST_SECONDS, MOST_SECONDS
from streams.actions.lineup import MOST_PER_BUYER, MOST_POSITION, MOST_SLOTS, MOST_UNITS
from streams.actions.sessions import LEAST_PAYMENT_WINDOW, MOST_PAYMENT_WINDOW
from streams.models import AgencyMember, Collaboration, Funder, Session

MOST_RATES = 500


class Change(Body):
    """A body of which every field is optional, and one at least is there."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a change of nothing."""
        if not attrs:
            raise serializers.ValidationError("Name at least one field to change.", code="empty")
        return attrs


class NewStreamer(Body):
    """A streamer's profile."""

    name = Line(max_length=80)
    bio = fields.Text(max_length=2000, allow_blank=True, required=False)


class StreamerChange(Change):
    """Changes of a streamer's profile."""

    name = Line(max_length=80, required=False)
    bio = fields.Text(max_length=2000, allow_blank=True, required=False)


class StreamerFilter(Query):
    """Which streamers."""

    q = fields.Text(max_length=80, required=False, help_text="Part of the name.")
    agency = fields.Id("agc", required=False, help_text="Represented by this agency.")


class NewAgency(Body):
    """An agency."""

    name = Line(max_length=120)
    share_bp = fields.Integer(min_value=0, max_value=BASIS_POINTS)


class AgencyChange(Body):
    """A new share of an agency."""

    share_bp = fields.Integer(min_value=0, max_value=BASIS_POINTS)


class AgencyChoice(Body):
    """Which agency represents a streamer."""

    agency = fields.Id("agc", allow_null=True)


class NewAgencyMember(Body):
    """A person who shall act for an agency."""

    username = fields.Text(max_length=150)
    role = fields.Choice(choices=AgencyMember.Role.values, required=False, default=AgencyMember.Role.STAFF)


class AgencyMemberChanges(Body):
    """A member's new role."""

    role = fields.Choice(choices=AgencyMember.Role.values)


class NewModerator(Body):
    """Who shall moderate."""

    user = fields.Id("usr")


class ProductRate(Body):
    """The commission of one product."""

    product = fields.Id("prd")
    rate_bp = fields.Integer(min_value=0, max_value=BASIS_POINTS)


class NewCollaboration(Body):
    """A commission plan."""

    brand = fields.Id("brd")
    kind = fields.Choice(choices=Collaboration.Kind.values)
    streamer = fields.Id("str", required=False, allow_null=True)
    rate_bp = fields.Integer(min_value=0, max_value=BASIS_POINTS)
    rates = fields.ListOf(child=ProductRate(), max_length=MOST_RATES, required=False)
    starts_at = fields.Timestamp(required=False, allow_null=True)
    ends_at = fields.Timestamp(required=False, allow_null=True)


class CollaborationFilter(Query):
    """Which plans."""

    brand = fields.Id("brd", required=False)
    streamer = fields.Id("str", required=False)
    running = fields.Boolean(required=False, help_text="Only those that run now, or only those that do not.")


class NewSession(Body):
    """A session's draft."""

    title = Line(max_length=120)
    description = fields.Text(max_length=4000, allow_blank=True, required=False)
    source = fields.Choice(choices=Session.Source.values, required=False)  # type: ignore[assignment]  # a field
    source_url = fields.Text(max_length=500, allow_blank=True, required=False)
    payment_window_seconds = fields.Integer(
        min_value=LEAST_PAYMENT_WINDOW, max_value=MOST_PAYMENT_WINDOW, required=False
    )


class SessionChange(Change):
    """Changes of a draft or an announced session."""

    title = Line(max_length=120, required=False)
    description = fields.Text(max_length=4000, allow_blank=True, required=False)
    source = fields.Choice(choices=Session.Source.values, required=False)  # type: ignore[assignment]  # a field
    source_url = fields.Text(max_length=500, allow_blank=True, required=False)
    payment_window_seconds = fields.Integer(
        min_value=LEAST_PAYMENT_WINDOW, max_value=MOST_PAYMENT_WINDOW, required=False
    )


class NewCover(Body):
    """A picture file."""

    file = Upload(help_text="PNG, JPEG or WebP, at most 5 MB.")


class SessionFilter(Query):
    """Which sessions."""

    show = fields.Choice(
        choices=["live", "upcoming", "replays"],
        required=False,
        help_text="Live now, the longest running last; announced, the next first; ended, the latest first.",
    )
    mine = fields.Boolean(required=False, help_text="Only your own, drafts included.")
    streamer = fields.Id("str", required=False)
    brand = fields.Id("brd", required=False, help_text="Whose products are in the line-up.")
    category = fields.Text(max_length=40, required=False, help_text="Slug of a category in the line-up.")
    q = fields.Text(
        max_length=80,
        required=False,
        help_text="Part of the title, of the streamer's name or of the title of a product in the line-up.",
    )


class Schedule(Body):
    """When a session will begin."""

    scheduled_at = fields.Timestamp()


class ReplayChoice(Body):
    """Whether the replay sells."""

    sells = fields.Boolean()


class NewSlot(Body):
    """A variant for the line-up."""

    variant = fields.Id("var")
    live_price = fields.MoneyField(min_amount=1)
    allocation = fields.Integer(min_value=0, max_value=MOST_UNITS, required=False, allow_null=True)
    per_buyer_limit = fields.Integer(min_value=1, max_value=MOST_PER_BUYER, required=False, allow_null=True)
    position = fields.Integer(min_value=1, max_value=MOST_POSITION, required=False)
    on_sale = fields.Boolean(required=False)


class SlotChange(Change):
    """Changes of a slot; null takes a limit away."""

    live_price = fields.MoneyField(min_amount=1, required=False)
    allocation = fields.Integer(min_value=0, max_value=MOST_UNITS, required=False, allow_null=True)
    per_buyer_limit = fields.Integer(min_value=1, max_value=MOST_PER_BUYER, required=False, allow_null=True)
    position = fields.Integer(min_value=1, max_value=MOST_POSITION, required=False)
    on_sale = fields.Boolean(required=False)


class SlotDiscount(Body):
    """What comes off each unit at whose cost; nothing takes the discount away."""

    funder = fields.Choice(choices=Funder.choices)
    amount = fields.MoneyField()


class LineupOrder(Body):
    """Every slot of a line-up, in the order it shall have."""

    slots = fields.ListOf(child=fields.Id("slt"), max_length=MOST_SLOTS)


class SlotRestock(Body):
    """Units that have come in."""

    quantity = fields.Integer(min_value=1, max_value=MOST_UNITS)


class NewDeal(Body):
    """A flash deal."""

    slot = fields.Id("slt")
    price = fields.MoneyField(min_amount=1)
    quota = fields.Integer(min_value=1, max_value=MOST_UNITS)
    seconds = fields.Integer(min_value=LEAST_SECONDS, max_value=MOST_SECONDS)
    per_buyer_limit = fields.Integer(min_value=1, max_value=MOST_PER_BUYER, required=False, allow_null=True)
    opens_at = fields.Timestamp(required=False, allow_null=True)


class NewCaption(Body):
    """What the host says."""

    text = Line(max_length=MOST_TEXT)
    slot = fields.Id("slt", required=False, allow_null=True, help_text="What it is about.")
    claim = Line(
        max_length=MOST_CLAIM,
        required=False,
        help_text="The attribute of the slot's product that this is a statement about, such as origin.",
    )


class DealFilter(Query):
    """Which deals."""

    slot = fields.Id("slt", required=False)
    open = fields.Boolean(required=False, help_text="Only those that can be bought now, or only the others.")


class EventFilter(Query):
    """Which facts of a room."""

    after = fields.Integer(
        min_value=0, max_value=2**63 - 1, required=False, help_text="Number of the last fact that you have."
    )
