"""Forms of the buttons of sessions."""

from decimal import Decimal
from typing import Any

from django import forms

from marketplace.admin.forms import ActionForm, LineField, TextField
from marketplace.admin.products import with_money
from marketplace.lib.money import BASIS_POINTS, Money, exponent
from streams.actions.deals import LEAST_SECONDS, MOST_SECONDS
from streams.actions.lineup import MOST_PER_BUYER, MOST_POSITION, MOST_UNITS
from streams.actions.sessions import LEAST_PAYMENT_WINDOW, MOST_PAYMENT_WINDOW
from streams.models import Collaboration, Session


class SessionForm(ActionForm):
    """What a session says of itself."""

    title = LineField(max_length=120)
    description = TextField(max_length=4000, required=False)
    source = forms.ChoiceField(choices=Session.Source.choices)
    source_url = LineField(max_length=500, required=False, label="Address of the stream")
    payment_window_seconds = forms.IntegerField(
        min_value=LEAST_PAYMENT_WINDOW,
        max_value=MOST_PAYMENT_WINDOW,
        initial=900,
        label="Seconds that buyers have to pay",
    )


class ScheduleForm(ActionForm):
    """When a session begins."""

    scheduled_at = forms.SplitDateTimeField(label="Begins at (UTC)")


class CoverForm(ActionForm):
    """A cover picture."""

    file = forms.FileField(help_text="PNG, JPEG or WebP, at most 5 MB.")


class PriceField(forms.DecimalField):
    """An amount as people write it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal(0), max_digits=16, decimal_places=3, **kwargs)


class SlotForm(ActionForm):
    """What can be changed of a slot."""

    price = PriceField(label="Live price")
    allocation = forms.IntegerField(
        min_value=0, max_value=MOST_UNITS, required=False, help_text="Empty: all there are."
    )
    per_buyer_limit = forms.IntegerField(min_value=1, max_value=MOST_PER_BUYER, required=False)
    position = forms.IntegerField(min_value=1, max_value=MOST_POSITION)
    on_sale = forms.BooleanField(required=False, initial=True)


class DiscountForm(ActionForm):
    """What comes off each unit, and whom it costs."""

    funder = forms.ChoiceField(label="At the cost of")
    amount = PriceField(label="Off each unit", help_text="0 takes the discount away.")


class NewSlotForm(SlotForm):
    """A variant for the line-up."""

    variant = forms.ChoiceField(help_text="Of brands that agree.")
    position = forms.IntegerField(
        min_value=1, max_value=MOST_POSITION, required=False, help_text="Empty: last."
    )
    field_order = ("variant", "price", "allocation", "per_buyer_limit", "position", "on_sale")


class SlotChoiceForm(ActionForm):
    """One of a session's slots."""

    slot = forms.ChoiceField()


class DealForm(ActionForm):
    """A flash deal on a slot."""

    price = PriceField(help_text="At most the live price.")
    quota = forms.IntegerField(min_value=1, max_value=MOST_UNITS)
    seconds = forms.IntegerField(min_value=LEAST_SECONDS, max_value=MOST_SECONDS, initial=60)
    per_buyer_limit = forms.IntegerField(min_value=1, max_value=MOST_PER_BUYER, required=False)
    opens_in = forms.IntegerField(min_value=0, max_value=3_600, initial=0, label="Opens in so many seconds")


class SessionDealForm(DealForm):
    """A flash deal on one of a session's slots."""

    slot = forms.ChoiceField()
    field_order = ("slot", "price", "quota", "seconds", "per_buyer_limit", "opens_in")


class DealChoiceForm(ActionForm):
    """One of a session's open deals."""

    deal = forms.ChoiceField()


class ProfileForm(ActionForm):
    """What a streamer says of themselves."""

    name = LineField(max_length=80)
    bio = TextField(max_length=2000, required=False)


class ModeratorForm(ActionForm):
    """Who shall moderate, or no longer."""

    username = LineField(max_length=150)


class AgencyForm(ActionForm):
    """An agency."""

    name = LineField(max_length=120)
    share_bp = forms.IntegerField(
        min_value=0, max_value=BASIS_POINTS, label="Basis points of its streamers' commissions"
    )


class ShareForm(ActionForm):
    """An agency's share."""

    share_bp = forms.IntegerField(
        min_value=0, max_value=BASIS_POINTS, label="Basis points of its streamers' commissions"
    )


class AgencyChoiceForm(ActionForm):
    """Which agency represents a streamer."""

    agency = forms.ChoiceField(required=False)


class CollaborationForm(ActionForm):
    """A commission plan."""

    brand = forms.ChoiceField()
    kind = forms.ChoiceField(choices=Collaboration.Kind.choices)
    streamer = LineField(max_length=80, required=False, help_text="The name; empty for an open plan.")
    rate_bp = forms.IntegerField(
        min_value=0, max_value=BASIS_POINTS, label="Basis points of what the buyer paid"
    )
    starts_at = forms.SplitDateTimeField(required=False, label="Begins at (UTC)", help_text="Empty: now.")
    ends_at = forms.SplitDateTimeField(required=False, label="Ends at (UTC)", help_text="Empty: never.")


def to_price(amount: Decimal, currency: str) -> Money:
    """Return an amount as people write it as Money; raises Invalid for too many digits."""
    price: Money = with_money({"price": amount, "currency": currency})["price"]
    return price


def to_discount(amount: Decimal, currency: str) -> Money:
    """Return an amount as people write it as Money, which may be nothing; raises Invalid."""
    return to_price(amount, currency) if amount else Money(0, currency)


def as_written(price: Money) -> str:
    """Return what a price field shows."""
    digits = exponent(price.currency)
    return f"{Decimal(price.amount).scaleb(-digits):.{digits}f}"
