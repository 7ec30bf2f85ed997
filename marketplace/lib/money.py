"""Money: whole minor units and an ISO 4217 currency."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

BASIS_POINTS = 10_000

_CURRENCY = re.compile(r"[A-Z]{3}")

#: Digits behind the decimal point, where they are not two (ISO 4217).
_EXPONENTS = {
    "BHD": 3, "CLP": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3,
    "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum."""


def exponent(currency: str) -> int:
    """Return how many digits stand behind the decimal point in this currency."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount. ``Money(3990, "CNY")`` is 39.90 yuan; ``Money(3990, "JPY")`` is 3,990 yen."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not an exact amount of a currency."""
        if type(self.amount) is not int:
            raise TypeError(f"An amount is a whole number of minor units, not {self.amount!r}.")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"A currency is three capital letters of ISO 4217, not {self.currency!r}.")

    def __add__(self, other: Self) -> "Money":
        """Return the sum of two amounts of one currency."""
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Self) -> "Money":
        """Return the difference of two amounts of one currency."""
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> "Money":
        """Return the same amount the other way."""
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        """Return this amount taken a whole number of times."""
        if type(times) is not int:
            raise TypeError("Money is multiplied by whole numbers; use split() for shares.")
        return Money(self.amount * times, self.currency)

    def __str__(self) -> str:
        """Return the amount as people write it, ``39.90 CNY``."""
        digits = exponent(self.currency)
        if digits == 0:
            return f"{self.amount} {self.currency}"
        sign = "-" if self.amount < 0 else ""
        whole, part = divmod(abs(self.amount), 10**digits)
        return f"{sign}{whole}.{part:0{digits}d} {self.currency}"

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Return one part per weight, by largest remainder; the parts always sum to the whole.

        Equal remainders go to the earlier part. Weights are whole, not negative, and not all zero.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError(f"Weights are whole, not negative and not all zero, not {list(weights)!r}.")
        sign = -1 if self.amount < 0 else 1
        shares = [divmod(abs(self.amount) * weight, total) for weight in weights]
        parts = [whole for whole, _ in shares]
        missing = abs(self.amount) - sum(parts)
        by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
        for index in by_remainder[:missing]:
            parts[index] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def share(self, basis_points: int) -> "Money":
        """Return this many hundredths of a per cent of the amount, rounded by largest remainder."""
        return self.split([basis_points, BASIS_POINTS - basis_points])[0]

    def to_wire(self) -> dict[str, int | str]:
        """Return the form of the API: ``{"amount": 3990, "currency": "CNY"}``."""
        return {"amount": self.amount, "currency": self.currency}

    def _same(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self} and {other} cannot be summed.")
        return other
