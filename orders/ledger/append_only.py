"""Rows that are written once: the model refuses what the database's triggers would refuse as well."""

from typing import Any, NoReturn, TypeVar

from django.db import models

from orders.ledger.errors import AppendOnly

Row = TypeVar("Row", bound=models.Model)


def _refuse(what: str) -> NoReturn:
    raise AppendOnly(f"{what} is written once. Post a transfer that corrects it, or reverse it.")


class AppendOnlyRows(models.QuerySet[Row]):
    """A queryset that reads and inserts."""

    def update(self, **_: Any) -> int:
        """Refuse."""
        _refuse(self.model.__name__)

    def bulk_update(self, *_: Any, **__: Any) -> int:
        """Refuse."""
        _refuse(self.model.__name__)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        _refuse(self.model.__name__)


class AppendOnlyRow(models.Model):
    """A row that is inserted and then stays."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; refuse to change it."""
        if not self._state.adding:
            _refuse(type(self).__name__)
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        _refuse(type(self).__name__)
