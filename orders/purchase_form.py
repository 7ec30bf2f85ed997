"""A purchase as it looks from outside: what comes in over socket and HTTP, and what goes back."""

import re
from typing import Any

from marketplace.errors import DomainError, FieldError, Invalid
from marketplace.lib.clock import to_wire
from marketplace.lib.ids import is_id
from marketplace.lib.money import Money
from orders.errors import REFUSALS
from orders.requests import Accepted, PurchaseRequest, Refused

_CURRENCY = re.compile(r"[A-Z]{3}")

MOST_BYTES = 16 * 1024
MOST_UNITS = 1_000
MOST_MINOR_UNITS = 10**12
_FIELDS = frozenset({"slot", "deal", "quantity", "price"})
_PRICE_FIELDS = frozenset({"amount", "currency"})


def parse(data: object, *, buyer_id: str, key: str) -> PurchaseRequest:
    """Return the request in ``{"slot", "deal" or absent, "quantity", "price": {"amount", "currency"}}``.

    Raises:
        Invalid: a field is missing, unknown, or not what it must be; ``param`` names the first one.
    """
    if type(data) is not dict:
        raise _invalid("Send a JSON object.", "")
    if not data.keys() <= _FIELDS:
        raise _invalid("There is no such field.", str(min(data.keys() - _FIELDS))[:100], "unknown_field")
    slot, deal, quantity = data.get("slot"), data.get("deal"), data.get("quantity")
    if not is_id(slot, "slt"):
        raise _invalid("Name the slot by its id, slt_….", "slot")
    if deal is not None and not is_id(deal, "dl"):
        raise _invalid("Name the deal by its id, dl_…, or leave it out.", "deal")
    if type(quantity) is not int or not 1 <= quantity <= MOST_UNITS:
        raise _invalid(f"A quantity is a whole number from 1 to {MOST_UNITS}.", "quantity")
    return PurchaseRequest(buyer_id, str(slot), deal, quantity, _price(data.get("price")), key)


def _price(price: Any) -> Money:
    if type(price) is not dict or price.keys() != _PRICE_FIELDS:
        raise _invalid('A price is {"amount": minor units, "currency": "CNY"}.', "price")
    amount, currency = price["amount"], price["currency"]
    if type(amount) is not int or not 1 <= amount <= MOST_MINOR_UNITS:
        raise _invalid(f"An amount is from 1 to {MOST_MINOR_UNITS} whole minor units.", "price.amount")
    if type(currency) is not str or not _CURRENCY.fullmatch(currency):
        raise _invalid("A currency is three capital letters of ISO 4217.", "price.currency")
    return Money(amount, currency)


def _invalid(detail: str, param: str, code: str = "invalid") -> Invalid:
    return Invalid(detail, param=param, errors=[FieldError(param, code, detail)])


def accepted_over_http(accepted: Accepted) -> dict[str, Any]:
    """Return the body that answers a purchase over HTTP."""
    return {
        "object": "purchase",
        "order": accepted.order_id,
        "total": accepted.amount.to_wire(),
        "pay_by": to_wire(accepted.pay_by),
    }


def accepted_over_socket(accepted: Accepted) -> dict[str, Any]:
    """Return the data of ``buy.accepted``."""
    return {
        "order": accepted.order_id,
        "amount": accepted.amount.amount,
        "currency": accepted.amount.currency,
        "pay_by": to_wire(accepted.pay_by),
    }


def refusal_over_socket(refused: Refused) -> dict[str, Any]:
    """Return the data of ``buy.refused``."""
    return {"code": refused.code, **refused.data}


def as_error(refused: Refused) -> DomainError:
    """Return the error that a refusal is over HTTP."""
    return REFUSALS[refused.code](data=refused.data, retry_after=refused.data.get("retry_after"))
