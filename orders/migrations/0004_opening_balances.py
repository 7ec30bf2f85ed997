"""What a database from before the ledger holds of its buyers' money is posted, one transfer a payment."""

import hashlib

from django.db import migrations
from django.db.models import F
from django.utils import timezone

from orders.ledger.accounts import AccountKey, account_id

BATCH = 1_000
HOLDS_MONEY = ("captured", "captured_late", "partly_refunded")


def post_opening(apps, _schema_editor):
    if apps.get_model("orders", "Account").objects.exists():
        return  # the ledger has begun: this migration was unapplied and comes again
    payments = apps.get_model("orders", "Payment").objects.filter(
        state__in=HOLDS_MONEY, refunded__lt=F("amount")
    )
    accounts, at, last = {}, timezone.now(), None
    while True:
        batch = list((payments.filter(id__gt=last) if last else payments).order_by("id")[:BATCH])
        if not batch:
            break
        _post(apps, batch, accounts, at)
        last = batch[-1].id
    for account in accounts.values():
        account.save()


def _post(apps, payments, accounts, at):
    transfer_model, entry_model = apps.get_model("orders", "Transfer"), apps.get_model("orders", "Entry")
    transfers, entries = [], []
    for payment in payments:
        held = payment.amount - payment.refunded
        key = f"opening:{payment.id}"
        transfer = transfer_model(
            key=key,
            input_hash=hashlib.blake2b(f"{key} {held}".encode(), digest_size=16).hexdigest(),
            kind="opening",
            subject=payment.order_id,
            at=at,
        )
        transfers.append(transfer)
        for kind, amount in (("gateway_clearing", -held), ("escrow", held)):
            account = _account(apps, accounts, kind, payment.currency)
            account.balance += amount
            account.version += 1
            entries.append(
                entry_model(
                    transfer_id=transfer.id,
                    account_id=account.id,
                    amount=amount,
                    balance_after=account.balance,
                    account_version=account.version,
                )
            )
    transfer_model.objects.bulk_create(transfers)
    entry_model.objects.bulk_create(entries)


def _account(apps, accounts, kind, currency):
    if (kind, currency) not in accounts:
        accounts[kind, currency] = apps.get_model("orders", "Account")(
            id=account_id(AccountKey(kind, "", currency)),
            kind=kind,
            owner="",
            currency=currency,
            balance=0,
            version=0,
            may_go_negative=kind == "gateway_clearing",
        )
    return accounts[kind, currency]


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_append_only")]

    operations = [migrations.RunPython(post_opening, migrations.RunPython.noop)]
