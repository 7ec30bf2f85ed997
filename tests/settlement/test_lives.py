"""Lives at random: whatever buyers, sellers, staff, gateway and bank do, every cent is where it should be.

In currencies with no decimals, two and three; after each step the audit finds nothing, and what the parties
have and had is what buyers paid less what came back. No life ends before the bank has refused a payout, paid
one late, told one twice and left one without an answer, a part was accepted, and there was a dispute.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Q, Sum

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Brand, User
from orders.actions.slot_fees import offer_fee
from orders.models import Account, Hold, Order, OrderLine, Payment, Payout, SettledLine, SlotFee
from orders.payments.bank.models import SimulatedBankTransfer
from orders.payments.simulator.cards import late_card
from orders.payments.simulator.models import SimulatedPayment, SimulatedRefund
from orders.tasks import sweep_payouts, sweep_slot_fees
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.models import Refund, Return
from refunds.return_states import TERMINAL
from streams.actions.discounts import set_discount
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.people import register_streamer
from streams.actions.presence import Watched, record_attendance
from streams.actions.sessions import create_session, schedule_session
from streams.actions.show import end_session, start_session
from streams.models import Funder, Session
from tests.ledger.books import balance
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import DECLINE, Shop, caller, open_show, pay, try_to_buy
from tests.orders.times import findings, later
from tests.people import sign_up
from tests.plugin import dealt
from tests.refunds.claims import DAY, delivered
from tests.settlement.sales import end_period, give_back, represent
from tests.settlement.steering import Steered

STEPS_TAKEN = 60
#: One step in so many leads to what has not been seen yet; after all of them each does.
STEERED = 5
REFUND_FAILS = "4000010000000092"
#: Declined, silent, doubled, late, too late, and one whose refunds fail.
CARDS = (DECLINE, "4000010000000019", "4000010000000035", late_card(300), late_card(1_000), REFUND_FAILS)
#: What the marketplace earns, and what it pays of discounts.
OURS = ("platform_revenue", "coupon_funding")
MONEY_IS_THERE = ("captured", "captured_late", "partly_refunded", "refunded")


class Life(Steered):
    """A market in which periods end, parties are paid, cards misbehave, money goes back and fees move."""

    def __init__(self, shop: Shop, admin: User, hours: Hours, chance: random.Random) -> None:
        super().__init__(shop, admin, hours, chance)
        self.other = register_streamer(user=sign_up("rico"), name="Rico Live", now=clock.now())
        represent(self.other, share_bp=3_333)
        self.sponsored: Session | None = None

    def doings(self) -> list[tuple[int, Callable[[], None]]]:
        """Return what can be done, with how often."""
        more = [
            (2, self.buy), (3, self.ship), (3, self.use_another_card), (1, self.take_back), (2, self.pass_by),
            (3, self.period), (2, self.pay_parties), (3, self.refund_settled), (2, self.discount),
            (4, self.sponsor),
        ]  # fmt: skip
        return [*super().doings(), *more]

    def use_another_card(self) -> None:
        """Buy, and pay with a card that misbehaves, or not at all."""
        buyer = self.chance.choice(self.people)
        try_to_buy(self.shop, buyer, quantity=self.chance.randint(1, 2))
        order = Order.objects.filter(buyer=buyer, lines__state="pending_payment").last()
        card = self.chance.choice((*CARDS, ""))
        if order is not None and card:
            assert pay(caller(buyer), order, card).status_code in {200, 402, 409}

    def take_back(self) -> None:
        """Have the brand cancel what is paid of an order."""
        order = Order.objects.filter(lines__state="paid").order_by("id").last()
        if order is not None:
            brand, owner = self.shop.brand, self.shop.owner
            cancel_paid_lines(order_id=order.id, brand_id=brand.id, actor=owner.id, now=clock.now())

    def pass_by(self) -> None:
        """Let so much time go by that money comes late."""
        later(self.hours, self.chance.choice((60, 301, 901)))

    def period(self) -> None:
        """Let the period end, and the payment company mend what makes refunds fail."""
        SimulatedPayment.objects.filter(scenario="refund_fails").update(scenario="approve")
        end_period(self.hours)

    def pay_parties(self) -> None:
        """Let the bank pay."""
        sweep_payouts()

    def discount(self) -> None:
        """Let a funder take something off the price from now on, or no longer."""
        funder = self.chance.choice(list(Funder))
        money = Money(self.chance.choice((0, 1, 333, 1300)), self.shop.price.currency)
        set_discount(
            slot_id=self.shop.slot.id, funder=funder, amount=money, actor=self.shop.host, now=clock.now()
        )

    def sponsor(self) -> None:
        """Begin a show of another streamer with a fee for its slot; or have it go on a while, and end."""
        if self.sponsored is None:
            self.sponsored = self._begin_sponsored()
        else:
            self.end_sponsored(self.sponsored)
            self.sponsored = None

    def end_sponsored(self, show: Session) -> None:
        """Explain the slot for some minutes before everybody, and end the show."""
        now, seconds = clock.now(), self.chance.randint(60, 600)
        [slot], actor = show.slots.all(), show.streamer.user
        pin_slot(slot_id=slot.id, actor=actor, now=now)
        self.hours.move(seconds)
        record_attendance(
            [Watched(show.id, person.id, now, clock.now(), 1, seconds) for person in self.people]
        )
        end_session(session_id=show.id, actor=actor, now=clock.now())

    def _begin_sponsored(self) -> Session:
        now, slot = clock.now(), self.shop.slot
        about: dict[str, Any] = {"actor": self.other.user, "now": now}
        show = create_session(streamer=self.other, title="Rico's tea", **about)
        schedule_session(session_id=show.id, scheduled_at=now + timedelta(minutes=1), **about)
        shown = add_slot(session_id=show.id, variant_id=slot.variant_id, live_price=self.shop.price, **about)
        currency = self.shop.price.currency
        owed = balance("brand_payable", owner=self.shop.brand.id, currency=currency)
        fee = Money(self.chance.randint(1, max(owed, 1)), currency)
        offer_fee(slot_id=shown.id, amount=fee, minutes=self.chance.randint(1, 10), now=now)
        begun = start_session(session_id=show.id, **about)
        sweep_slot_fees()
        return begun

    def refund_settled(self) -> None:
        """Give a part, or all that is left, of a settled line back."""
        lines = OrderLine.objects.filter(settled__refund="", refunded__lt=F("amount")).order_by("id")
        if lines:
            line = self.chance.choice(list(lines))
            left = line.amount - line.refunded
            give_back(line.order, self.chance.choice((left, self.chance.randint(1, left))))


def check_every_cent(currency: str, told: list[str]) -> None:
    """See that the parties have, or had, what buyers paid less what came back, in whole and line by line.

    What the marketplace pays of discounts goes to the parties as if the buyers had paid it.
    """
    assert findings() == [], told
    payments = Payment.objects.filter(state__in=MONEY_IS_THERE)
    paid = payments.aggregate(sum=Sum(F("amount") - F("refunded"), default=0))["sum"]
    parties = Account.objects.filter(Q(kind__endswith="_payable") | Q(kind__in=OURS))
    has = parties.aggregate(sum=Sum("balance", default=0))["sum"]
    had = Payout.objects.filter(state="done").aggregate(sum=Sum("amount", default=0))["sum"]
    assert paid == balance("escrow", currency=currency) + has + had, told
    parts = F("brand_part") + F("streamer_part") + F("agency_part") + F("platform_part")
    kept = dict(SettledLine.objects.order_by().values_list("line").annotate(sum=Sum(parts)))
    for line in OrderLine.objects.filter(settled__refund=""):
        left = line.amount - line.refunded + line.platform_funding.amount
        assert kept[line.id] == left, (line.id, told)


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "seed"), dealt((("JPY", 1), ("CNY", 2), ("KWD", 3))))
def test_every_cent_is_where_it_should_be_after_every_step_of_a_life(
    brand: Brand, brand_owner: User, host: User, admin: User, hours: Hours, currency: str, seed: int
) -> None:
    shop = open_show(brand, brand_owner, host, admin, price=Money(3_989, currency))
    represent(shop.session.streamer, share_bp=1_500)
    life = Life(shop, admin, hours, random.Random(seed))
    for person in life.people:
        delivered(shop, person, hours)
    later(hours, 8 * DAY)
    life.period()
    life.sponsor()  # while the brand is owed something
    for person in life.people:
        delivered(shop, person, hours, quantity=2)
    told: list[str] = []
    while len(told) < STEPS_TAKEN or life.unseen():
        assert len(told) < 2 * STEPS_TAKEN, (life.unseen(), told)
        led = len(told) >= STEPS_TAKEN or len(told) % STEERED == 0
        told.append(life.steer() if led else life.step())
        check_every_cent(currency, told)
    if life.sponsored is not None:
        life.sponsor()
    for _ in range(5):
        life.period()
        sweep_payouts()
        later(hours, DAY)
        sweep_payouts()
        check_every_cent(currency, told)
    _check_that_all_is_over(life)


def _check_that_all_is_over(life: Life) -> None:
    """See that nothing waits but what is not shipped, and that gateway, bank and shelf say the same."""
    shop = life.shop
    assert SettledLine.objects.exclude(refund="").exists()
    assert Payout.objects.filter(declined__gt=0, state="done").exists()
    assert SlotFee.objects.filter(state="settled").exists()
    assert not SlotFee.objects.filter(state__in=["offered", "held"]).exists()
    assert set(Return.objects.values_list("state", flat=True)) <= TERMINAL
    assert not OrderLine.objects.filter(state="completed", settled=None).exists()
    assert not Hold.objects.filter(line__isnull=False, released_at=None).exists()
    unshipped = OrderLine.objects.filter(state="paid").aggregate(sum=Sum("amount", default=0))["sum"]
    assert balance("escrow", currency=shop.price.currency) == unshipped
    refunded = sum(Refund.objects.values_list("amount", flat=True))
    assert sum(SimulatedRefund.objects.filter(state="done").values_list("amount", flat=True)) == refunded
    assert sum(Payment.objects.values_list("refunded", flat=True)) == refunded
    sent = SimulatedBankTransfer.objects.filter(state="done").values_list("amount", flat=True)
    assert sum(sent) == sum(Payout.objects.filter(state="done").values_list("amount", flat=True)) > 0
    shipped = OrderLine.objects.filter(state__in=["shipped", "delivered", "completed", "refunded"])
    back = sum(Return.objects.filter(restocked=True).values_list("units", flat=True))
    assert shop.level()[0] == 10 + life.restocked - sum(shipped.values_list("quantity", flat=True)) + back
