"""The days behind a show, on the sandbox's clock: parcels go out, some goods come back, sellers answer."""

import base64
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from streams.simulator.api import Api, Refused
from streams.simulator.checks import Check, audit_is_clean
from streams.simulator.crowd import Person
from streams.simulator.regrets import Regret, Regrets, next_step, regret_of
from streams.simulator.script import Script
from streams.simulator.stage import HINTS, NoStage, Stage

DAY = 86_400
#: A move of the clock works for 20 seconds at most, and may wait for another.
MOVE_SECONDS = 90.0
#: Days that a parcel takes back to the seller.
WAY_BACK = 2
CARRIER = "Hawker Express"
#: Steps that the buyer takes; the seller takes the others.
OF_BUYER = frozenset({"accept-offer", "decline-offer", "send-back", "dispute"})
#: A grey picture of one dot, to be shown where a claim needs one.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)

Tell = Callable[[int], None]


@dataclass
class Sold:
    """A line that was paid and shipped, who bought it, and whether they want to give it back."""

    line: str
    order: str
    buyer: Person
    category: str
    quantity: int
    dice: str
    regret: Regret | None
    arrived: int | None = None
    asked: bool = False


@dataclass
class Afterwards:
    """What came of the days: lines sold, returns as they stand, what was refused, and sweeps that failed."""

    days: int
    sold: list[Sold]
    returns: list[dict[str, Any]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)


class Days:
    """Plays the days behind one show."""

    def __init__(
        self,
        api: Api,
        script: Script,
        stage: Stage,
        regrets: Regrets,
        people: Mapping[str, tuple[int, Person]],
    ) -> None:
        self._api, self._regrets, self._people = api, regrets, people
        self._session = stage.session
        categories = {product.key: product.category for product in script.products}
        self._goods = {slot: (key, categories[key]) for key, slot in stage.slots.items()}
        self._seen: set[tuple[str, str, str]] = set()
        self._waits: dict[str, int] = {}

    async def play(
        self, orders: list[dict[str, Any]], days: int, *, seed: int, tell: Tell
    ) -> tuple[Afterwards, Check]:
        """Ship what was paid, then let day after day pass. Raises NoStage and Unreachable."""
        try:
            found = Afterwards(days, await self._ship(orders, seed))
            brands = {line["brand"] for order in orders for line in order["lines"]}
            for day in range(1, days + 1):
                tell(day)
                await self._pass(found)
                await self._arrive(found, day)
                await self._ask(found, day)
                await self._answer(found, brands, day)
        except Refused as no:
            raise NoStage(HINTS.get(no.code, f"The days behind the show cannot be played: {no}")) from no
        await self._read(found, brands)
        clean = await audit_is_clean(self._api)
        faults = (*clean.faults, *(f"{name} broke down." for name in sorted(found.failed)))
        return found, Check("afterwards", "After the days behind the show the audit finds nothing.", faults)

    async def _ship(self, orders: list[dict[str, Any]], seed: int) -> list[Sold]:
        sold: list[Sold] = []
        for order in orders:
            if order["state"] != "paid" or order["buyer"] not in self._people:
                continue
            number, buyer = self._people[order["buyer"]]
            parcel = {"carrier": CARRIER, "tracking_number": f"SIM{order['id'][-20:]}"}
            await self._api.post(f"orders/{order['id']}/shipments", parcel)
            for line in order["lines"]:
                key, category = self._goods[line["slot"]]
                dice = f"{seed}:{number}:back:{key}:{len(sold)}"
                regret = regret_of(Random(dice), category, self._regrets)  # noqa: S311 - repeatable
                sold.append(Sold(line["id"], order["id"], buyer, category, line["quantity"], dice, regret))
        return sold

    async def _pass(self, found: Afterwards) -> None:
        """Let a day pass; the marketplace may need several requests for it."""
        left = DAY
        while left:
            move = await self._api.post("sandbox/clock/advance", {"seconds": left}, seconds=MOVE_SECONDS)
            found.failed.update(move["failed"])
            left = move["left_seconds"]

    async def _arrive(self, found: Afterwards, day: int) -> None:
        """See which parcels have arrived by now: their lines know when the right to return ends."""
        waiting = {sold.line: sold for sold in found.sold if sold.arrived is None}
        if not waiting:
            return
        async for order in self._api.pages("orders", session=self._session):
            for line in order["lines"]:
                if line["id"] in waiting and line["return_by"] is not None:
                    waiting[line["id"]].arrived = day

    async def _options(self, sold: Sold) -> list[dict[str, Any]]:
        """Return what can be asked for of a line."""
        judged = await self._api.get("returns/eligibility", token=sold.buyer.token, order=sold.order)
        found: list[dict[str, Any]] = next(
            line["options"] for line in judged["lines"] if line["line"] == sold.line
        )
        return found

    async def _ask(self, found: Afterwards, day: int) -> None:
        for sold in found.sold:
            if sold.regret is None or sold.arrived is None or sold.asked:
                continue
            if day - sold.arrived < sold.regret.days:
                continue
            sold.asked = True
            options = await self._options(sold)
            wanted = (each for each in options if each["reason"] == sold.regret.reason)
            option = next(wanted, options[0] if options else None)
            if option is None:
                found.refused["window_over"] += 1
                continue
            await self._request(found, sold, option)

    async def _request(self, found: Afterwards, sold: Sold, option: dict[str, Any]) -> None:
        """Ask for one unit or more, for a reason that can be given."""
        dice = Random(f"{sold.dice}:ask")  # noqa: S311 - repeatable
        kind = option["types"][0]
        body: dict[str, Any] = {
            "line": sold.line,
            "units": dice.randint(1, sold.quantity),
            "type": kind,
            "reason": option["reason"],
        }
        if kind in option["evidence_needed_for"]:
            shown = await self._api.upload("evidence", "picture.png", PICTURE, token=sold.buyer.token)
            body["evidence"] = [shown["id"]]
        try:
            await self._api.post("returns", body, token=sold.buyer.token)
        except Refused as no:
            if no.code not in {"not_returnable", "limit_reached"}:
                raise
            found.refused[no.code] += 1

    async def _answer(self, found: Afterwards, brands: set[str], day: int) -> None:
        """Let everybody whose turn it is do what they do, once for each time that a return comes to them."""
        await self._read(found, brands)
        by_line = {sold.line: sold for sold in found.sold}
        for case in found.returns:
            moment = (case["id"], case["state"], case["updated_at"])
            if case["terminal"] or moment in self._seen:
                continue
            if case["state"] == "in_transit" and day - self._waits.setdefault(case["id"], day) < WAY_BACK:
                continue
            self._seen.add(moment)
            sold = by_line[case["line"]]
            turn = sum(each[0] == case["id"] for each in self._seen)
            dice = Random(f"{sold.dice}:{turn}")  # noqa: S311 - repeatable
            if step := next_step(case["state"], dice, self._regrets):
                token = sold.buyer.token if step in OF_BUYER else ""
                await self._step(found, case, step, token)

    async def _step(self, found: Afterwards, case: dict[str, Any], step: str, token: str) -> None:
        part = {**case["amount"], "amount": max(1, case["amount"]["amount"] // 2)}
        bodies: dict[str, dict[str, Any]] = {
            "offer": {"amount": part, "note": "Would a half do?"},
            "reject": {"note": "It is as it was shown."},
            "refuse-goods": {"note": "It has been used."},
            "dispute": {"note": "I do not agree."},
            "send-back": {"carrier": CARRIER, "tracking_number": f"BACK{case['id'][-20:]}"},
        }
        try:
            await self._api.post(f"returns/{case['id']}/{step}", bodies.get(step), token=token)
        except Refused as no:
            if no.code not in {"wrong_return_state", "deadline_passed", "limit_reached"}:
                raise
            found.refused[no.code] += 1

    async def _read(self, found: Afterwards, brands: set[str]) -> None:
        """Read the show's returns as they stand."""
        lines = {sold.line for sold in found.sold}
        found.returns = [
            case
            for brand in sorted(brands)
            async for case in self._api.pages("returns", brand=brand)
            if case["line"] in lines
        ]


def figures_of(found: Afterwards) -> dict[str, Any]:
    """Return what the report says of the days behind a show; money is in minor units."""
    category = {sold.line: sold.category for sold in found.sold}
    sold: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for each in found.sold:
        sold[each.category] += each.quantity
    refunded = 0
    for case in found.returns:
        if case["refund"] is not None:
            money = case["offered"] if case["state"] == "accepted" else case["amount"]
            refunded += money["amount"]
            back[category[case["line"]]] += case["units"]
    units, came_back = sum(sold.values()), sum(back.values())
    return {
        "days": found.days,
        "units": units,
        "returns": len(found.returns),
        "units_refunded": came_back,
        "return_rate": round(came_back / units, 4) if units else None,
        "refunded": refunded,
        "states": dict(sorted(Counter(case["state"] for case in found.returns).items())),
        "reasons": dict(sorted(Counter(case["reason"] for case in found.returns).items())),
        "categories": [
            {"category": name or "other", "units": count, "units_refunded": back[name]}
            for name, count in sorted(sold.items())
        ],
        "refused": dict(sorted(found.refused.items())),
    }
