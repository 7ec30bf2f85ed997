"""One test for each row of "What is posted" in docs/money.md: the accounts on both sides, key and subject.

``opening`` is in ``test_opening.py``: only a migration posts it.
"""

import re
from collections.abc import Callable

import pytest

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User
from orders.ledger.post import reverse
from orders.models import Hold, Order, Payment, Payout, ReceivedPayout, SettlementRun, SlotFee, Transfer
from orders.payments.simulator.cards import late_card
from orders.settlement import fees
from orders.tasks import sweep_payouts
from refunds.models import Refund
from streams.actions.discounts import set_discount
from streams.models import Funder
from tests.ledger.test_ledger_docs import rows
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import APPROVE, Shop, buy, caller, cancel, pay
from tests.orders.times import findings, later
from tests.settlement.sales import DAY, deliver, end_period, give_back, represent

ROWS = {row[3].strip("`"): row for row in rows("money.md", "event")}


class Trade:
    """What makes each row happen; each returns what the transfer's key and its subject name."""

    def __init__(self, shop: Shop, buyer: User, hours: Hours) -> None:
        self.shop, self.buyer, self.hours = shop, buyer, hours
        represent(shop.session.streamer, share_bp=1_500)

    def sale(self, card: str = APPROVE) -> Order:
        """Return an order that is paid by a card."""
        order = buy(self.shop, self.buyer)
        assert pay(caller(self.buyer), order, card).status_code == 200
        return order

    def capture(self) -> tuple[str, str]:
        order = self.sale()
        return Payment.objects.get().id, order.id

    def late_capture(self) -> tuple[str, str]:
        order = self.sale(late_card(1_200))
        later(self.hours, 900)
        later(self.hours, 301)
        return Payment.objects.get().id, order.id

    def refund(self) -> tuple[str, str]:
        order = self.sale()
        cancel(caller(self.buyer), order)
        later(self.hours, 60)
        return Refund.objects.get().id, order.id

    def settlement(self) -> tuple[str, str]:
        for funder in (Funder.PLATFORM, Funder.STREAMER):
            set_discount(
                slot_id=self.shop.slot.id,
                funder=funder,
                amount=Money(500, "CNY"),
                actor=self.shop.host,
                now=clock.now(),
            )
        deliver(self.shop, self.sale(), hours=self.hours)
        end_period(self.hours)
        run = SettlementRun.objects.get(statements__party="brand")
        return run.id[-32:], run.id

    def claw_back(self) -> tuple[str, str]:
        self.settlement()
        order = Order.objects.get()
        return give_back(order, 1_000), order.id

    def fee_held(self) -> tuple[str, str]:
        self.settlement()
        made = SlotFee.objects.create(
            slot=self.shop.slot, session=self.shop.session, brand=self.shop.brand, amount=100, minutes=10,
            streamer=self.shop.session.streamer, currency="CNY", offered_at=clock.now(),
        )  # fmt: skip
        with action():
            assert fees.hold(SlotFee.objects.get(id=made.id), now=clock.now())
        return made.id, made.id

    def fee_settled(self) -> tuple[str, str]:
        held, subject = self.fee_held()
        with action():
            assert fees.settle_fee(SlotFee.objects.get(id=held), minutes=5, now=clock.now())
        return held, subject

    def payout(self) -> tuple[str, str]:
        self.settlement()
        Hold.objects.update(released_at=clock.now())
        sweep_payouts()
        payout = Payout.objects.latest("id")
        return payout.id, payout.id

    def gateway_payout(self) -> tuple[str, str]:
        self.sale()
        later(self.hours, 3 * DAY)
        payout = ReceivedPayout.objects.get()
        return payout.gateway_id, payout.id

    def reversal(self) -> tuple[str, str]:
        order = self.sale()
        with action():
            reverse(Transfer.objects.get(), key="the caller's", at=clock.now())
        return "the caller's", order.id


EVENTS: dict[str, Callable[[Trade], tuple[str, str]]] = {
    "capture": Trade.capture,
    "late_capture": Trade.late_capture,
    "refund": Trade.refund,
    "settlement": Trade.settlement,
    "claw_back": Trade.claw_back,
    "fee_held": Trade.fee_held,
    "fee_settled": Trade.fee_settled,
    "funding": Trade.settlement,
    "payout": Trade.payout,
    "gateway_payout": Trade.gateway_payout,
    "reversal": Trade.reversal,
}


def accounts_in(cell: str) -> set[str]:
    """Return the kinds of account that a cell of the table speaks of."""
    words = {
        "its payable": {"brand_payable", "streamer_payable", "agency_payable"},
        "the four that were credited": set(re.findall(r"`(\w+)`", ROWS["settlement"][2])),
        "its credits": {"escrow"},
        "its debits": {"gateway_clearing"},
    }  # fmt: skip
    return words.get(cell) or set(re.findall(r"`(\w+)`", cell))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", EVENTS)
def test_row(kind: str, shop: Shop, buyer: User, hours: Hours) -> None:
    _, debit, credit, _, key = ROWS[kind]
    named, subject = EVENTS[kind](Trade(shop, buyer, hours))
    transfer = Transfer.objects.filter(kind=kind).latest("id")
    entries = list(transfer.entries.values_list("account__kind", "amount"))
    debited = {account for account, amount in entries if amount < 0}
    credited = {account for account, amount in entries if amount > 0}
    if kind == "payout":
        assert debited < accounts_in(debit)
    else:
        assert debited == accounts_in(debit)
    assert credited == accounts_in(credit)
    assert sum(amount for _, amount in entries) == 0
    prefix = key.strip("`").partition(":")[0]
    assert transfer.key.startswith(named if kind == "reversal" else f"{prefix}:{named}")
    assert transfer.subject == subject
    if kind != "reversal":  # nobody takes a capture back whose order stands
        assert findings() == []


def test_every_row_has_its_test() -> None:
    assert EVENTS.keys() | {"opening"} == ROWS.keys()
