"""Model fields of our own."""

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from marketplace.lib.ids import is_id, new_id

if TYPE_CHECKING:
    _UUIDField = models.UUIDField[str, str]
else:
    _UUIDField = models.UUIDField


class PrefixedIdField(_UUIDField):
    """A UUIDv7 in the database, a public id such as ``ord_019ab3…`` in Python.

    Models use it as their primary key, so the id that a foreign key holds, the API shows and a fact names is
    one and the same string, and there is no integer key to leak.
    """

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        if kwargs.get("primary_key"):
            kwargs.setdefault("default", partial(new_id, prefix))
            kwargs.setdefault("editable", False)
        super().__init__(**kwargs)
        self.max_length = len(prefix) + 33

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Name the field for migrations; the default is rebuilt from the prefix."""
        name, path, args, kwargs = super().deconstruct()
        if self.primary_key:
            kwargs.pop("default", None)
            kwargs.pop("editable", None)
        return name, path, [self.prefix, *args], kwargs

    def to_python(self, value: Any) -> str | None:
        """Return the public id, or raise ValidationError when ``value`` is not one of this kind."""
        if value is None:
            return None
        if isinstance(value, uuid.UUID):
            return f"{self.prefix}_{value.hex}"
        if is_id(value, self.prefix):
            return str(value)
        raise ValidationError(
            "“%(value)s” is not an id of the form %(prefix)s_<32 hexadecimal digits>.",
            code="invalid",
            params={"value": value, "prefix": self.prefix},
        )

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: ARG002 - Django's signature
        """Return what the database driver stores: a UUID, or its digits where there is no such type."""
        public_id = self.to_python(value)
        if public_id is None:
            return None
        digits = public_id[-32:]
        return uuid.UUID(hex=digits) if connection.features.has_native_uuid_field else digits

    def from_db_value(self, value: uuid.UUID | None, *_: object) -> str | None:
        """Return the public id of a stored value; the backend has already made it a UUID."""
        return None if value is None else f"{self.prefix}_{value.hex}"

    def value_to_string(self, obj: models.Model) -> str:
        """Return the public id for serializers and sessions."""
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        """Return a plain text field: a public id is not a UUID to a form."""
        return models.Field.formfield(self, **{"form_class": forms.CharField, **kwargs})
