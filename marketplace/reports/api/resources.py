"""Figures as the API shows them."""

from marketplace.rest import fields
from marketplace.rest.serializers import Resource


class CohortOut(Resource):
    """Of the units bought at least ``days`` days ago, those that came back within ``days`` days of purchase.

    Day 0 is the first 24 hours. While no unit is old enough there is no rate, and ``known_at`` says when
    there will be one; it is null where nothing was sold.
    """

    days = fields.Integer()
    units = fields.Integer(help_text="Units that are old enough.")
    back = fields.Integer(help_text="Of those, the ones that came back in time.")
    rate_bp = fields.Integer(allow_null=True, help_text="Back in 10,000 units; null while nothing is known.")
    known_at = fields.Timestamp(allow_null=True)


class ReturnRatesOut(Resource):
    """How many of the units that were paid for came back."""

    object = fields.Object("return_rates")
    of = fields.Text(help_text="Id of the product, streamer, brand or session.")
    units_sold = fields.Integer(source="so_far.paid", help_text="Paid units, however old.")
    units_back = fields.Integer(
        source="so_far.back", help_text="Of those, cancelled after payment, or their whole price refunded."
    )
    rate_bp = fields.Integer(
        source="so_far.rate_bp",
        allow_null=True,
        help_text="So far, in 10,000 units; null where nothing was sold.",
    )
    cohorts = CohortOut(many=True)


class CurrencySalesOut(Resource):
    """Sales in one currency. ``kept`` is the headline: less what was not paid, cancelled or refunded."""

    currency = fields.Text()
    orders = fields.Integer()
    units = fields.Integer(help_text="Units ordered.")
    units_sold = fields.Integer(help_text="Units paid for.")
    units_back = fields.Integer(help_text="Of those, the ones that came back.")
    gross = fields.MoneyField(source="total_gross", help_text="Ordered.")
    given_back = fields.MoneyField(
        source="total_given_back", help_text="Not paid in time, cancelled or refunded."
    )
    kept = fields.MoneyField(source="total_kept", help_text="Gross less what was given back.")


class SalesOut(Resource):
    """What was sold, in each currency that it was sold in."""

    object = fields.Object("sales")
    of = fields.Text(help_text="Id of the product, streamer or brand.")
    currencies = CurrencySalesOut(many=True)
