"""The room as all viewers of one process see it: each broadcast is parsed once, whoever gets it first."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from streams.simulator.script import Script
from streams.simulator.timeline import Timeline

REMEMBERED_TEXTS = 512
SNAPSHOTS = ("room.snapshot", "resync")
#: Sent as they say; facts may be older.
TOLD_NOW = (*SNAPSHOTS, "room.pulse")
#: From so many seconds on the marketplace's clock has been moved; less is the network's doing.
MOVED_SECONDS = 60


@dataclass(slots=True)
class Message:
    """A parsed text: ``at`` is in seconds since 1970 by this machine, ``seq`` 0 for what is no fact."""

    type: str
    seq: int
    at: float
    re: str | None
    data: dict[str, Any]


@dataclass(slots=True)
class Goods:
    """What viewers know of a slot or a deal."""

    slot: str
    price: dict[str, Any]
    left: int
    sold: int
    on_sale: bool = True
    quota: int | None = None
    closes_at: float = float("inf")

    @property
    def is_open(self) -> bool:
        """Tell whether its time is not over yet."""
        return time.time() < self.closes_at


@dataclass
class Room:
    """The state of the room, after the newest fact that any viewer of this process has."""

    script: Script
    timeline: Timeline
    seq: int = -1
    epoch: str = ""
    state: str = "scheduled"
    slots: dict[str, Goods] = field(default_factory=dict)
    deals: dict[str, Goods] = field(default_factory=dict)
    deal_of_beat: dict[int, str] = field(default_factory=dict)
    slot_of_key: dict[str, str] = field(default_factory=dict)
    product_of_key: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    ahead: float = 0.0
    _texts: "OrderedDict[bytes, Message]" = field(default_factory=OrderedDict)

    def read(self, text: bytes) -> Message:
        """Return a text as a message; the first time, the room takes what it says."""
        known = self._texts.get(text)
        if known is not None:
            return known
        raw = orjson.loads(text)
        self._follow_clock(raw["type"], seconds_of(raw["at"]))
        message = Message(
            type=raw["type"],
            seq=raw.get("seq", 0),
            at=self._here(raw["at"]),
            re=raw.get("re"),
            data=raw["data"],
        )
        self._texts[text] = message
        if len(self._texts) > REMEMBERED_TEXTS:
            self._texts.popitem(last=False)
        self._take(message)
        return message

    @property
    def is_over(self) -> bool:
        """Tell whether the show has ended."""
        return self.state in ("ended", "cancelled")

    def _follow_clock(self, type_: str, at: float) -> None:
        """Notice that the marketplace's clock has been moved: nothing comes from the future."""
        ahead = at - time.time()
        if type_ in TOLD_NOW or ahead - self.ahead > MOVED_SECONDS:
            self.ahead = round(ahead) if abs(ahead) > MOVED_SECONDS else 0.0

    def _here(self, moment: str) -> float:
        """Return a moment of the marketplace by this machine's clock."""
        return seconds_of(moment) - self.ahead

    def _take(self, message: Message) -> None:
        if message.type in SNAPSHOTS:
            if message.data["seq"] >= self.seq:
                self._draw(message.data)
        elif message.seq > self.seq:
            self.seq = message.seq
            self._apply(message)

    def _draw(self, snapshot: dict[str, Any]) -> None:
        self.seq, self.epoch = snapshot["seq"], snapshot["epoch"]
        self.state = snapshot["session"]["state"]
        keys = {product.sku: product.key for product in self.script.products}
        for slot in snapshot["slots"]:
            self._take_slot(slot, keys)
        self.deals = {}
        for deal in snapshot["deals"]:
            self._take_deal(deal)

    def _apply(self, fact: Message) -> None:
        data = fact.data
        if fact.type.startswith("session."):
            self.state = data.get("state") or data["session"]["state"]
        elif fact.type in ("slot.added", "slot.updated"):
            self._take_slot(data["slot"], {product.sku: product.key for product in self.script.products})
        elif fact.type == "deal.opened":
            self._take_deal(data["deal"])
        elif fact.type == "deal.closed":
            self.deals.pop(data["deal"], None)
        elif fact.type == "stock.changed":
            for change in data["changes"]:
                self._count(change)

    def _take_slot(self, slot: dict[str, Any], keys: dict[str, str]) -> None:
        self.slots[slot["id"]] = Goods(
            slot["id"], slot["price"], slot["left"], slot["sold"], on_sale=slot["on_sale"]
        )
        key = keys.get(slot["variant"]["sku"])
        if key is not None:
            self.slot_of_key[key] = slot["id"]
            self.product_of_key[key] = slot["product"]["id"]

    def _take_deal(self, deal: dict[str, Any]) -> None:
        """Take a deal, and find the beat that it comes from: the nearest of its product."""
        self.deals[deal["id"]] = Goods(
            deal["slot"],
            deal["price"],
            deal["left"],
            deal["sold"],
            quota=deal["quota"],
            closes_at=self._here(deal["closes_at"]),
        )
        moment = self.timeline.script_second(self._here(deal["opens_at"]))
        beats = [
            (abs(beat.at - moment), number)
            for number, beat in enumerate(self.script.beats)
            if beat.verb == "deal" and self.slot_of_key.get(beat.product) == deal["slot"]
        ]
        if beats:
            self.deal_of_beat[min(beats)[1]] = deal["id"]

    def _count(self, change: dict[str, Any]) -> None:
        """Take new counts; more sold than a deal's quota is a fault of the server's."""
        goods = self.deals.get(change["deal"]) if change["deal"] else self.slots.get(change["slot"])
        if goods is None:
            return
        goods.left, goods.sold = change["left"], change["sold"]
        if goods.left < 0 or (goods.quota is not None and goods.sold > goods.quota):
            name = change["deal"] or change["slot"]
            self.faults.append(f"The room said {goods.sold} sold and {goods.left} left of {name}.")


def seconds_of(moment: str) -> float:
    """Return a moment of the wire in seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()
