"""``manage.py trial_balance``: what every kind of account holds, by currency."""

from typing import Any

from django.core.management.base import BaseCommand

from marketplace.checks import TAG
from marketplace.lib.money import Money
from orders.ledger.queries import TrialBalance, trial_balances


class Command(BaseCommand):
    """Print one table for each currency; exit code 1 when debits and credits differ in one."""

    help = "Print the trial balance of the ledger, one table for each currency."
    requires_system_checks = (TAG,)  # of the settings: all others take a third of a second

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print the tables."""
        balances = trial_balances()
        for balance in balances:
            self._print(balance)
        wrong = [balance.currency for balance in balances if balance.debit != balance.credit]
        if wrong:
            self.stdout.write(f"Debits and credits differ in {', '.join(wrong)}: run manage.py audit.")
            raise SystemExit(1)
        if not balances:
            self.stdout.write("Nothing has been posted yet.")

    def _print(self, balance: TrialBalance) -> None:
        self._line(balance.currency, "accounts", "debit", "credit")
        for row in balance.rows:
            self._line(row.kind, str(row.accounts), _figures(row.debit), _figures(row.credit))
        self._line("total", "", _figures(balance.debit), _figures(balance.credit))
        self.stdout.write("")

    def _line(self, name: str, accounts: str, debit: str, credit: str) -> None:
        self.stdout.write(f"{name:20} {accounts:>9} {debit:>18} {credit:>18}")


def _figures(money: Money) -> str:
    """Return an amount without its currency, which stands above."""
    return str(money).rpartition(" ")[0]
