"""People who buy, ask their money back and answer each other at random, through the API."""

import random
from collections.abc import Callable
from typing import Any

from marketplace.models import StockLevel, User
from orders.models import OrderLine
from refunds.models import Return
from refunds.policy import Reason, Type
from refunds.return_states import STEPS, TERMINAL
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay, post, ship
from tests.orders.times import later
from tests.people import sign_up
from tests.refunds.claims import DAY, HOUR, NOTE, PARCEL, asker, uploaded

PAUSES = (HOUR, 12 * HOUR, 47 * HOUR, 2 * DAY)


class Market:
    """People who buy, ship, ask, answer and wait at random, through the API."""

    def __init__(self, shop: Shop, admin: User, hours: Hours, chance: random.Random) -> None:
        self.shop, self.hours, self.chance = shop, hours, chance
        self.people = [sign_up(f"person{number}") for number in range(2)]
        self.buyers = {person.id: (caller(person), asker(person)) for person in self.people}
        self.seller, self.staff, self.warehouse = asker(shop.owner), asker(admin), caller(shop.owner)

    def step(self) -> str:
        """Do one random thing and return its name."""
        weights, names = zip(*self.doings(), strict=True)
        [doing] = self.chance.choices(names, weights)
        doing()
        return str(doing.__name__)

    def doings(self) -> list[tuple[int, Callable[[], None]]]:
        """Return what can be done, with how often."""
        return [
            (1, self.buy), (1, self.ship), (5, self.ask), (12, self.answer), (1, self.cancel), (2, self.wait),
        ]  # fmt: skip

    def buy(self) -> None:
        """Buy some units, while there are any, and pay for them."""
        level = StockLevel.objects.get(variant_id=self.shop.slot.variant_id)
        free = level.available
        if free:
            buyer = self.chance.choice(self.people)
            order = buy(self.shop, buyer, quantity=self.chance.randint(1, min(free, 3)))
            assert pay(self.buyers[buyer.id][0], order).status_code == 200

    def ship(self) -> None:
        """Ship any order."""
        line = self._any_line()
        if line is not None:
            assert ship(self.warehouse, line.order).status_code in {201, 409}

    def cancel(self) -> None:
        """Cancel any order."""
        line = self._any_line()
        if line is not None:
            assert cancel(self.buyers[line.buyer_id][0], line.order).status_code in {200, 409}

    def ask(self) -> None:
        """Ask any units of any line back, for any reason."""
        line = self._any_line()
        if line is None:
            return
        buyer = next(person for person in self.people if person.id == line.buyer_id)
        asks, wrong = self.buyers[buyer.id][1], self.chance.random() < 0.2
        judged = asks.get(f"/api/v1/returns/eligibility?order={line.order_id}").json()["lines"][0]
        if wrong or not judged["eligible"]:
            reason, type_ = self.chance.choice(list(Reason)), self.chance.choice(list(Type))
            units, evidence = self.chance.randint(1, line.quantity + 1), self.chance.random() < 0.5
        else:
            option = self.chance.choice(judged["options"])
            reason, type_ = option["reason"], self.chance.choice(option["types"])
            units = judged["units"] if judged["whole_line"] else self.chance.randint(1, judged["units"])
            evidence = type_ in option["evidence_needed_for"]
        body = {"line": line.id, "units": units, "type": type_, "reason": reason}
        if evidence:
            body["evidence"] = [uploaded(buyer).json()["id"]]
        answer = post(asks, "/api/v1/returns", body)
        assert answer.status_code in ({201, 409} if wrong or not judged["eligible"] else {201}), (
            answer.content
        )

    def answer(self) -> None:
        """Take any step that any return says somebody may take."""
        cases = list(Return.objects.exclude(state__in=TERMINAL).order_by("id"))
        if not cases:
            return
        case = self.chance.choice(cases)
        actor, action = self.chance.choice(STEPS[case.state])
        who = {"buyer": self.buyers[case.buyer_id][1], "seller": self.seller, "staff": self.staff}[actor]
        answer = self._take(who, case, action)
        assert answer.status_code in {200, 409}, answer.content

    def wait(self) -> None:
        """Let time pass."""
        later(self.hours, self.chance.choice(PAUSES))

    def _take(self, who: Caller, case: Return, action: str) -> Any:
        part = {"amount": {"amount": self.chance.randint(1, case.amount), "currency": case.currency}}
        decision = self.chance.choice(("buyer", "seller"))
        bodies: dict[str, Any] = {
            "offer": part,
            "send_back": PARCEL,
            "reject": NOTE,
            "refuse_goods": NOTE,
            "dispute": NOTE,
            "decide": {"decision": decision, **NOTE, **(part if decision == "buyer" else {})},
        }
        address = f"/api/v1/returns/{case.id}/{action.replace('_', '-')}"
        return post(who, address, bodies.get(action))

    def _any_line(self) -> OrderLine | None:
        lines = list(OrderLine.objects.select_related("order").order_by("id"))
        return self.chance.choice(lines) if lines else None
