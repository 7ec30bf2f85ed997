"""What the API shows of orders, payments and parcels, and what it takes."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from rest_framework import serializers

from marketplace.rest import fields
from marketplace.rest.serializers import Body, Query, Resource
from orders.models import OrderLine, Payment, Shipment
from streams.api.resources import DiscountOut


class AddressIn(Body):
    """Where to ship. Everything is needed but ``line2`` and ``region``."""

    name = fields.Text(max_length=120)
    phone = fields.Text(max_length=32, validators=[RegexValidator(r"^\+?[0-9][0-9 ()./-]{4,30}\Z")])
    line1 = fields.Text(max_length=200)
    line2 = fields.Text(max_length=200, required=False, allow_blank=True, default="")
    city = fields.Text(max_length=100)
    region = fields.Text(max_length=100, required=False, allow_blank=True, default="")
    postal_code = fields.Text(max_length=20)
    country = fields.Text(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}\Z")], help_text="ISO 3166-1 alpha-2."
    )


class PaymentIn(Body):
    """A card and an address. In the sandbox the card is one of the test cards of docs/payments.md."""

    card = fields.Text(max_length=40)
    address = AddressIn()


class ShipmentIn(Body):
    """A parcel. ``brand`` is needed only by whoever ships for several brands of one order."""

    carrier = fields.Text(max_length=40, validators=[RegexValidator(r"^[\w .&-]+\Z")])
    tracking_number = fields.Text(max_length=60, validators=[RegexValidator(r"^[A-Za-z0-9-]{4,60}\Z")])
    brand = fields.Id("brd", required=False)


class OrdersQuery(Query):
    """Whose orders: your own unless one of these is given."""

    brand = fields.Id("brd", required=False, help_text="With lines of this brand, for its members.")
    session = fields.Id("ses", required=False, help_text="Bought in this show, for its host.")
    buyer = fields.Id("usr", required=False, help_text="Of this buyer, for platform staff.")
    to_ship = fields.Boolean(required=False, help_text="With ``brand``: only those that wait to be shipped.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a mixture."""
        if len(attrs.keys() & {"brand", "session", "buyer"}) > 1:
            raise serializers.ValidationError("Give one of brand, session and buyer.")
        if "to_ship" in attrs and "brand" not in attrs:
            raise serializers.ValidationError({"to_ship": "This goes with brand."})
        return attrs


class ShipmentsQuery(Query):
    """Whose parcels: those to you unless a brand is given."""

    brand = fields.Id("brd", required=False, help_text="Sent by this brand, for its members.")


class AddressOut(Resource):
    """Where to ship."""

    name = fields.Text()
    phone = fields.Text()
    line1 = fields.Text()
    line2 = fields.Text()
    city = fields.Text()
    region = fields.Text()
    postal_code = fields.Text()
    country = fields.Text()


class LineOut(Resource):
    """Units of one variant under the terms they were sold under."""

    object = fields.Object("order_line")
    id = fields.Id("oln", source="line.id")
    state = fields.Choice(choices=OrderLine.State.choices)
    slot = fields.Id("slt", source="line.slot_id")
    deal = fields.Id("dl", source="line.deal_id", allow_null=True)
    seq = fields.Integer(source="line.seq", help_text="The room's last event when it was bought.")
    product = fields.Id("prd", source="line.product_id")
    variant = fields.Id("var", source="line.variant_id")
    brand = fields.Id("brd", source="line.brand_id")
    streamer = fields.Id("str", source="line.streamer_id")
    title = fields.Text(source="line.title")
    sku = fields.Text(source="line.sku")
    quantity = fields.Integer(source="line.quantity")
    unit_price = fields.MoneyField(source="unit", help_text="What the buyer pays, after discounts.")
    full_price = fields.MoneyField(source="line.full_price", help_text="Of a unit, before discounts.")
    discounts = DiscountOut(source="line.discounts", many=True)
    amount = fields.MoneyField(source="line.total")
    return_policy = fields.Text(source="line.return_policy")
    return_by = fields.Timestamp(
        source="line.return_by", allow_null=True, help_text="End of the return window; null until delivery."
    )


class PaymentOut(Resource):
    """One try to pay an order. ``failure_code`` says why it failed; ``refunded`` is what went back."""

    object = fields.Object("payment")
    id = fields.Id("pay")
    order = fields.Id("ord", source="order_id")
    state = fields.Choice(choices=Payment.State.choices)
    amount = fields.MoneyField(source="total")
    refunded = fields.MoneyField(source="total_refunded")
    failure_code = serializers.SerializerMethodField()
    created_at = fields.Timestamp()
    updated_at = fields.Timestamp()

    def get_failure_code(self, payment: Payment) -> str | None:
        """Return why it failed, null when it has not."""
        return payment.failure_code or None


class ShipmentOut(Resource):
    """A parcel of one brand of an order."""

    object = fields.Object("shipment")
    id = fields.Id("shp")
    order = fields.Id("ord", source="order_id")
    brand = fields.Id("brd", source="brand_id")
    state = fields.Choice(choices=Shipment.State.choices)
    carrier = fields.Text()
    tracking_number = fields.Text()
    shipped_at = fields.Timestamp()
    delivered_at = fields.Timestamp(allow_null=True)


class HistoryOut(Resource):
    """One step of a line. ``by`` is ``buyer``, ``seller``, or the part of the marketplace that did it."""

    at = fields.Timestamp()
    line = fields.Id("oln", source="line_id")
    from_state = fields.Text(allow_null=True)
    to_state = fields.Text()
    by = fields.Text()


class OrderOut(Resource):
    """One purchase, as far as the caller may see it: a brand sees its own lines, a host no address."""

    object = fields.Object("order")
    id = fields.Id("ord")
    state = fields.Choice(choices=OrderLine.State.choices)
    buyer = fields.Id("usr", source="buyer_id")
    session = fields.Id("ses", source="session_id")
    amount = fields.MoneyField()
    pay_by = fields.Timestamp()
    address = AddressOut(allow_null=True)
    lines = LineOut(many=True)
    payments = fields.ExpandableList(PaymentOut)
    shipments = fields.ExpandableList(ShipmentOut)
    history = fields.ExpandableList(HistoryOut)
    created_at = fields.Timestamp()

    EXPANDABLE: ClassVar[frozenset[str]] = frozenset({"payments", "shipments", "history"})
