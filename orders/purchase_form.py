"""A purchase as it looks from outside: what comes in over socket and HTTP, and what goes back."""

import re
from typing import Any

from marketplace.errors import DomainError, Invalid
from marketplace.lib.clock import to_wire
from marketplace.lib.ids import is_id
from marketplace.lib.money import Money
from orders.errors import REFUSALS
from orders.requests import Accepted, PurchaseRequest, Refused

_CURRENCY = re.compile(r"[A-Z]{3}")

MOST_UNITS = 1_000
MOST_MINOR_UNITS = 10**12
_FIELDS = frozenset({"slot", "deal", "quantity", "price"})
_PRICE_FIELDS = frozenset({"amount", "currency"})


def parse(data: dict[str, Any], *, buyer_id: str, key: str) -> PurchaseRequest:
    """Return the request in ``{"slot", "deal" or absent, "quantity", "price": {"amount", "currency"}}``.

    Raises:
        Invalid: a field is missing, unknown, or not what it must be; ``param`` names the first one.
    """
    if not data.keys() <= _FIELDS:
        raise Invalid("There is no such field.", param=str(min(data.keys() - _FIELDS)))
    slot, deal, quantity = data.get("slot"), data.get("deal"), data.get("quantity")
    if not is_id(slot, "slt"):
        raise Invalid("Name the slot by its id, slt_….", param="slot")
    if deal is not None and not is_id(deal, "dl"):
        raise Invalid("Name the deal by its id, dl_…, or leave it out.", param="deal")
    if type(quantity) is not int or not 1 <= quantity <= MOST_UNITS:
        raise Invalid(f"A quantity is a whole number from 1 to {MOST_UNITS}.", param="quantity")
    return PurchaseRequest(buyer_id, str(slot), deal, quantity, _price(data.get("price")), key)


def _price(price: Any) -> Money:
    if type(price) is not dict or price.keys() != _PRICE_FIELDS:
        raise Invalid('A price is {"amount": minor units, "currency": "CNY"}.', param="price")
    amount, currency = price["amount"], price["currency"]
    if type(amount) is not int or not 1 <= amount <= MOST_MINOR_UNITS:
        raise Invalid("An amount is a whole number of minor units, at least 1.", param="price.amount")
    if type(currency) is not str or not _CURRENCY.fullmatch(currency):
        raise Invalid("A currency is three capital letters of ISO 4217.", param="price.currency")
    return Money(amount, currency)


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
