"""Forms of the admin's buttons."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from unfold import widgets

from marketplace.errors import DomainError
from marketplace.lib.text import is_one_line

MAX_SHOWN_ERRORS = 100

#: The look of each kind of field, the more special kinds first.
_WIDGETS: tuple[tuple[type[forms.Field], type[forms.Widget]], ...] = (
    (forms.FileField, widgets.UnfoldAdminFileFieldWidget),
    (forms.BooleanField, widgets.UnfoldBooleanSwitchWidget),
    (forms.DecimalField, widgets.UnfoldAdminDecimalFieldWidget),
    (forms.IntegerField, widgets.UnfoldAdminIntegerFieldWidget),
    (forms.EmailField, widgets.UnfoldAdminEmailInputWidget),
    (forms.SplitDateTimeField, widgets.UnfoldAdminSplitDateTimeWidget),
    (forms.CharField, widgets.UnfoldAdminTextInputWidget),
)

Choices = Mapping[str, Iterable[tuple[str, str]]]


class ActionForm(forms.Form):
    """What a button asks before it runs an action; without fields, whether it really should.

    Fields get the admin's look. ``choices`` fills choice fields whose choices depend on who asks.
    """

    def __init__(self, *args: Any, choices: Choices | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, offered in (choices or {}).items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = list(offered)
        for field in self.fields.values():
            _dress(field)

    @property
    def has_files(self) -> bool:
        """Tell whether the form takes files."""
        return self.is_multipart()

    def refuse(self, refusal: DomainError) -> None:
        """Show what an action refused, at the fields that it names."""
        entries = [(entry.param, entry.detail) for entry in refusal.errors] or [
            (refusal.param, refusal.message)
        ]
        for param, detail in entries[:MAX_SHOWN_ERRORS]:
            if param in self.fields:
                self.add_error(param, detail)
            else:
                self.add_error(None, f"{param}: {detail}" if param and refusal.errors else detail)
        if len(entries) > MAX_SHOWN_ERRORS:
            self.add_error(None, f"And {len(entries) - MAX_SHOWN_ERRORS} more.")


class LineField(forms.CharField):
    """Text of one line."""

    def validate(self, value: str) -> None:
        """Refuse control characters."""
        super().validate(value)
        if not is_one_line(value):
            raise forms.ValidationError("One line, without control characters.")


class TextField(forms.CharField):
    """Text of several lines."""

    widget = widgets.UnfoldAdminTextareaWidget


def _dress(field: forms.Field) -> None:
    """Give a field the admin's look, unless it has one."""
    if type(field.widget).__module__.startswith("unfold"):
        return
    if isinstance(field, forms.ChoiceField):
        several = isinstance(field, forms.MultipleChoiceField)
        kind = widgets.UnfoldAdminCheckboxSelectMultiple if several else widgets.UnfoldAdminSelectWidget
        field.widget = kind(choices=field.choices)
        return
    if isinstance(field.widget, forms.PasswordInput):
        field.widget = widgets.UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return
    for kind_of_field, kind in _WIDGETS:
        if isinstance(field, kind_of_field):
            attrs = field.widget.attrs
            field.widget = kind()
            field.widget.attrs.update({**field.widget_attrs(field.widget), **attrs})
            return
