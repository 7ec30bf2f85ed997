"""The application's end of the gateway where no orders are needed: fixtures, and an inbox for webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from marketplace.lib import clock
from marketplace.lib.money import Money
from orders.payments.client import get_gateway
from orders.payments.port import Gateway, GatewayPayment
from orders.payments.simulator.deliveries import deliver_due
from orders.payments.verify import GatewayEvent, WebhookRejected, receive

START = datetime(2026, 11, 11, 20, 0, tzinfo=UTC)
TEA = Money(3990, "CNY")
APPROVE = "4242424242424242"


@dataclass
class Inbox:
    """What arrived of payments and refunds, in order. ``statuses`` are answered first, in place of 200."""

    events: list[GatewayEvent] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        """Return the type of every event."""
        return [event.type for event in self.events]


@dataclass
class Hours:
    """A clock that stands still until told."""

    traveller: time_machine.Traveller

    def move(self, seconds: float) -> None:
        """Move the clock, nothing else."""
        self.traveller.shift(timedelta(seconds=seconds))

    def pass_by(self, seconds: float) -> None:
        """Move the clock and sweep until nothing is due."""
        self.move(seconds)
        while deliver_due(clock.now()):
            pass


_inboxes: list[Inbox] = []


@pytest.fixture
def inbox(settings: Any) -> Inbox:
    """Return where the simulator's webhooks arrive; it and the simulator are all that answers."""
    settings.ROOT_URLCONF = "tests.orders.gateway_receiver"
    settings.GATEWAY_URL = settings.GATEWAY_WEBHOOK_URL = ""
    _inboxes[:] = [Inbox()]
    return _inboxes[0]


@pytest.fixture
def gateway(inbox: Inbox) -> Gateway:
    """Return the port to the simulator in this process."""
    return get_gateway()


@pytest.fixture
def hours() -> Iterator[Hours]:
    """Stop the clock at eight in the evening of the eleventh of November."""
    with time_machine.travel(START, tick=False) as traveller:
        yield Hours(traveller)


def pay(
    gateway: Gateway, card: str = APPROVE, *, money: Money = TEA, reference: str = "pay_1"
) -> GatewayPayment:
    """Charge a card under a reference that is its own idempotency key."""
    return gateway.create_payment(reference=reference, money=money, card=card, idempotency_key=reference)


@csrf_exempt
def take(request: HttpRequest) -> HttpResponse:
    """Verify a webhook and keep it."""
    inbox = _inboxes[0]
    try:
        event = receive(raw=request.body, headers=request.headers, now=clock.now())
        if isinstance(event, GatewayEvent):
            inbox.events.append(event)
    except WebhookRejected as error:
        inbox.refused.append(error.code)
        return HttpResponse(error.code, status=401)
    return HttpResponse(status=inbox.statuses.pop(0) if inbox.statuses else 200)


urlpatterns = [
    path("sandbox/gateway/v1/", include("orders.payments.simulator.urls")),
    path("api/v1/gateway/webhooks", take),
]
