"""How a viewer looks, buys and pays."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from streams.simulator.api import Refused, Unreachable
from streams.simulator.crowd import Crowd, Person
from streams.simulator.plan import Plan, Wish
from streams.simulator.room import Goods, Message

ANSWER_SECONDS = 15.0
BUY_ATTEMPTS = 4
MOST_REST = 5.0
DECLINED = 402
ADDRESS = {
    "phone": "+86 100 0000 0000",
    "line1": "1 Example Road",
    "city": "Hangzhou",
    "postal_code": "310000",
    "country": "CN",
}


class Shopper(Protocol):
    """What buying needs of a viewer."""

    crowd: Crowd
    plan: Plan
    person: Person

    def count(self, what: str, *, once: str = "") -> None:
        """Count something, or somebody."""

    def later(self, seconds: float, what: Callable[..., Coroutine[Any, Any, None]], *with_what: Any) -> None:
        """Do something in so many script seconds."""

    async def ask(self, kind: str, data: dict[str, Any], *, seconds: float) -> Message:
        """Send a command and return the answer. Raises ConnectionError or TimeoutError without one."""

    async def come_back(self) -> None:
        """Enter the room again, unless the connection stands."""


async def look(viewer: Shopper, key: str) -> None:
    """Open the page of a product, while the show is on."""
    product = viewer.crowd.room.product_of_key.get(key)
    if product is None:
        return
    try:
        async with viewer.crowd.door:
            if viewer.crowd.is_over:
                return
            await viewer.crowd.api.get(f"products/{product}", token=viewer.person.token)
    except (Refused, Unreachable) as error:
        viewer.count(f"look_failed:{type(error).__name__}")
    else:
        viewer.count("looks", once="looked")


async def buy(viewer: Shopper, wish: Wish) -> None:
    """Buy at the price that is shown: the open deal's, else the slot's."""
    room = viewer.crowd.room
    slot = room.slot_of_key.get(wish.product)
    if slot is None or room.state != "live":
        viewer.count("missed:break")
        return
    deal = next((name for name, goods in room.deals.items() if goods.slot == slot and goods.is_open), None)
    if deal is None and wish.deal is not None:
        viewer.count("missed:deal_over")
        return
    goods = room.deals[deal] if deal else room.slots[slot]
    if goods.left < wish.quantity or not goods.on_sale:
        viewer.count("missed:sold_out")
        return
    viewer.count("buys", once="tried")
    answer = await _ask_to_buy(viewer, wish, slot, deal, goods)
    if answer is None:
        viewer.count("buys_unanswered")
    elif answer.type == "buy.accepted":
        _accept(viewer, wish, answer, deal)
    else:
        viewer.count("buys_refused")
        viewer.count(f"refused:{answer.data['code']}")


async def _ask_to_buy(
    viewer: Shopper, wish: Wish, slot: str, deal: str | None, goods: Goods
) -> Message | None:
    """Return the answer; the same purchase is sent again, under its key, when the connection breaks."""
    crowd = viewer.crowd
    number = viewer.plan.wishes.index(wish)
    wanted: dict[str, Any] = {
        "slot": slot,
        "deal": deal,
        "quantity": wish.quantity,
        "price": goods.price,
        "key": f"{crowd.session}-{viewer.plan.number}-{number}",
    }
    started = time.perf_counter()
    for _ in range(BUY_ATTEMPTS):
        try:
            answer = await viewer.ask("buy", wanted, seconds=ANSWER_SECONDS)
        except (ConnectionError, TimeoutError):
            viewer.count("buys_repeated")
            await viewer.come_back()
            continue
        rest = answer.data.get("retry_after")
        if rest is None or answer.type == "buy.accepted":
            crowd.tally.buy.add((time.perf_counter() - started) * 1000)
            return answer
        viewer.count("buys_put_off")
        await asyncio.sleep(min(rest, MOST_REST))
    return None


def _accept(viewer: Shopper, wish: Wish, answer: Message, deal: str | None) -> None:
    order = answer.data["order"]
    viewer.count("orders", once="ordered")
    viewer.crowd.tally.counts["units"] += wish.quantity
    viewer.crowd.tally.counts["orders_in_deals"] += deal is not None
    viewer.crowd.orders.append(order)
    if wish.cards:
        viewer.later(wish.pay_after, pay, order, wish.cards)
    else:
        viewer.count("left_unpaid")


async def pay(viewer: Shopper, order: str, cards: tuple[str, ...]) -> None:
    """Pay an order; after a decline with the next card, if there is one."""
    crowd = viewer.crowd
    for number, card in enumerate(cards):
        body = {"card": card, "address": {"name": viewer.person.name, **ADDRESS}}
        started = time.perf_counter()
        try:
            await crowd.api.post(
                f"orders/{order}/pay", body, key=f"{order}-{number}", token=viewer.person.token
            )
        except Refused as no:
            viewer.count("declines" if no.status == DECLINED else f"pay_refused:{no.code}")
            if no.status != DECLINED:
                return
        except Unreachable:
            viewer.count("pay_unanswered")
            return
        else:
            crowd.tally.pay.add((time.perf_counter() - started) * 1000)
            viewer.count("payments", once="paid")
            return
    viewer.count("left_declined")
