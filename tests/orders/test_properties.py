"""Whatever people do and however long they wait, the books are right: random sequences leave no finding."""

import contextlib
import random
from collections.abc import Callable

import pytest

from marketplace.lib import clock
from marketplace.models import StockLevel, User
from orders.errors import WrongOrderState
from orders.models import OrderLine, Payment, Shipment
from orders.payments.simulator.cards import CARDS, late_card
from orders.payments.simulator.models import SimulatedPayment, SimulatedRefund
from orders.states import TAKES_UNITS
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.models import Refund
from streams.models import Deal, Slot
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, cancel, pay, ship, try_to_buy
from tests.orders.times import findings, later
from tests.people import sign_up
from tests.plugin import dealt

STEPS = 30
#: An audit costs four times what a step does: in these lives it follows each, in others every third.
AUDITED_LIVES = {0, 1}
AUDITED_STEPS = 3
CARD_NUMBERS = [*CARDS, late_card(300), late_card(1_000), late_card(4_000)]
PAUSES = (0, 1, 5, 30, 300, 900, 86_400)


class Market:
    """Buyers, a brand and a clock that do random things through the doors they have."""

    def __init__(self, shop: Shop, hours: Hours, chance: random.Random) -> None:
        self.shop, self.hours, self.chance = shop, hours, chance
        self.people: list[User] = [sign_up(f"person{number}") for number in range(3)]
        self.clients: dict[str, Caller] = {person.id: caller(person) for person in self.people}
        self.brand = caller(shop.owner)

    def step(self) -> str:
        """Do one random thing and return its name."""
        doings: list[tuple[int, Callable[[], None]]] = [
            (5, self.buy), (5, self.pay), (2, self.cancel), (2, self.ship), (1, self.brand_cancels),
            (4, self.wait),
        ]  # fmt: skip
        weights, names = zip(*doings, strict=True)
        [doing] = self.chance.choices(names, weights)
        doing()
        return str(doing.__name__)

    def buy(self) -> None:
        """Buy some units of a slot, at a deal's price or not."""
        slot = self.chance.choice([None, *self.shop.slots])
        try_to_buy(self.shop, self.chance.choice(self.people), quantity=self.chance.randint(1, 4), slot=slot)

    def pay(self) -> None:
        """Pay any order with any card."""
        line = self._any_line()
        if line is not None:
            answer = pay(self.clients[line.buyer_id], line.order, self.chance.choice(CARD_NUMBERS))
            assert answer.status_code in {200, 402, 409, 410, 503}, answer.content

    def cancel(self) -> None:
        """Cancel any order."""
        line = self._any_line()
        if line is not None:
            assert cancel(self.clients[line.buyer_id], line.order).status_code in {200, 409}

    def ship(self) -> None:
        """Ship any order."""
        line = self._any_line()
        if line is not None:
            assert ship(self.brand, line.order).status_code in {201, 409}

    def brand_cancels(self) -> None:
        """Let the brand take back any order."""
        line = self._any_line()
        if line is not None:
            with contextlib.suppress(WrongOrderState):
                cancel_paid_lines(
                    order_id=line.order_id, brand_id=line.brand_id, actor=self.shop.owner.id, now=clock.now()
                )

    def wait(self) -> None:
        """Let time pass."""
        later(self.hours, self.chance.choice(PAUSES))

    def _any_line(self) -> OrderLine | None:
        lines = list(OrderLine.objects.select_related("order").order_by("id"))
        return self.chance.choice(lines) if lines else None


@pytest.mark.django_db
@pytest.mark.parametrize("seed", dealt(range(8)))
def test_random_lives_of_orders_leave_no_finding(shop: Shop, deal: Deal, hours: Hours, seed: int) -> None:
    market = Market(shop, hours, random.Random(seed))
    done = []
    for number in range(1, STEPS + 1):
        done.append(market.step())
        if seed in AUDITED_LIVES or number % AUDITED_STEPS == 0:
            assert findings() == [], done
    for seconds in (900, 86_400, 7 * 86_400, 14 * 86_400):
        later(hours, seconds)
        assert findings() == [], done
    _assert_all_is_settled()


def _assert_all_is_settled() -> None:
    """Check the end of every story against the gateway's own books."""
    assert set(OrderLine.objects.values_list("state", flat=True)) <= {
        "paid", "completed", "expired", "cancelled",
    }  # fmt: skip
    assert set(Payment.objects.values_list("state", flat=True)) <= {"captured", "failed", "refunded"}
    assert set(Shipment.objects.values_list("state", flat=True)) <= {"delivered"}
    sold = sum(line.amount for line in OrderLine.objects.filter(state__in=TAKES_UNITS))
    taken = sum(SimulatedPayment.objects.filter(state="captured").values_list("amount", flat=True))
    given_back = sum(SimulatedRefund.objects.filter(state="done").values_list("amount", flat=True))
    owed = sum(Refund.objects.exclude(state="done").values_list("amount", flat=True))
    assert taken - given_back == sold + owed
    for slot in Slot.objects.all():
        level = StockLevel.objects.get(variant_id=slot.variant_id)
        lines = OrderLine.objects.filter(slot=slot)
        paid = sum(lines.filter(state="paid").values_list("quantity", flat=True))
        gone = sum(lines.filter(state="completed").values_list("quantity", flat=True))
        assert (level.on_hand, level.held, slot.taken) == (10 - gone, paid, paid + gone)
