"""How people, plans, sessions, slots and deals look in the API."""

from typing import Any

from marketplace.api.resources import UserOut
from marketplace.rest import fields
from marketplace.rest.serializers import Resource
from streams.models import AgencyMember, Collaboration, Deal, Funder, Session, Slot


class AgencyOut(Resource):
    """A company that represents streamers."""

    object = fields.Object("agency")
    id = fields.Id("agc")
    name = fields.Text()
    share_bp = fields.Integer(help_text="Basis points of its streamers' commissions.")
    created_at = fields.Timestamp()


class AgencyMemberOut(Resource):
    """A person who acts for an agency."""

    object = fields.Object("agency_member")
    agency = fields.Id("agc", source="agency_id")
    user = UserOut()
    role = fields.Choice(choices=AgencyMember.Role.values)


class AgencyMembersOut(Resource):
    """Everybody who acts for an agency, by name."""

    object = fields.Object("list")
    data = AgencyMemberOut(many=True)  # type: ignore[assignment]  # the metaclass takes fields off the class
    has_more = fields.Boolean()


class StreamerOut(Resource):
    """A streamer's public profile."""

    object = fields.Object("streamer")
    id = fields.Id("str")
    name = fields.Text()
    bio = fields.Text()
    agency = fields.Expandable(AgencyOut, "agc", allow_null=True)
    created_at = fields.Timestamp()


class ModeratorOut(Resource):
    """A person who may moderate a streamer's rooms."""

    object = fields.Object("moderator")
    id = fields.Id("usr", help_text="The person.")
    name = fields.Text(source="shown_name")


class RateOut(Resource):
    """The commission of one product."""

    product = fields.Id("prd", source="product_id")
    rate_bp = fields.Integer()


class CollaborationOut(Resource):
    """A commission plan."""

    object = fields.Object("collaboration")
    id = fields.Id("col")
    brand = fields.Id("brd", source="brand_id")
    streamer = fields.Expandable(StreamerOut, "str", allow_null=True)
    kind = fields.Choice(choices=Collaboration.Kind.values)
    rate_bp = fields.Integer(help_text="Basis points of what the buyer paid.")
    rates = RateOut(many=True, help_text="Products whose rate differs.")
    starts_at = fields.Timestamp()
    ends_at = fields.Timestamp(allow_null=True)
    created_at = fields.Timestamp()


class SlotProduct(Resource):
    """What a slot's product is called."""

    id = fields.Id("prd")
    title = fields.Text()
    return_policy = fields.Text()


class SlotVariant(Resource):
    """Which variant a slot sells."""

    id = fields.Id("var")
    sku = fields.Text()
    title = fields.Text()


class SlotBrand(Resource):
    """Who sells it."""

    id = fields.Id("brd")
    name = fields.Text()


class SlotLeft(fields.Integer):
    """Units that a slot can still sell."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> int:
        """Return the number for a slot whose variant's stock is loaded."""
        slot: Slot = value
        return slot.left(slot.variant.stock.available)


class DealLeft(fields.Integer):
    """Units that a deal can still sell."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> int:
        """Return the number for a deal whose slot's stock is loaded."""
        deal: Deal = value
        return deal.left(deal.slot.left(deal.slot.variant.stock.available))


class DiscountOut(Resource):
    """What comes off the price of one unit, and whom it costs."""

    funder = fields.Choice(choices=Funder.choices)
    amount = fields.MoneyField()


class SlotOut(Resource):
    """A variant in a line-up."""

    object = fields.Object("slot")
    id = fields.Id("slt")
    session = fields.Id("ses", source="session_id")
    position = fields.Integer()
    product = SlotProduct(source="variant.product")
    variant = SlotVariant()
    brand = SlotBrand(source="variant.product.brand")
    price = fields.MoneyField(help_text="What a buyer pays: the live price less the discounts.")
    full_price = fields.MoneyField(help_text="The live price before discounts.")
    discounts = DiscountOut(many=True)
    list_price = fields.MoneyField(source="variant.price")
    allocation = fields.Integer(allow_null=True, help_text="Most units of this session; null: all there are.")
    per_buyer_limit = fields.Integer(allow_null=True)
    on_sale = fields.Boolean()
    pinned = fields.Boolean(help_text="Being explained now.")
    left = SlotLeft()
    sold = fields.Integer(source="taken")


class LineupOut(Resource):
    """A whole line-up, in its order."""

    object = fields.Object("lineup")
    slots = SlotOut(many=True, source="*")


class DealOut(Resource):
    """A flash deal. It is open from ``opens_at`` to ``closes_at``, unless ``closed_at`` says otherwise."""

    object = fields.Object("deal")
    id = fields.Id("dl")
    session = fields.Id("ses", source="session_id")
    slot = fields.Id("slt", source="slot_id")
    price = fields.MoneyField(source="unit_price")
    quota = fields.Integer()
    per_buyer_limit = fields.Integer(allow_null=True)
    opens_at = fields.Timestamp()
    closes_at = fields.Timestamp()
    closed_at = fields.Timestamp(allow_null=True)
    close_reason = fields.Text(help_text="time, host or session; empty while it is open.")
    left = DealLeft()
    sold = fields.Integer(source="taken")


class CoverUrl(fields.Text):
    """Where the cover picture is."""

    def to_representation(self, value: Any) -> Any:
        """Return the address, null when there is none."""
        return value.url if value else None


class SessionOut(Resource):
    """A live session."""

    object = fields.Object("session")
    id = fields.Id("ses")
    streamer = fields.Expandable(StreamerOut, "str")
    title = fields.Text()
    description = fields.Text()
    cover = CoverUrl(allow_null=True)
    source = fields.Choice(choices=Session.Source.values)  # type: ignore[assignment]  # a field
    source_url = fields.Text()
    state = fields.Choice(choices=Session.State.values)
    scheduled_at = fields.Timestamp(allow_null=True)
    started_at = fields.Timestamp(allow_null=True)
    ended_at = fields.Timestamp(allow_null=True)
    payment_window_seconds = fields.Integer()
    slow_mode_seconds = fields.Integer()
    replay_sells = fields.Boolean(help_text="What is left may be bought after the show, at the live price.")
    likes = fields.Integer()
    epoch = fields.Text(help_text="Names this run of the fact log; part of a resume point.")
    last_seq = fields.Integer(help_text="Number of the last fact.")
    created_at = fields.Timestamp()
    lineup = fields.ExpandableList(SlotOut, source="slots")


class CheckOut(Resource):
    """One item of the pre-flight check."""

    code = fields.Text()
    title = fields.Text()
    required = fields.Boolean(help_text="Going live demands it.")  # type: ignore[assignment]  # a field
    passed = fields.Boolean()
    failing = fields.ListOf(child=fields.Id("slt"), help_text="Slots that fail it.")


class ChecklistOut(Resource):
    """The pre-flight check of a session."""

    object = fields.Object("checklist")
    ready = fields.Boolean(help_text="Everything required is passed.")
    checks = CheckOut(many=True)


class RoomEventOut(Resource):
    """One fact of a room, as viewers heard it."""

    object = fields.Object("room_event")
    seq = fields.Integer()
    type = fields.Text()
    at = fields.Timestamp()
    data = fields.Json(source="payload")  # type: ignore[assignment]  # a field
    digest = fields.Text(help_text="SHA-256 that chains this fact to the one before; docs/streams.md.")


class RoomEventsOut(Resource):
    """Facts of a room in their order."""

    object = fields.Object("list")
    data = RoomEventOut(many=True)  # type: ignore[assignment]  # a field
    has_more = fields.Boolean()


class TicketOut(Resource):
    """A ticket into the socket: ``/ws/v1/rooms/{session}?ticket=...``."""

    object = fields.Object("realtime_ticket")
    ticket = fields.Text(help_text="Good once.")
    expires_at = fields.Timestamp()
