"""Inputs that several operations share."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.lib.text import is_one_line
from marketplace.rest import fields


class Line(fields.Text):
    """Text of one line, such as a name or a title."""

    default_error_messages: ClassVar = {"not_one_line": "This must be one line, without control characters."}

    def to_internal_value(self, data: Any) -> str:
        """Return the text, without blanks around it."""
        text = super().to_internal_value(data)
        if not is_one_line(text):
            self.fail("not_one_line")
        return text


@extend_schema_field({"type": "string", "format": "binary"})
class Upload(serializers.FileField):
    """A file of a multipart body."""

    default_error_messages: ClassVar = {"invalid": "This must be a file of a multipart body."}


is_country = RegexValidator(r"\A[A-Z]{2}\Z", "Two capital letters of ISO 3166-1, such as CN.")
is_slug = RegexValidator(
    r"\A[a-z0-9]+(-[a-z0-9]+)*\Z", "Lower-case letters and digits, with single hyphens between."
)
