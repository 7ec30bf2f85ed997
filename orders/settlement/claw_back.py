"""The step that takes back what the parties had of a settled line, when its money goes back to the buyer."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Sum

from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from orders.claims import share_back
from orders.ledger.accounts import credit, debit
from orders.ledger.post import NewTransfer, post_many
from orders.models import OrderLine, SettledLine
from orders.settlement import gate
from orders.settlement.funding import PLATFORM, streamer_pays
from orders.settlement.split import Funded, Parts, part_back, with_streamer_funding


def claw_back(line: OrderLine, money: Money, *, refund_id: str, now: datetime) -> bool:
    """Take the parties' parts of a refund back into escrow; False when the line is not settled yet.

    Call it where a refund of a line is made, behind the lock of its order: the gateway's answer later moves
    the money from escrow to the buyer, as for any refund. Each party gives back by its own ratio, who paid of
    a discount gets its share back, and the last refund takes what is left. The same refund once more takes
    nothing.
    """
    require_transaction()
    gate.pass_through()
    settled = SettledLine.objects.filter(line=line, refund="").first()
    if settled is None:
        return False
    if SettledLine.objects.filter(line=line, refund=refund_id).exists():
        return True
    back = back_of(left_of(settled), money)
    parts, funded = back.parts, back.funded
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
        platform_funded=-funded.platform.amount,
        streamer_funded=-funded.streamer.amount,
        brand_part=-parts.brand.amount,
        streamer_part=-parts.streamer.amount,
        agency_part=-parts.agency.amount,
        platform_part=-parts.platform.amount,
        at=now,
    )
    post_many(_transfers(settled, back, money, f"{refund_id}:{line.id[-32:]}"), at=now)
    return True


class Back(NamedTuple):
    """What a refund takes back: of the parties' parts, and of what funders paid of the discount."""

    parts: Parts
    funded: Funded


def left_of(settled: SettledLine) -> dict[str, Money]:
    """Return what everybody has left of a settled line, by column."""
    names = (
        "gross", "discount", "refunded", "platform_funded", "streamer_funded", "brand_part",
        "streamer_part", "agency_part", "platform_part",
    )  # fmt: skip
    rows = SettledLine.objects.filter(line_id=settled.line_id)
    sums = rows.aggregate(**{f"{name}_left": Sum(name) for name in names})
    return {name: Money(int(sums[f"{name}_left"]), settled.currency) for name in names}


def back_of(left: Mapping[str, Money], money: Money) -> Back:
    """Return what a refund takes back of a line, by what everybody has left of it."""
    paid = left["gross"] - left["discount"] - left["refunded"]
    funded = Funded(
        *(
            Money(share_back(left[name].amount, of=paid.amount, back=money.amount), money.currency)
            for name in ("platform_funded", "streamer_funded")
        )
    )
    parts = Parts(*(left[name] for name in ("brand_part", "streamer_part", "agency_part", "platform_part")))
    shared = part_back(
        with_streamer_funding(parts, -left["streamer_funded"]),  # as split from the base
        money + funded.platform,
    )
    return Back(with_streamer_funding(shared, funded.streamer), funded)


def _transfers(settled: SettledLine, back: Back, money: Money, name: str) -> list[NewTransfer]:
    """Return the transfers of a refund: the parts into escrow, and what a streamer paid of the discount."""
    parts, funded = back
    legs = [
        debit("brand_payable", parts.brand, owner=settled.brand_id),
        debit("streamer_payable", parts.streamer + funded.streamer, owner=settled.streamer_id),
        debit("platform_revenue", parts.platform),
        credit("escrow", money),
        credit("coupon_funding", funded.platform, owner=PLATFORM),
        credit("coupon_funding", funded.streamer, owner=settled.streamer_id),
    ]
    if settled.agency_id:
        legs.append(debit("agency_payable", parts.agency, owner=settled.agency_id))
    moved = [leg for leg in legs if leg.amount]
    transfers = [NewTransfer(f"claw_back:{name}", "claw_back", settled.order_id, moved)]
    if funded.streamer.amount:
        returned = streamer_pays(settled.streamer_id, -funded.streamer)
        transfers.append(NewTransfer(f"unfunded:{name}", "funding", settled.order_id, returned))
    return transfers
