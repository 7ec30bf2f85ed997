"""Forms by the rules of the API: what a page sends is validated by the body that the API takes."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from marketplace.errors import DomainError
from marketplace.rest.serializers import Body


def validated(kind: type[Body], data: QueryDict, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the named fields of a form as the API's body; raises DRF's ValidationError."""
    return checked(kind, {name: data.get(name, "") for name in names})


def checked(kind: type[Body], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid body; raises DRF's ValidationError."""
    body = kind(data=dict(data))
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def faults_of(error: DomainError) -> dict[str, str]:
    """Return what is wrong with each field, by the last part of its name."""
    faults = {entry.param.rpartition(".")[2]: entry.detail for entry in error.errors}
    if error.param and error.param not in faults and not error.errors:
        faults[error.param.rpartition(".")[2]] = error.message
    return faults
