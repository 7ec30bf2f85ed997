"""What the application asks of a payment company, and the two ways in which it can be let down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from marketplace.lib.money import Money

PaymentState = Literal["processing", "captured", "failed"]
RefundState = Literal["processing", "done", "failed"]

PAYMENT_STATES: tuple[PaymentState, ...] = ("processing", "captured", "failed")
REFUND_STATES: tuple[RefundState, ...] = ("processing", "done", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPayment:
    """A payment as the gateway sees it now. ``failure_code`` is empty unless the state is ``failed``."""

    id: str
    reference: str
    money: Money
    state: PaymentState
    failure_code: str = ""
    refunded: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRefund:
    """A refund as the gateway sees it now. ``failure_code`` is empty unless the state is ``failed``."""

    id: str
    payment_id: str
    money: Money
    state: RefundState
    failure_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPayout:
    """Money that the gateway has paid into our bank account.

    ``total`` is what it held for us and pays out, captures less refunds; it keeps ``fee`` of that.
    """

    id: str
    total: Money
    fee: Money
    paid_at: datetime


class GatewayError(Exception):
    """The gateway did not do as asked. ``request_id`` names the request in both sides' logs."""

    def __init__(self, message: str, *, code: str, request_id: str) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class GatewayUnavailable(GatewayError):
    """No usable answer: timeout, broken connection, 5xx, 429, nonsense.

    Whether the gateway acted is not known. Repeat the call with the same idempotency key, or ask
    ``payments_for``.
    """


class GatewayRejected(GatewayError):
    """The gateway refused this call (4xx), which did nothing; of an earlier call it says nothing."""

    def __init__(self, message: str, *, code: str, request_id: str, status: int, param: str = "") -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.status = status
        self.param = param


class Gateway(Protocol):
    """A payment company. Every method may raise GatewayUnavailable or GatewayRejected; none retries.

    A declined card is an answer, not an error: ``create_payment`` returns a payment in state ``failed``.
    Inside a database transaction every method raises RuntimeError, on an event loop SynchronousOnlyOperation.
    """

    def create_payment(
        self, *, reference: str, money: Money, card: str, idempotency_key: str
    ) -> GatewayPayment:
        """Charge a card. Every event repeats our ``reference``: 1 to 64 letters, digits and ``_.:-``."""
        ...

    def get_payment(self, payment_id: str) -> GatewayPayment:
        """Return one payment; code ``not_found`` when the gateway has none of this id."""
        ...

    def payments_for(self, reference: str) -> list[GatewayPayment]:
        """Return the payments under a reference, newest first: what to ask when an answer was lost."""
        ...

    def refund(self, *, payment_id: str, money: Money, idempotency_key: str) -> GatewayRefund:
        """Give back a part or all of a captured payment; code ``refund_too_large`` beyond what is left."""
        ...

    def get_refund(self, refund_id: str) -> GatewayRefund:
        """Return one refund; code ``not_found`` when the gateway has none of this id."""
        ...

    def payouts(self, *, after: str = "") -> list[GatewayPayout]:
        """Return payouts in the order in which they were made, at most 100, from the one after ``after``."""
        ...
