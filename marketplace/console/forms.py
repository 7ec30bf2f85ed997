"""What the console's buttons ask."""

from django import forms

from marketplace.admin.forms import ActionForm, LineField
from streams.actions.captions import MOST_TEXT
from streams.actions.lineup import MOST_PER_BUYER, MOST_UNITS
from streams.actions.moderation import LONGEST_MUTE_SECONDS, LONGEST_SLOW_MODE_SECONDS
from streams.admin.forms import PriceField
from streams.chat_rules import MAX_WORD_LENGTH


class TermsForm(ActionForm):
    """Under which terms a slot sells."""

    price = PriceField(label="Live price")
    allocation = forms.IntegerField(
        min_value=0, max_value=MOST_UNITS, required=False, help_text="Empty: all there are."
    )
    per_buyer_limit = forms.IntegerField(min_value=1, max_value=MOST_PER_BUYER, required=False)


class IdField(forms.RegexField):
    """A public id that a list offered."""

    def __init__(self, prefix: str, refusal: str) -> None:
        super().__init__(rf"\A{prefix}_[0-9a-f]{{32}}\Z", error_messages={"invalid": refusal})


class NewRowForm(TermsForm):
    """A variant for the line-up."""

    variant = IdField("var", "Choose a product of a brand that agrees.")


class SwitchForm(ActionForm):
    """On or off."""

    on = forms.BooleanField(required=False, widget=forms.HiddenInput)


class WayForm(ActionForm):
    """One place up or down."""

    way = forms.ChoiceField(choices=[("up", "up"), ("down", "down")], widget=forms.HiddenInput)


class UnitsForm(ActionForm):
    """How many units come in."""

    quantity = forms.IntegerField(min_value=1, max_value=MOST_UNITS)


class SourceForm(ActionForm):
    """Whose line-up is copied."""

    source = IdField("ses", "Choose one of your own sessions.")


class MomentForm(ActionForm):
    """When the show begins."""

    at = forms.DateTimeField(
        label="Begins at (UTC)",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text="2026-11-11 20:00",
    )


class CaptionForm(ActionForm):
    """What is said."""

    text = LineField(max_length=MOST_TEXT)


class MuteForm(ActionForm):
    """How long somebody may not write."""

    seconds = forms.IntegerField(min_value=1, max_value=LONGEST_MUTE_SECONDS)


class SlowModeForm(ActionForm):
    """Seconds between two messages of one viewer."""

    seconds = forms.IntegerField(min_value=0, max_value=LONGEST_SLOW_MODE_SECONDS)


class WordForm(ActionForm):
    """A word that is not said."""

    word = LineField(max_length=MAX_WORD_LENGTH)
