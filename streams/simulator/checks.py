"""The rules that every show must keep, asked of the marketplace over its API afterwards."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streams.simulator.api import Api
from streams.simulator.stage import Stage
from streams.simulator.tally import Tally

#: States of a line whose units somebody has, or may still pay for.
HOLDING = frozenset({"pending_payment", "paid", "shipped", "delivered", "completed"})
AUDIT_ATTEMPTS = 3
AUDIT_PAUSE = 2.0


@dataclass(frozen=True)
class Check:
    """One rule: what it says, and what broke it."""

    name: str
    rule: str
    faults: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Tell whether nothing broke it."""
        return not self.faults


@dataclass(frozen=True)
class Books:
    """What the marketplace has on a show: its orders, line-up and deals, and the shelf of each slot."""

    orders: list[dict[str, Any]]
    slots: list[dict[str, Any]]
    deals: list[dict[str, Any]]
    shelves: dict[str, dict[str, Any]]


async def read_books(api: Api, session: str) -> Books:
    """Read all that the marketplace has on a session."""
    slots = [each async for each in api.pages(f"sessions/{session}/lineup")]
    return Books(
        orders=[each async for each in api.pages("orders", session=session)],
        slots=slots,
        deals=[each async for each in api.pages(f"sessions/{session}/deals")],
        shelves={slot["id"]: await api.get(f"variants/{slot['variant']['id']}/stock") for slot in slots},
    )


def not_oversold(books: Books, stage: Stage, room_faults: Iterable[str]) -> Check:
    """Hold units in orders against what each slot had, its allocation, and each deal's quota."""
    by_slot, by_deal = units_held(books.orders)
    faults = list(room_faults)
    for slot in books.slots:
        sold, name = by_slot[slot["id"]], slot["variant"]["sku"]
        supply = stage.supply.get(slot["id"], 0) + stage.restocked.get(slot["id"], 0)
        for limit, what in ((supply, "there were"), (slot["allocation"], "the allocation was")):
            if limit is not None and sold > limit:
                faults.append(f"{name}: {sold} units sold, {what} {limit}.")
        shelf = books.shelves[slot["id"]]
        if shelf["held"] > shelf["on_hand"]:
            faults.append(f"{name}: {shelf['held']} units are held and {shelf['on_hand']} on the shelf.")
    for deal in books.deals:
        sold = max(by_deal[deal["id"]], deal["sold"])
        if sold > deal["quota"]:
            faults.append(f"{deal['id']}: {sold} units sold of a quota of {deal['quota']}.")
    return Check("oversold", "No slot and no deal sold more units than it had.", tuple(faults))


def units_held(orders: Iterable[dict[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """Return the units that orders hold, by slot and by deal."""
    by_slot: Counter[str] = Counter()
    by_deal: Counter[str] = Counter()
    for order in orders:
        for line in order["lines"]:
            if line["state"] in HOLDING:
                by_slot[line["slot"]] += line["quantity"]
                if line["deal"]:
                    by_deal[line["deal"]] += line["quantity"]
    return by_slot, by_deal


def nothing_lost(books: Books, acknowledged: Iterable[str]) -> Check:
    """Look for every order that a viewer was told of in the marketplace's list."""
    known = {order["id"] for order in books.orders}
    lost = tuple(
        f"{order} was acknowledged and is not there." for order in acknowledged if order not in known
    )
    return Check("lost", "Every order that was acknowledged is in the marketplace's list.", lost)


def everybody_up_to_date(behind: Iterable[tuple[int, int]], seq: int) -> Check:
    """Name viewers who were there at the end and did not get the last fact."""
    faults = tuple(f"Viewer {number} has fact {has} of {seq}." for number, has in behind)
    return Check("behind", "Everybody who was there at the end has the room's last fact.", faults)


def everybody_answered(tally: Tally, failures: Iterable[str], *, is_quiet: bool) -> Check:
    """Look for purchases without an answer, viewers whom the room threw out, and some who never finish.

    ``failures`` are errors that ended viewers: faults of the simulator's own, or answers nobody expects.
    """
    faults = [f"A viewer failed with {failure}." for failure in failures]
    faults += [
        f"{tally.counts[name]} {what}."
        for name, what in (
            ("buys_unanswered", "purchases had no answer"),
            ("pay_unanswered", "payments had no answer"),
            ("gave_up", "viewers found no way into the room"),
        )
        if tally.counts[name]
    ]
    if not is_quiet:
        faults.append("Some viewers still waited for answers a minute after the end.")
    return Check("answers", "Everybody came in, and every purchase and payment was answered.", tuple(faults))


async def audit_is_clean(api: Api) -> Check:
    """Run the marketplace's audit; a finding counts when it is still there a moment later."""
    found: set[str] = set()
    for attempt in range(AUDIT_ATTEMPTS):
        audit = await api.get("sandbox/audit")
        now = {f"{each['code']} {each['subject']}: {each['detail']}" for each in audit["findings"]}
        found = now if not attempt else found & now
        if not found:
            break
        await asyncio.sleep(AUDIT_PAUSE)
    return Check("audit", "The marketplace's audit finds nothing.", tuple(sorted(found)))
