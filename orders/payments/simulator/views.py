"""The company's HTTP interface: JSON, a bearer key, an idempotency key on every POST."""

import hmac
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from marketplace.lib import clock, rows
from marketplace.lib.ids import is_id
from orders.payments import wire
from orders.payments.inprocess import wait
from orders.payments.simulator.actions.messages import payout_data
from orders.payments.simulator.actions.outcomes import resolve_payment, resolve_refund
from orders.payments.simulator.actions.payments import PaymentRequest, take_payment
from orders.payments.simulator.actions.refunds import RefundRequest, take_refund
from orders.payments.simulator.cards import HANG_SECONDS, digits_of, scenario_of
from orders.payments.simulator.deliveries import deliver_now
from orders.payments.simulator.models import SimulatedPayment, SimulatedPayout, SimulatedRefund
from orders.payments.simulator.refusals import Refusal, not_found

_MOST_LISTED = 100
# Written as SQL because a sweep asks again and again, and mostly for nothing.
_LATER = "(created_at, id) > (%s, %s) ORDER BY created_at, id LIMIT %s"
_BEFORE_ALL = "0" * 32

View = Callable[..., HttpResponse]


def create_payment(request: HttpRequest, now: datetime) -> HttpResponse:
    """``POST payments``: charge a card; the card's scenario decides how the company behaves."""
    data = _body(request)
    digits = digits_of(wire.text(data, "card", wire.SENTENCE))
    if digits is None:
        raise Refusal(400, "invalid_card_number", "This is not a card number.", param="card")
    scenario = scenario_of(digits)
    if scenario is None:
        raise Refusal(400, "test_card_required", "The sandbox takes its test cards only.", param="card")
    asked = PaymentRequest(
        reference=wire.text(data, "reference"),
        amount=wire.whole(data, "amount", low=1),
        currency=wire.currency(data),
        digits=digits,
    )
    taken = take_payment(request=asked, scenario=scenario, key=_key(request), now=now)
    answer = _created(_payment(taken.row), replayed=taken.replayed)
    if scenario.webhook_first and not taken.replayed:
        deliver_now(payment_id=taken.row.id, now=now)
    if scenario.hangs and not taken.replayed:
        wait(request, HANG_SECONDS)
    return answer


def list_payments(request: HttpRequest, now: datetime) -> HttpResponse:
    """``GET payments?reference=``: the payments under one reference, newest first."""
    reference = wire.text(request.GET.dict(), "reference")
    found = SimulatedPayment.objects.filter(reference=reference)[:_MOST_LISTED]
    return JsonResponse({"object": "list", "data": [_payment(_as_of(now, payment)) for payment in found]})


def get_payment(_: HttpRequest, now: datetime, payment_id: str) -> HttpResponse:
    """``GET payments/{id}``."""
    payment = rows.find(SimulatedPayment, payment_id) if is_id(payment_id, "gwp") else None
    if payment is None:
        raise not_found("payment")
    return JsonResponse(_payment(_as_of(now, payment)))


def list_payouts(request: HttpRequest, _now: datetime) -> HttpResponse:
    """``GET payouts?after=``: payouts in the order in which they were made, from the one after ``after``."""
    place = (clock.LONG_AGO, _BEFORE_ALL)
    if after := wire.optional_text(request.GET.dict(), "after", wire.TOKEN):
        last = rows.find(SimulatedPayout, after) if is_id(after, "gwo") else None
        if last is None:
            raise not_found("payout")
        place = (last.created_at, last.id[-32:])
    payouts = rows.where(SimulatedPayout, _LATER, [*place, _MOST_LISTED])
    data = [{"object": "payout", **payout_data(payout)} for payout in payouts]
    return JsonResponse({"object": "list", "data": data})


def create_refund(request: HttpRequest, now: datetime) -> HttpResponse:
    """``POST refunds``: give back a part or all of a captured payment."""
    data = _body(request)
    asked = RefundRequest(
        payment_id=wire.text(data, "payment"),
        amount=wire.whole(data, "amount", low=1),
        currency=wire.currency(data),
    )
    key = _key(request)
    if not is_id(asked.payment_id, "gwp"):
        raise not_found("payment")
    taken = take_refund(request=asked, key=key, now=now)
    return _created(_refund(taken.row), replayed=taken.replayed)


def get_refund(_: HttpRequest, now: datetime, refund_id: str) -> HttpResponse:
    """``GET refunds/{id}``."""
    refunds = SimulatedRefund.objects.select_related("payment")
    refund = refunds.filter(pk=refund_id).first() if is_id(refund_id, "gwr") else None
    if refund is None:
        raise not_found("refund")
    if refund.due(now):
        resolve_refund(payment_id=refund.payment_id, refund_id=refund.id, now=now)
        refund.refresh_from_db()
    return JsonResponse(_refund(refund))


def endpoint(**methods: View) -> View:
    """Return a view that takes these methods, checks the key, and answers refusals in the company's form."""

    @csrf_exempt
    def view(request: HttpRequest, **captured: str) -> HttpResponse:
        try:
            _authenticate(request)
            method = methods.get(request.method or "")
            if method is None:
                refusal = Refusal(405, "method_not_allowed", f"Use {' or '.join(methods)}.")
                return JsonResponse(refusal.to_wire(), status=405, headers={"Allow": ", ".join(methods)})
            return method(request, clock.now(), **captured)
        except Refusal as refusal:
            return JsonResponse(refusal.to_wire(), status=refusal.status)
        except wire.BadForm as error:
            return JsonResponse(Refusal(400, "invalid", str(error), param=error.param).to_wire(), status=400)

    return view


def _authenticate(request: HttpRequest) -> None:
    expected = f"Bearer {settings.GATEWAY_KEY}".encode()
    offered = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not settings.GATEWAY_KEY or not hmac.compare_digest(expected, offered):
        raise Refusal(401, "unauthorized", "Send Authorization: Bearer with your key.")


def _body(request: HttpRequest) -> wire.Object:
    if request.content_type != "application/json":
        raise Refusal(415, "unsupported_media_type", "Send application/json.")
    try:
        raw = request.body
    except RequestDataTooBig:
        raise Refusal(413, "too_large", "The body is too large.") from None
    except UnreadablePostError:
        raise Refusal(400, "unreadable", "The body broke off.") from None
    if len(raw) > wire.MOST_BYTES:
        raise Refusal(413, "too_large", f"Send at most {wire.MOST_BYTES} bytes.")
    return wire.read_object(raw)


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not wire.KEY.fullmatch(key):
        raise Refusal(
            400, "idempotency_key_required", "Send Idempotency-Key: 1 to 120 visible ASCII characters."
        )
    return key


def _as_of(now: datetime, payment: SimulatedPayment) -> SimulatedPayment:
    """Return the payment as it stands now, whether or not a sweep has come by."""
    if payment.due(now):
        resolve_payment(payment_id=payment.id, now=now)
        payment.refresh_from_db()
    return payment


def _created(body: dict[str, object], *, replayed: bool) -> HttpResponse:
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return JsonResponse(body, status=201, headers=headers)


def _payment(payment: SimulatedPayment) -> dict[str, object]:
    return {
        "object": "payment",
        "id": payment.id,
        "reference": payment.reference,
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.state,
        "failure_code": payment.failure_code or None,
        "refunded": payment.refunded,
        "card_last4": payment.card_last4,
        "created_at": clock.to_wire(payment.created_at),
    }


def _refund(refund: SimulatedRefund) -> dict[str, object]:
    return {
        "object": "refund",
        "id": refund.id,
        "payment": refund.payment_id,
        "amount": refund.amount,
        "currency": refund.payment.currency,
        "state": refund.state,
        "failure_code": refund.failure_code or None,
        "created_at": clock.to_wire(refund.created_at),
    }
