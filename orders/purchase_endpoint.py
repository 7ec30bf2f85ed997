"""``POST /api/v1/orders`` for callers with a token: straight from ASGI into admission.

A flash sale over HTTP is this one route, and Django's middleware chain and view layers cost several times
what the purchase itself does. Everything else about the API's conventions holds here too: errors, limits,
request ids. A request without a token (a browser with its session cookie) goes to the Django view of the same
path, and so does one that is out of the ordinary; both give the same answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog

from marketplace import limits, metrics
from marketplace.errors import DomainError, InternalError, Invalid, InvalidToken, ScopeMissing, TooLarge
from marketplace.lib.mailbox import Mailbox
from marketplace.models.tokens import Scope
from marketplace.rest.authentication import network_of
from marketplace.rest.keys import HEADER, IdempotencyKeyMissing, clean_key
from marketplace.rest.lean import TokenIdentity, aresolve_token, bearer
from marketplace.rest.parsing import decode_json
from marketplace.rest.problems import problem
from marketplace.rest.rendering import encode_json
from marketplace.rest.request_ids import clean_request_id
from orders.admission import admission
from orders.purchase_form import MOST_BYTES, accepted_over_http, as_error, parse
from orders.requests import Accepted, Outcome, PurchaseRequest, Refused

log = structlog.get_logger(__name__)

PATH = "/api/v1/orders"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


@dataclass(slots=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class PurchaseEndpoint:
    """Answers purchases that carry a token; hands everything else to the application behind it."""

    def __init__(self, behind: Application) -> None:
        """Stand in front of ``behind``, the Django application."""
        self._behind = behind
        self._mailbox: Mailbox | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            return await self._behind(scope, receive, send)
        headers = dict(scope["headers"])
        if not _is_plain(scope, headers):
            return await self._behind(scope, receive, send)
        began = perf_counter()
        request_id = clean_request_id(_text(headers.get(b"x-request-id")))
        reply = await self._reply(scope, headers, receive, request_id)
        reply.headers["X-Request-Id"] = request_id
        await _send(send, reply)
        metrics.observe_request(
            method="POST", route=PATH, status=reply.status, seconds=perf_counter() - began
        )
        return None

    async def _reply(
        self, scope: Message, headers: dict[bytes, bytes], receive: Receive, request_id: str
    ) -> Reply:
        limit_headers: dict[str, str] = {}
        try:
            body = await _body(receive)
            identity = await _identify(headers, scope)
            verdict = limits.check_local("buy", identity.user_id)
            limit_headers = verdict.headers()
            if not verdict.allowed:
                raise verdict.refusal()
            request = _request(headers, body, identity)
            outcome = await self._outcome(request)
            if isinstance(outcome, Refused):
                raise as_error(outcome)
            return _created(outcome, limit_headers)
        except DomainError as error:
            refusal = problem(error, request_id)
        except Exception:
            log.exception("purchase_failed", request_id=request_id)
            refusal = problem(InternalError(), request_id)
        return Reply(refusal.status, {**limit_headers, **refusal.headers}, refusal.body)

    async def _outcome(self, request: PurchaseRequest) -> Outcome:
        loop = asyncio.get_running_loop()
        if self._mailbox is None:
            self._mailbox = Mailbox(loop)
        post, future = self._mailbox.post, loop.create_future()
        admission.submit(request, lambda outcome: post(_resolve, future, outcome))
        outcome: Outcome = await future
        return outcome


def _resolve(future: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
    if not future.done():  # the caller may have gone
        future.set_result(outcome)


def _is_plain(scope: Message, headers: dict[bytes, bytes]) -> bool:
    """Tell whether a request carries a token and JSON and asks for nothing out of the ordinary."""
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    accepted = headers.get(b"accept", b"*/*")
    return (
        b"authorization" in headers
        and media_type == b"application/json"
        and not scope["query_string"]
        and (b"*/*" in accepted or b"application/json" in accepted)
    )


async def _identify(headers: dict[bytes, bytes], scope: Message) -> TokenIdentity:
    token = bearer(_text(headers[b"authorization"]) or "")
    identity = None if token is None else await aresolve_token(token)
    if identity is None:
        address = network_of(str((scope.get("client") or ["unknown"])[0]))
        verdict = limits.check_local("login", f"token:{address}")
        raise InvalidToken if verdict.allowed else verdict.refusal()
    if not identity.has(Scope.ORDERS_WRITE):
        raise ScopeMissing(data={"scope": Scope.ORDERS_WRITE.value})
    return identity


def _request(headers: dict[bytes, bytes], body: bytes, identity: TokenIdentity) -> PurchaseRequest:
    given = headers.get(b"idempotency-key")
    if given is None:
        raise IdempotencyKeyMissing(param=HEADER)
    key = clean_key(_text(given) or "")
    return parse(decode_json(body) if body else {}, buyer_id=identity.user_id, key=key)


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The body has not arrived whole.")
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise TooLarge(data={"limit": MOST_BYTES})
        if not message.get("more_body"):
            return body


def _created(accepted: Accepted, headers: dict[str, str]) -> Reply:
    headers = {**headers, "Content-Type": "application/json", "Cache-Control": "no-store"}
    headers["Location"] = f"{PATH}/{accepted.order_id}"
    if accepted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Reply(201, headers, encode_json(accepted_over_http(accepted)))


async def _send(send: Send, reply: Reply) -> None:
    reply.headers["Content-Length"] = str(len(reply.body))
    raw: Iterable[tuple[bytes, bytes]] = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": list(raw)})
    await send({"type": "http.response.body", "body": reply.body})


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
