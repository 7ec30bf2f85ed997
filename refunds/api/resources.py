"""What the API shows of refunds."""

from marketplace.rest import fields
from marketplace.rest.serializers import Query, Resource
from refunds.models import Refund


class RefundsQuery(Query):
    """Which refunds."""

    order = fields.Id("ord", required=False, help_text="Only those of one order.")


class RefundOut(Resource):
    """Money on its way back: ``created``, ``sent``, then ``done``; ``failed`` is tried again by itself."""

    object = fields.Object("refund")
    id = fields.Id("rfd")
    order = fields.Id("ord", source="order_id")
    payment = fields.Id("pay", source="payment_id")
    line = fields.Id("oln", source="line_id", allow_null=True, help_text="Of a return: what it is for.")
    state = fields.Choice(choices=Refund.State.choices)
    reason = fields.Choice(choices=Refund.Reason.choices)
    amount = fields.MoneyField(source="total")
    created_at = fields.Timestamp()
    done_at = fields.Timestamp(allow_null=True)
