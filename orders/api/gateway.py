"""The gateway's door: a message is verified on its raw bytes, kept, answered. What it means comes later."""

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from marketplace.errors import DomainError, Forbidden, Invalid, MethodNotAllowed, TooLarge
from marketplace.lib import clock
from marketplace.rest.problems import problem
from orders.actions.receive_webhook import receive_webhook
from orders.bells import ring_webhook_arrived
from orders.payments import wire
from orders.payments.verify import WebhookRejected, WebhookUnverified, parse, verify

logger = structlog.get_logger(__name__)


class NotFromGateway(Forbidden):
    """The message was not signed by the payment gateway just now."""

    code = "bad_signature"
    message = "The signature is not the payment gateway's."
    cure = "This address is for the payment gateway alone."


@csrf_exempt
def gateway_webhooks(request: HttpRequest) -> HttpResponse:
    """Keep a message of the gateway and answer 200, also when it came before or says nothing of use."""
    try:
        if request.method != "POST":
            raise MethodNotAllowed
        webhook_id, body = _verified(request)
    except DomainError as error:
        return problem(error, getattr(request, "request_id", "")).response()
    type_ = _type_of(webhook_id, body)
    receive_webhook(webhook_id=webhook_id, type_=type_, body=body, now=clock.now())
    ring_webhook_arrived(type_)
    return HttpResponse(status=200)


def _verified(request: HttpRequest) -> tuple[str, str]:
    """Return id and text of a message of the gateway, or raise."""
    raw = _read(request)
    try:
        webhook_id = verify(raw=raw, headers=request.headers, now=clock.machine_now())
    except WebhookUnverified as error:
        logger.warning("webhook_unverified", reason=error.code)
        raise NotFromGateway(data={"reason": error.code}) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("The body is not UTF-8.") from error
    if "\0" in text:
        raise Invalid("The body must not hold NUL characters.")
    return webhook_id, text


def _read(request: HttpRequest) -> bytes:
    try:
        raw = request.body
    except RequestDataTooBig:
        raw = None
    except UnreadablePostError as error:
        raise Invalid("The body broke off.") from error
    if raw is None or len(raw) > wire.MOST_BYTES:
        raise TooLarge(data={"limit": wire.MOST_BYTES})
    return raw


def _type_of(webhook_id: str, body: str) -> str:
    """Return what a message is about; nothing when it cannot be read, which whoever applies it will note."""
    try:
        return parse(webhook_id=webhook_id, raw=body.encode()).type
    except WebhookRejected:
        return ""
