"""What ``operation`` says of an API method, for the documentation and for who checks queries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from marketplace.errors import DomainError
from marketplace.rest.serializers import Body, Query, Resource

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of a view takes and gives."""

    summary: str
    body: type[Body] | None
    query: type[Query] | None
    returns: type[Resource] | None
    many: bool
    status: int
    errors: tuple[type[DomainError], ...]


def operation(
    summary: str,
    *,
    body: type[Body] | None = None,
    query: type[Query] | None = None,
    returns: type[Resource] | None = None,
    many: bool = False,
    status: int = 200,
    errors: Iterable[type[DomainError]] = (),
) -> Callable[[F], F]:
    """Document a method of an ApiView; its docstring becomes the description.

    Args:
        summary: what it does, in a few words.
        body: what POST, PUT or PATCH takes; None for nothing.
        query: parameters beside the cursors and ``expand[]``; any other is refused.
        returns: what it answers; None for no body.
        many: whether that is a page of a list.
        status: of the answer.
        errors: refusals of its own, beside those that every such operation has.
    """
    documented = Operation(summary, body, query, returns, many, status, tuple(errors))

    def mark(method: F) -> F:
        method.operation = documented  # type: ignore[attr-defined]
        return method

    return mark
