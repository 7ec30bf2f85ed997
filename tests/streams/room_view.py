"""What a client makes of a room: a snapshot, and the facts after it."""

import copy
from typing import Any

from tests.streams.seats import Message


class RoomView:
    """A snapshot's data that facts are applied to."""

    def __init__(self, snapshot: Message) -> None:
        self.data: dict[str, Any] = copy.deepcopy(snapshot)

    def apply(self, fact: Message) -> None:
        """Apply the next fact."""
        assert fact["seq"] == self.data["seq"] + 1, fact
        self.data["seq"] = fact["seq"]
        kind, _, _ = fact["type"].partition(".")
        getattr(self, f"_{kind}")(fact["type"], fact["data"])

    def settled(self) -> dict[str, Any]:
        """Return what facts decide, with the line-up and deals in one order."""
        return {
            **{key: self.data[key] for key in ("epoch", "seq", "session", "pinned")},
            "slots": sorted(self.data["slots"], key=lambda slot: slot["id"]),
            "deals": sorted(self.data["deals"], key=lambda deal: deal["id"]),
        }

    def _session(self, type_: str, told: Message) -> None:
        self.data["session"].update(told["session"] if type_ == "session.updated" else told)

    def _slot(self, type_: str, told: Message) -> None:
        if type_ in {"slot.pinned", "slot.unpinned"}:
            self.data["pinned"] = told["slot"] if type_ == "slot.pinned" else None
            for slot in self.data["slots"]:
                slot["pinned"] = slot["id"] == self.data["pinned"]
        else:
            others = [slot for slot in self.data["slots"] if slot["id"] != told["slot"]["id"]]
            self.data["slots"] = [*others, told["slot"]]

    def _deal(self, type_: str, told: Message) -> None:
        if type_ == "deal.opened":
            self.data["deals"].append(told["deal"])
        else:
            self.data["deals"] = [deal for deal in self.data["deals"] if deal["id"] != told["deal"]]

    def _stock(self, _type: str, told: Message) -> None:
        for change in told["changes"]:
            for counted in self.data["deals"] if change["deal"] else self.data["slots"]:
                if counted["id"] == (change["deal"] or change["slot"]):
                    counted.update(left=change["left"], sold=change["sold"])
