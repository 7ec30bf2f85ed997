"""What the company keeps of each payment that it captures, as data. docs/payments.md shows the same table."""

from dataclasses import dataclass

from marketplace.lib.money import Money


@dataclass(frozen=True, slots=True)
class Fee:
    """A share in basis points and a fixed part in minor units; of a refunded payment it is not given back."""

    basis_points: int
    fixed: int = 0


FEES: dict[str, Fee] = {
    "CNY": Fee(60),
    "EUR": Fee(150, 25),
    "USD": Fee(290, 30),
    "JPY": Fee(360),
    "KWD": Fee(275, 50),
}
OTHER_CURRENCIES = Fee(290)


def fee_of(money: Money) -> int:
    """Return the fee of one captured payment in minor units, never more than the payment."""
    fee = FEES.get(money.currency, OTHER_CURRENCIES)
    return min(money.share(fee.basis_points).amount + fee.fixed, money.amount)
