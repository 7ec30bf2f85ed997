"""The gateway port over HTTP: one request per call, short timeouts, no hidden retries."""

import json
import logging
from collections.abc import Callable
from functools import cache
from typing import TypeVar
from urllib.parse import quote

import httpx
from django.conf import settings

from marketplace.lib.ids import new_id
from marketplace.lib.money import Money
from orders.payments import reports, wire
from orders.payments.inprocess import HERE, connect, require_may_wait
from orders.payments.port import (
    PAYMENT_STATES,
    REFUND_STATES,
    Gateway,
    GatewayPayment,
    GatewayPayout,
    GatewayRefund,
    GatewayRejected,
    GatewayUnavailable,
)

#: Where the simulator answers when no gateway is configured.
SIMULATOR_PATH = "/sandbox/gateway/v1"
#: Seconds; ``read`` is the longest silence between two bytes of an answer.
TIMEOUT = httpx.Timeout(connect=2.0, read=5.0, write=5.0, pool=5.0)

_PASSING = frozenset({408, 425, 429})

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


def get_gateway() -> Gateway:
    """Return the gateway of the settings, or the simulator in this process when ``GATEWAY_URL`` is empty."""
    return _connected(settings.GATEWAY_URL, settings.GATEWAY_KEY)


@cache
def _connected(url: str, key: str) -> Gateway:
    return HttpGateway(url=url, key=key)


class HttpGateway:
    """A payment company at ``url``; when that is empty, the simulator in this process. Threads share it."""

    def __init__(self, *, url: str, key: str, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._http = connect(timeout)
        self._url = (url or HERE + SIMULATOR_PATH).rstrip("/")
        self._key = key

    def create_payment(
        self, *, reference: str, money: Money, card: str, idempotency_key: str
    ) -> GatewayPayment:
        """Charge a card."""
        body = {"reference": reference, "amount": money.amount, "currency": money.currency, "card": card}
        return self._post("payments", body, idempotency_key, _payment)

    def get_payment(self, payment_id: str) -> GatewayPayment:
        """Return one payment."""
        return self._get(f"payments/{quote(payment_id, safe='')}", _payment)

    def payments_for(self, reference: str) -> list[GatewayPayment]:
        """Return the payments made under a reference, newest first."""
        return self._get(f"payments?reference={quote(reference, safe='')}", _payments)

    def refund(self, *, payment_id: str, money: Money, idempotency_key: str) -> GatewayRefund:
        """Give back a part or all of a captured payment."""
        body = {"payment": payment_id, "amount": money.amount, "currency": money.currency}
        return self._post("refunds", body, idempotency_key, _refund)

    def get_refund(self, refund_id: str) -> GatewayRefund:
        """Return one refund."""
        return self._get(f"refunds/{quote(refund_id, safe='')}", _refund)

    def payouts(self, *, after: str = "") -> list[GatewayPayout]:
        """Return payouts in the order in which they were made, from the one after ``after``."""
        return self._get(f"payouts?after={quote(after, safe='')}", _payouts)

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _get(self, path: str, read: Callable[[wire.Object], Answer]) -> Answer:
        return self._ask(self._http.build_request("GET", f"{self._url}/{path}"), read)

    def _post(
        self, path: str, body: wire.Object, idempotency_key: str, read: Callable[[wire.Object], Answer]
    ) -> Answer:
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        request = self._http.build_request(
            "POST", f"{self._url}/{path}", headers=headers, content=json.dumps(body).encode()
        )
        return self._ask(request, read)

    def _ask(self, request: httpx.Request, read: Callable[[wire.Object], Answer]) -> Answer:
        require_may_wait()
        request_id = new_id("req")
        request.headers["Authorization"] = f"Bearer {self._key}"
        request.headers["X-Request-Id"] = request_id
        try:
            response = self._http.send(request)
        except httpx.HTTPError as error:
            raise _unavailable("unreachable", f"{type(error).__name__}: {error}", request_id) from error
        if response.is_server_error or response.status_code in _PASSING:
            raise _unavailable("gateway_error", f"It answered {response.status_code}.", request_id)
        try:
            answer = wire.read_object(response.content)
            if response.is_success:
                return read(answer)
            raise _rejected(answer, response.status_code, request_id)
        except wire.BadForm as error:
            message = f"It answered {response.status_code} and not in its own form: {error}"
            raise _unavailable("unintelligible", message, request_id) from error


def _unavailable(code: str, message: str, request_id: str) -> GatewayUnavailable:
    log.warning("gateway unavailable: %s %s request_id=%s", code, message, request_id)
    return GatewayUnavailable(message, code=code, request_id=request_id)


def _rejected(answer: wire.Object, status: int, request_id: str) -> GatewayRejected:
    error = wire.sub_object(answer, "error")
    return GatewayRejected(
        wire.text(error, "message", wire.SENTENCE),
        code=wire.text(error, "code"),
        request_id=request_id,
        status=status,
        param=wire.optional_text(error, "param"),
    )


def _payment(answer: wire.Object) -> GatewayPayment:
    currency = wire.currency(answer)
    amount = wire.whole(answer, "amount", low=1)
    return GatewayPayment(
        id=wire.text(answer, "id"),
        reference=wire.text(answer, "reference"),
        money=Money(amount, currency),
        state=wire.one_of(answer, "state", PAYMENT_STATES),
        failure_code=wire.optional_text(answer, "failure_code"),
        refunded=Money(wire.whole(answer, "refunded", low=0, high=amount), currency),
    )


def _payments(answer: wire.Object) -> list[GatewayPayment]:
    return [_payment(one) for one in wire.objects(answer, "data")]


def _payouts(answer: wire.Object) -> list[GatewayPayout]:
    return [reports.payout(one) for one in wire.objects(answer, "data")]


def _refund(answer: wire.Object) -> GatewayRefund:
    return GatewayRefund(
        id=wire.text(answer, "id"),
        payment_id=wire.text(answer, "payment"),
        money=Money(wire.whole(answer, "amount", low=1), wire.currency(answer)),
        state=wire.one_of(answer, "state", REFUND_STATES),
        failure_code=wire.optional_text(answer, "failure_code"),
    )
