"""Who calls the API in the toolkit's tests: people with tokens, people with cookies, and nobody."""

import json
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from django.test import Client
from django.test.client import ClientHandler

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import User


class Caller(Client):
    """A client that speaks JSON."""

    def __init__(self, *, token: str = "", **kwargs: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else None
        super().__init__(headers=headers, **kwargs)
        self.handler = _handler(self.handler.enforce_csrf_checks)

    def send(self, method: str, path: str, body: object = None, **kwargs: Any) -> Any:
        """Return the answer; a body that is bytes goes as it is."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.generic(method, path, data, kwargs.pop("content_type", "application/json"), **kwargs)


@cache
def _handler(checked: bool) -> ClientHandler:
    """Return the handler that callers share: each of its own would look through all static files first."""
    return ClientHandler(enforce_csrf_checks=checked)


def with_token(
    person: User, *scopes: str, expires_at: datetime | None = None, extra: Collection[str] = ()
) -> Caller:
    """Return a caller with a new token of this person."""
    _, secret = create_token(
        user=person, name="test", scopes=[*scopes, *extra], expires_at=expires_at, now=clock.now()
    )
    return Caller(token=secret)


def again(person: User, scope: str) -> Caller:
    """Return the caller with one scope that this person had when asked before, or a new one."""
    callers: dict[str, Caller] = vars(person).setdefault("callers_of_tests", {})
    if scope not in callers:
        callers[scope] = with_token(person, scope)
    return callers[scope]


def with_cookie(person: User, *, checked: bool = False) -> Caller:
    """Return a caller with a session.

    ``checked`` turns on the check of CSRF tokens that test clients skip.
    """
    caller = Caller(enforce_csrf_checks=checked)
    caller.force_login(person)
    return caller


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of an answer after checking its form."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json"), (
        response.content
    )
    document: dict[str, Any] = json.loads(response.content)
    assert document.keys() == {
        "type", "title", "status", "detail", "code", "param", "errors", "data", "request_id"
    }  # fmt: skip
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["type"] == f"/api/docs/errors/#{code}"
    assert document["request_id"] == response.headers["X-Request-Id"]
    return document
