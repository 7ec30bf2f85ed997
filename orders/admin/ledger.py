"""Admin of the ledger: accounts and transfers, for platform staff, to read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from marketplace.admin.base import OwnInline, column
from marketplace.lib.money import Money
from marketplace.models import User
from orders.admin.base import TradeAdmin
from orders.books import KINDS
from orders.ledger import accounts
from orders.models import Account, Entry, ReceivedPayout, Transfer


class KindFilter(admin.SimpleListFilter):
    """Rows of one kind."""

    title = "kind"
    parameter_name = "kind"
    kinds: ClassVar[tuple[str, ...]] = ()

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds that there are."""
        return [(kind, kind.replace("_", " ").capitalize()) for kind in self.kinds]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the kind that is chosen."""
        chosen = self.value()
        return queryset.filter(kind=chosen) if chosen else queryset


class AccountKindFilter(KindFilter):
    """Accounts of one kind."""

    kinds = tuple(accounts.KINDS)


class TransferKindFilter(KindFilter):
    """Transfers of one kind."""

    kinds = tuple(KINDS)


class CurrencyFilter(admin.SimpleListFilter):
    """Accounts in one currency."""

    title = "currency"
    parameter_name = "currency"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the currencies in which something was paid."""
        paid = Account.objects.filter(kind="escrow").order_by("currency")
        return [(currency, currency) for currency in paid.values_list("currency", flat=True)]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts in the currency that is chosen."""
        chosen = self.value()
        return queryset.filter(currency=chosen) if chosen else queryset


@admin.register(Account)
class AccountAdmin(TradeAdmin):
    """What every party has."""

    group = "Money"
    icon = "account_balance"
    ids: ClassVar = {"acc": "pk"}
    words = ("owner",)
    search_help_text = "A whole id of an account or of its owner."
    list_display = ("__str__", "shown_debit", "shown_credit", "version")
    list_filter = (AccountKindFilter, CurrencyFilter)
    ordering = ("kind", "owner", "currency")
    fields = (
        ("id", "kind"),
        ("owner", "currency"),
        ("shown_debit", "shown_credit"),
        "version",
        "may_go_negative",
    )
    readonly_fields = ("shown_debit", "shown_credit")

    def own(self, _person: User) -> QuerySet[Account]:
        """Return all accounts."""
        return Account.objects.all()

    @column("Debit", ordering="balance")
    def shown_debit(self, account: Account) -> str:
        """Return the balance where debits exceed credits."""
        return str(-account.money) if account.balance < 0 else ""

    @column("Credit", ordering="-balance")
    def shown_credit(self, account: Account) -> str:
        """Return the balance where credits exceed debits."""
        return str(account.money) if account.balance >= 0 else ""


class EntryInline(OwnInline):
    """The accounts of a transfer."""

    model = Entry
    fields = ("account", "debit", "credit", "balance_after", "account_version")
    readonly_fields = ("debit", "credit")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Return the entries with their accounts."""
        entries: QuerySet[Entry] = super().get_queryset(request)
        return entries.select_related("account")

    @column("Debit")
    def debit(self, entry: Entry) -> str:
        """Return what was taken from the account."""
        return str(Money(-entry.amount, entry.account.currency)) if entry.amount < 0 else ""

    @column("Credit")
    def credit(self, entry: Entry) -> str:
        """Return what was put into the account."""
        return str(Money(entry.amount, entry.account.currency)) if entry.amount > 0 else ""


@admin.register(Transfer)
class TransferAdmin(TradeAdmin):
    """Every movement of money."""

    group = "Money"
    icon = "swap_horiz"
    ids: ClassVar = {"trf": "pk", "ord": "subject", "rpo": "subject", "acc": "entries__account_id"}
    words = ("key", "subject")
    search_help_text = "A whole id of a transfer, an account, an order or whatever it is about; or its key."
    list_display = ("id", "kind", "subject", "key", "at")
    list_filter = (TransferKindFilter,)
    ordering = ("-id",)
    fields = (("id", "kind"), ("subject", "key"), ("at", "reverses"))
    inlines = (EntryInline,)

    def own(self, _person: User) -> QuerySet[Transfer]:
        """Return all transfers."""
        return Transfer.objects.select_related("reverses")


@admin.register(ReceivedPayout)
class ReceivedPayoutAdmin(TradeAdmin):
    """What the payment company has paid into the bank."""

    group = "Money"
    icon = "savings"
    ids: ClassVar = {"rpo": "pk"}
    words = ("gateway_id",)
    list_display = ("gateway_id", "total", "total_fee", "net", "paid_at")
    ordering = ("-id",)
    fields = (("id", "gateway_id"), ("total", "total_fee", "net"), ("paid_at", "recorded_at"), "listed")
    readonly_fields = ("total", "total_fee", "net")

    def own(self, _person: User) -> QuerySet[ReceivedPayout]:
        """Return all payouts."""
        return ReceivedPayout.objects.all()
