"""What templates of the viewer pages need to write amounts and moments."""

from datetime import datetime

from django import template

from marketplace.lib.clock import to_wire
from marketplace.lib.money import Money, exponent
from marketplace.models import Product
from marketplace.reports.queries.sales import CameBack
from marketplace.storefront import words as sentences
from marketplace.storefront.return_words import STATES

register = template.Library()

_SYMBOLS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩", "INR": "₹"}


@register.filter
def money(value: Money) -> str:
    """Return an amount as people write it: ``¥1,039.90``; money.js writes the same."""
    digits = exponent(value.currency)
    whole, part = divmod(abs(value.amount), 10**digits)
    sign = "-" if value.amount < 0 else ""
    symbol = _SYMBOLS.get(value.currency, f"{value.currency}\N{NO-BREAK SPACE}")
    return f"{sign}{symbol}{whole:,}" + (f".{part:0{digits}d}" if digits else "")


@register.filter
def grouped(value: int) -> str:
    """Return a count with its thousands apart: ``12,345``."""
    return f"{value:,}"


@register.filter
def iso(value: datetime) -> str:
    """Return a moment for scripts: RFC 3339 in UTC."""
    return to_wire(value)


@register.filter
def words(value: str) -> str:
    """Return a state or code as words: ``pending_payment`` is ``pending payment``."""
    return value.replace("_", " ")


@register.filter
def came_back(value: CameBack | str | None) -> str:
    """Return a refund rate in words; nothing for a card that shows no product yet."""
    return "" if isinstance(value, str) else sentences.came_back(value)


@register.filter
def policy(value: str) -> str:
    """Return a return policy in words: ``standard`` is ``7 days without a reason``."""
    return str(Product.ReturnPolicy(value).label)


@register.filter
def return_state(value: str) -> str:
    """Return the state of a return in words."""
    return STATES[value]
