"""Forms by the rules of the API: what a page sends is held to the body that the API takes, and acts once."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from marketplace.errors import DomainError, InFlight
from marketplace.idempotency import Answer, Keyed, once
from marketplace.lib import clock
from marketplace.models import User
from marketplace.rest.keys import clean_key
from marketplace.rest.serializers import Body

#: More digits than any quantity or amount has.
MOST_DIGITS = 15

_CSRF = "csrfmiddlewaretoken"
_LOOKS = 20
_LOOK_SECONDS = 0.1


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


def whole_number(text: str) -> int | str:
    """Return the number that a field holds, or what it holds instead, for the API's body to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else text


def new_key() -> str:
    """Return the name of a form's next sending: a form that is sent twice acts once."""
    return f"page-{uuid4()}"


def act_once(request: HttpRequest, user: User, run: Callable[[], Any], *, told: Callable[[Any], str]) -> str:
    """Run an action for a form's ``key`` unless that was done; return what is ``told`` of its result.

    That is the address where the result stands, or a sentence about it, kept from the first time.

    Raises what the action raises, IdempotencyMismatch and InFlight.
    """
    sent = sorted((name, request.POST.getlist(name)) for name in request.POST if name != _CSRF)
    files = sorted((name, _digest_of(file)) for name in request.FILES for file in request.FILES.getlist(name))
    keyed = Keyed(
        caller=user.id,
        route=f"{request.method} {request.path}",
        key=clean_key(request.POST.get("key", "")),
        input_hash=hashlib.sha256(json.dumps([sent, files]).encode()).hexdigest(),
        render=lambda result: Answer(status=303, body=told(result)),
        now=clock.now(),
    )
    for _ in range(_LOOKS):  # the second press of a double click is answered as the first one
        with suppress(InFlight):
            return once(keyed, run).body
        time.sleep(_LOOK_SECONDS)
    return once(keyed, run).body


def _digest_of(file: "UploadedFile[bytes]") -> str:
    """Return the SHA-256 of a file that was sent, which is at its beginning then."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
