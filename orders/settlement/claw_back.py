"""The step that takes back what the parties had of a settled line, when its money goes back to the buyer."""

from datetime import datetime

from django.db.models import Sum

from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from orders.ledger.accounts import credit, debit
from orders.ledger.post import post
from orders.models import OrderLine, SettledLine
from orders.settlement import gate
from orders.settlement.split import Parts, part_back


def claw_back(line: OrderLine, money: Money, *, refund_id: str, now: datetime) -> bool:
    """Take the parties' parts of a refund back into escrow; False when the line is not settled yet.

    Call it where a refund of a line is made, behind the lock of its order: the gateway's answer later moves
    the money from escrow to the buyer, as for any refund. Each party gives back by its own ratio, and the
    last refund takes what is left. The same refund once more takes nothing.
    """
    require_transaction()
    gate.pass_through()
    settled = SettledLine.objects.filter(line=line, refund="").first()
    if settled is None:
        return False
    if SettledLine.objects.filter(line=line, refund=refund_id).exists():
        return True
    parts = part_back(_left(settled), money)
    SettledLine.objects.create(
        line=line,
        refund=refund_id,
        order_id=settled.order_id,
        brand_id=settled.brand_id,
        streamer_id=settled.streamer_id,
        agency_id=settled.agency_id,
        currency=settled.currency,
        gross=0,
        refunded=money.amount,
        brand_part=-parts.brand.amount,
        streamer_part=-parts.streamer.amount,
        agency_part=-parts.agency.amount,
        platform_part=-parts.platform.amount,
        at=now,
    )
    legs = [
        debit("brand_payable", parts.brand, owner=settled.brand_id),
        debit("streamer_payable", parts.streamer, owner=settled.streamer_id),
        debit("platform_revenue", parts.platform),
        credit("escrow", money),
    ]
    if settled.agency_id:
        legs.append(debit("agency_payable", parts.agency, owner=settled.agency_id))
    post(
        key=f"claw_back:{refund_id}:{line.id[-32:]}",
        kind="claw_back",
        subject=line.order_id,
        entries=[leg for leg in legs if leg.amount],
        at=now,
    )
    return True


def _left(settled: SettledLine) -> Parts:
    """Return what each party still has of a line."""
    names = ("brand_part", "streamer_part", "agency_part", "platform_part")
    rows = SettledLine.objects.filter(line_id=settled.line_id)
    sums = rows.aggregate(**{name: Sum(name) for name in names})
    return Parts(*(Money(int(sums[name]), settled.currency) for name in names))
