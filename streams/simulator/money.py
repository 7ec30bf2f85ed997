"""Amounts as people read them. The wire has minor units; how many make a whole the currency says."""

#: Digits behind the decimal point, where they are not two (ISO 4217).
_DIGITS = {
    "BHD": 3, "CLP": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3,
    "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def digits(currency: str) -> int:
    """Return how many digits stand behind the decimal point in this currency."""
    return _DIGITS.get(currency, 2)


def shown(amount: int, currency: str, *, whole: bool = False) -> str:
    """Return an amount such as ``1,039.90``, or rounded to whole units of the currency."""
    places = digits(currency)
    return f"{amount / 10**places:,.{0 if whole else places}f}"
