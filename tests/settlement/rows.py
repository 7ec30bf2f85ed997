"""What stands in the database after settlement, without ids and in an order that does not depend on them."""

import json
from collections import Counter
from typing import Any

from marketplace.models import Fact
from orders import models
from refunds.models import Refund, Return
from tests.orders.times import findings


def settled_rows() -> dict[str, list[Any]]:
    """Return what settlement and payouts write, and the findings of the audit.

    Payouts and what the bank does come without times: these depend on how often somebody had to ask.
    """
    payouts = {payout.id: payout.owner for payout in models.Payout.objects.all()}
    runs = {run.id: str(run) for run in models.SettlementRun.objects.all()}
    names = {**payouts, **runs}
    tables = {
        "runs": models.SettlementRun.objects.values_list(
            "period_start", "period_end", "stage", "started_at", "done_at"
        ),
        "lines": models.SettledLine.objects.values_list(
            "run__period_start", "line_id", "gross", "refunded", "currency", "at", "brand_part",
            "streamer_part", "agency_part", "platform_part",
        ),
        "statements": models.Statement.objects.values_list(
            "run__period_start", "party", "owner", "currency", "state", "lines", "gross", "refunded",
            "commission", "fee", "net", "created_at", "closed_at",
        ),
        "holds": models.Hold.objects.values_list(
            "statement__owner", "statement__run__period_start", "amount", "release_at", "released_at"
        ),
        "accounts": models.Account.objects.values_list("kind", "owner", "currency", "balance", "version"),
        "payouts": models.Payout.objects.values_list(
            "owner", "currency", "amount", "state", "declined", "last_error"
        ),
        "bank": models.SimulatedBankTransfer.objects.values_list(
            "receiver", "currency", "amount", "state", "failure_code", "messages"
        ),
    }  # fmt: skip
    found: dict[str, Any] = {name: sorted(map(list, rows), key=str) for name, rows in tables.items()}
    found["transfers"] = sorted(
        [
            transfer.kind,
            names.get(transfer.subject, transfer.subject),
            sorted(transfer.entries.values_list("account_id", "amount")),
        ]
        for transfer in models.Transfer.objects.all()
    )
    told = Fact.objects.filter(type__regex="^(payout|settlement)").values_list("type", flat=True)
    found["facts"] = sorted(Counter(told).items())
    sent = models.SimulatedBankTransfer.objects.exclude(state="failed").values_list("reference", flat=True)
    found["paid_twice"] = sorted(payouts[id_] for id_, times in Counter(sent).items() if times > 1)
    found["findings"] = findings()
    return as_text(found)


def sold_rows() -> dict[str, list[Any]]:
    """Return how far sales, returns and refunds have come."""
    tables = {
        "sales": models.OrderLine.objects.values_list("id", "state", "refunded", "returned", "return_by"),
        "returns": Return.objects.values_list("id", "state", "updated_at"),
        "refunds": Refund.objects.values_list("order_id", "line_id", "amount", "reason", "state"),
    }
    return as_text({name: sorted(map(list, rows), key=str) for name, rows in tables.items()})


def as_text(found: dict[str, Any]) -> dict[str, list[Any]]:
    """Return rows as they are after a way through JSON."""
    answer: dict[str, list[Any]] = json.loads(json.dumps(found, default=str))
    return answer
