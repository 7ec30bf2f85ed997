"""A show whose orders go every way that there is, and what its people do about them in the next days."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain, count, cycle, islice
from typing import Any

from marketplace.lib import clock
from marketplace.models import Fact, User
from orders.actions.place_orders import place_orders
from orders.carrier import timeline
from orders.models import LineHistory, Order, OrderLine, Party, Payment, Payout, Statement
from orders.payments.bank import desk
from orders.payments.simulator.cards import late_card
from orders.payments.simulator.models import SimulatedPayment
from orders.requests import Accepted, PurchaseRequest
from orders.settlement.commissions import commissions, with_parts
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.actions.send_refund import retry_refund
from refunds.models import Refund, Return, ReturnHistory
from streams.actions.restock import restock_slot
from tests.marketplace.rest_callers import Caller, with_token
from tests.orders.shop import APPROVE, DECLINE, PRICE, Shop, cancel, pay, post, ship
from tests.people import sign_up
from tests.refunds.claims import NOTE, PARCEL, wish
from tests.settlement.sales import back_for, give_back

Act = Callable[[Callable[[], None]], None]

DAY = 86_400
#: What is not paid by then is given to others.
TIME_TO_PAY = 901
BATCH = 50
#: A parcel's way follows from its number; every lorry has the same, so that what happens happens together.
PLACES = 8
ORDERS_OF_ONE = 5
REFUND_FAILS = "4000010000000092"

#: What becomes of an order, and with which card it is paid: none for those that are not.
KINDS: dict[str, str] = {
    "kept": APPROVE,
    "unpaid": "",
    "declined": DECLINE,
    "given_up": "",
    "cancelled": APPROVE,
    "taken_back_by_the_brand": APPROVE,
    "paid_late": late_card(1_000),
    "refund_fails": REFUND_FAILS,
    "kept_too": APPROVE,
    "returned": APPROVE,
    "never_arrived": APPROVE,
    "rejected": APPROVE,
    "disputed": APPROVE,
    "offered": APPROVE,
    "offer_declined": APPROVE,
    "not_sent_back": APPROVE,
    "refused": APPROVE,
    "parcel_disputed": APPROVE,
    "not_inspected": APPROVE,
    "refunded_later": APPROVE,
}
#: So many of each, and then these.
FEW = 5
MANY = ("kept", "kept", "kept", "unpaid", "kept", "returned", "kept", "cancelled")
#: Those that are shipped and wait for nobody.
SHIPPED = ("kept", "paid_late", *list(KINDS)[8:])
#: Those of which the buyer asks money back once they have arrived.
ASKED_BACK = tuple(list(KINDS)[9:-1])


class Month:
    """One show of two slots, and a small brand's; the second slot sells out, the small brand's bank fails."""

    def __init__(self, show: Shop, small: Shop, admin: User, *, orders: int) -> None:
        self.show, self.small, self.admin, self.size = show, small, admin, orders
        self.people = [sign_up(f"person{number}") for number in range(-(-orders // ORDERS_OF_ONE))]
        self.orders = defaultdict[str, list[Order]](list)
        self.seen = defaultdict[str, set[str]](set)
        self._callers: dict[str, Caller] = {}
        self._buyers = cycle(self.people)

    def caller(self, person: User) -> Caller:
        """Return a person's client, which may do everything with orders and returns."""
        if person.id not in self._callers:
            self._callers[person.id] = with_token(person, "orders:write", "returns:write", "money:read")
        return self._callers[person.id]

    def buyer(self, order: Order) -> Caller:
        """Return the client of who bought an order."""
        return self.caller(order.buyer)

    # -------------------------------------------------------------------------------------------- on the day

    def sell(self) -> None:
        """Sell all orders in batches, have them paid or not, and cancel some."""
        restock_slot(slot_id=self.show.slot.id, quantity=3 * self.size, actor=self.show.host, now=clock.now())
        few = islice(cycle(KINDS), min(self.size - 3, FEW * len(KINDS)))
        kinds = list(islice(chain(few, cycle(MANY)), self.size - 3))
        for order, kind in zip(self._place(kinds), kinds, strict=True):
            self.orders[kind].append(order)
        scarce, *_ = self._buy(self.show, slot=1, quantity=10)
        self.orders["too_late"].append(scarce)
        self.orders["paid_by_a_bank_that_fails"] += self._buy(self.small, slot=0, quantity=1)
        cards = {**KINDS, "too_late": late_card(1_000), "paid_by_a_bank_that_fails": APPROVE}
        for kind, orders in self.orders.items():
            for order in orders if cards[kind] else ():
                answer = pay(self.buyer(order), order, cards[kind])
                assert answer.status_code == (402 if cards[kind] == DECLINE else 200), answer.content
        for order in self._of("given_up", "cancelled", "refund_fails"):
            assert cancel(self.buyer(order), order).status_code == 200
        for order in self._of("taken_back_by_the_brand"):
            brand, owner = self.show.brand, self.show.owner
            cancel_paid_lines(order_id=order.id, brand_id=brand.id, actor=owner.id, now=clock.now())
        self.look()

    def sell_what_came_back(self) -> None:
        """Sell the units of an order that was not paid in time, before its money arrives."""
        [order] = self._buy(self.show, slot=1, quantity=10)
        assert pay(self.buyer(order), order).status_code == 200
        self.orders["kept"].append(order)

    def ship(self) -> None:
        """Ship what is paid and not kept waiting."""
        [small], [waits, *_] = self.orders["paid_by_a_bank_that_fails"], self.orders["kept_too"]
        seller = self.caller(self.show.owner)
        for number, order in enumerate(self._of(*SHIPPED)):
            lorry, place = divmod(number, PLACES)
            if order != waits:
                answer = ship(seller, order, f"HX{place:012d}", carrier=f"Lorry {lorry}")
                assert answer.status_code == 201, answer.content
        assert ship(self.caller(self.small.owner), small, _fast()).status_code == 201
        self.look()

    # ---------------------------------------------------------------------------------- in the days after

    def ask_back(self) -> None:
        """Have money asked back of what has arrived, and the seller answer."""
        for kind in ASKED_BACK:
            comes_back = kind not in {"never_arrived", "rejected", "disputed"}
            wanted = {} if comes_back else {"type": "refund_only", "reason": "not_received"}
            for order in self.orders[kind]:
                line = order.lines.get()
                assert self._post(self.buyer(order), "", wish(line, **wanted)) == 201
        [order] = self._of("paid_by_a_bank_that_fails")
        assert self._post(self.buyer(order), "", wish(order.lines.get(), reason="damaged")) == 201
        offer = {"amount": {"amount": back_for(desk.FAILS), "currency": PRICE.currency}}
        self._step(order, "offer", offer, by=self.small.owner)
        part = {"amount": {"amount": 1_000, "currency": PRICE.currency}}
        for kind, step, body in (
            ("returned", "approve", {}), ("never_arrived", "approve", {}), ("rejected", "reject", NOTE),
            ("disputed", "reject", NOTE), ("offered", "offer", part), ("offer_declined", "offer", part),
            ("not_sent_back", "approve", {}), ("refused", "approve", {}), ("parcel_disputed", "approve", {}),
            ("not_inspected", "approve", {}),
        ):  # fmt: skip
            self._all(kind, step, body, by=self.show.owner)
        self.look()

    def answer(self) -> None:
        """Have the buyers answer: take offers, decline them, send goods, dispute."""
        for kind, step, body in (
            ("offered", "accept-offer", None), ("paid_by_a_bank_that_fails", "accept-offer", None),
            ("offer_declined", "decline-offer", {}), ("disputed", "dispute", NOTE),
            ("returned", "send-back", PARCEL), ("refused", "send-back", PARCEL),
            ("parcel_disputed", "send-back", PARCEL), ("not_inspected", "send-back", PARCEL),
        ):  # fmt: skip
            self._all(kind, step, body)
        self._all("offer_declined", "withdraw", None)
        self.look()

    def inspect(self) -> None:
        """Have the seller look at what came back, and staff decide a dispute."""
        for kind in ("returned", "refused"):
            self._all(kind, "receive", None, by=self.show.owner)
        self._all("returned", "accept-goods", {}, by=self.show.owner)
        self._all("refused", "refuse-goods", NOTE, by=self.show.owner)
        self._all("parcel_disputed", "dispute", NOTE, by=self.show.owner)
        self._all("refused", "dispute", NOTE)
        self._all("refused", "decide", {"decision": "seller", **NOTE}, by=self.admin)
        self.look()

    def see_to_refunds(self) -> None:
        """Have the payment company mend what made refunds fail, and staff try them again."""
        SimulatedPayment.objects.update(scenario="approve")
        for refund in Refund.objects.filter(state="failed"):
            retry_refund(refund_id=refund.id, actor=self.admin.id, now=clock.now())
        self.look()

    def refund_what_is_settled(self) -> None:
        """Give money of settled lines back: a part of some, all of others."""
        for number, order in enumerate(self._of("refunded_later")):
            give_back(order, PRICE.amount if number % 2 else 1_000)
        [order] = self._of("paid_by_a_bank_that_fails")
        give_back(order, 1_000)
        self.look()

    # ------------------------------------------------------------------------------------------------ looking

    def look(self) -> None:
        """Note in which states things stand, where no history of theirs says it."""
        self.seen["payment"] |= set(Payment.objects.values_list("state", flat=True))
        self.seen["statement"] |= set(Statement.objects.values_list("state", flat=True))
        lines = list(with_parts(OrderLine.objects.order_by("id")))
        self.seen["commission"] |= {each.state for party in Party for each in commissions(lines, party=party)}

    def reached(self) -> dict[str, set[str]]:
        """Return every state that something was in by now."""
        self.look()
        told = set(Fact.objects.values_list("type", flat=True).distinct())
        steps = LineHistory.objects.values_list("from_state", "to_state").distinct()
        return {
            "line": {state for step in steps for state in step},
            "return": set(ReturnHistory.objects.values_list("to_state", flat=True).distinct()),
            "refund": {state for state in Refund.State.values if f"refund.{state}" in told},
            "payout": {state for state in Payout.State.values if f"payout.{state}" in told},
            **self.seen,
        }

    # ------------------------------------------------------------------------------------------------- parts

    def _of(self, *kinds: str) -> Iterator[Order]:
        for kind in kinds:
            yield from self.orders[kind]

    def _place(self, kinds: list[str]) -> Iterator[Order]:
        """Sell one unit for each of ``kinds``, as admission does: batch by batch."""
        slot = self.show.slot.id
        for start in range(0, len(kinds), BATCH):
            requests = [
                PurchaseRequest(next(self._buyers).id, slot, None, 1, PRICE, f"order-{start + number}")
                for number in range(len(kinds[start : start + BATCH]))
            ]
            yield from _orders(place_orders(requests, now=clock.now()).outcomes)

    def _buy(self, show: Shop, *, slot: int, quantity: int) -> list[Order]:
        buyer, key = next(self._buyers), f"{show.slots[slot].id}-{clock.now()}"
        request = PurchaseRequest(buyer.id, show.slots[slot].id, None, quantity, PRICE, key)
        return _orders(place_orders([request], now=clock.now()).outcomes)

    def _all(self, kind: str, step: str, body: object, *, by: User | None = None) -> None:
        for order in self.orders[kind]:
            self._step(order, step, body, by=by)

    def _step(self, order: Order, step: str, body: object, *, by: User | None = None) -> None:
        """Take a step of an order's return: by its buyer unless somebody else is named."""
        case = Return.objects.get(order=order)
        who = self.caller(by) if by else self.buyer(order)
        assert self._post(who, f"/{case.id}/{step}", body) == 200, (step, case.state)

    def _post(self, who: Caller, path: str, body: object) -> Any:
        return post(who, f"/api/v1/returns{path}", body).status_code


def call(deed: Callable[[], None]) -> None:
    """Do it here and now."""
    deed()


def _fast() -> str:
    """Return the number of a parcel that takes at most two days."""
    numbers, now = (f"HX9{number:011d}" for number in count()), clock.now()
    limit = now + timedelta(days=2)
    return next(number for number in numbers if timeline(number, shipped_at=now)[-1].at <= limit)


def _orders(outcomes: Any) -> list[Order]:
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    found = Order.objects.select_related("buyer").in_bulk([outcome.order_id for outcome in outcomes])
    return [found[outcome.order_id] for outcome in outcomes]


def live(month: Month, pass_by: Callable[[int], None], *, act: Act = call) -> None:
    """Live thirty days: people act, ``act`` calls what they do, and ``pass_by`` lets so many seconds go by.

    It begins on a Wednesday evening.
    """
    act(month.sell)
    pass_by(TIME_TO_PAY)
    act(month.sell_what_came_back)
    pass_by(DAY - TIME_TO_PAY)
    act(month.ship)
    pass_by(5 * DAY)
    act(month.ask_back)
    pass_by(DAY)
    act(month.answer)
    pass_by(DAY)
    act(month.inspect)
    act(month.see_to_refunds)
    pass_by(3 * DAY)  # it is Sunday: many sales are final, and their period is not over
    act(month.look)
    pass_by(DAY)  # it is: and the bank has refused a payout
    act(month.look)
    pass_by(10 * DAY)
    act(month.refund_what_is_settled)
    pass_by(8 * DAY)
    act(month.look)
