"""The host: plays the beats of a script over REST, each at its time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from streams.simulator.api import Api, Refused
from streams.simulator.money import shown
from streams.simulator.script import LEAST_DEAL_SECONDS, Beat, Script
from streams.simulator.stage import Stage
from streams.simulator.timeline import Timeline, sleep_until

Hear = Callable[[str], None]


@dataclass
class Played:
    """What came of the beats: how many, how late, and what the marketplace refused."""

    beats: int = 0
    late_ms: float = 0.0
    refused: list[str] = field(default_factory=list)
    ended_early: bool = False


class Host:
    """Somebody with a script and a streamer's token."""

    def __init__(self, api: Api, script: Script, stage: Stage, timeline: Timeline, hear: Hear) -> None:
        self.api, self.script, self.stage, self.timeline = api, script, stage, timeline
        self.played = Played()
        self._hear = hear
        self._titles = {product.key: product.title or product.sku for product in script.products}

    async def play(self) -> Played:
        """Play all beats up to the end of the show, which is left to ``end``."""
        for beat in self.script.beats:
            if beat.verb == "end":
                break
            due = self.timeline.real(beat.at)
            await sleep_until(due)
            self.played.late_ms = max(self.played.late_ms, (time.time() - due) * 1000)
            try:
                await self._do(beat)
            except Refused as no:
                self.played.refused.append(f"{beat.where}, {beat.verb}: {no}")
                if no.code == "wrong_session_state" and no.data.get("state") == "ended":
                    self.played.ended_early = True
                    return self.played
            else:
                self.played.beats += 1
        last = self.script.beats[-1]
        await sleep_until(self.timeline.real(last.at if last.verb == "end" else self.script.minutes * 60))
        return self.played

    async def _do(self, beat: Beat) -> None:
        slot = self.stage.slots.get(beat.product, "")
        if beat.verb in ("say", "claim"):
            self._hear(beat.text)
            await self._post("captions", {"text": beat.text, "slot": slot or None, **_claim(beat)})
        elif beat.verb == "pin":
            self._hear(f"» {self._titles[beat.product]}")
            await self._post(f"lineup/{slot}/pin")
        elif beat.verb == "deal":
            await self._open_deal(beat, slot)
        elif beat.verb == "restock":
            self._hear(f"» {beat.quantity} more: {self._titles[beat.product]}")
            await self._post(f"lineup/{slot}/restock", {"quantity": beat.quantity})
            self.stage.restocked[slot] = self.stage.restocked.get(slot, 0) + beat.quantity
        else:
            self._hear(f"» {beat.verb}")
            await self._post(beat.verb)

    async def _open_deal(self, beat: Beat, slot: str) -> None:
        """Open a deal. One that the pace made overlap is closed first; a quota above what is left is cut."""
        seconds = max(LEAST_DEAL_SECONDS, round(beat.seconds * self.timeline.pace))
        body: dict[str, Any] = {
            "slot": slot,
            "price": {"amount": beat.price, "currency": self.script.currency},
            "quota": beat.quota,
            "seconds": seconds,
            "per_buyer_limit": beat.per_buyer_limit,
        }
        price = shown(beat.price, self.script.currency)
        self._hear(f"» deal: {self._titles[beat.product]} for {price}, {beat.quota} units")
        for _ in range(3):
            try:
                await self._post("deals", body)
            except Refused as no:
                if no.code == "deal_still_open":
                    await self._post(f"deals/{no.data['deal']}/close")
                elif no.code == "not_enough_left" and no.data["left"] > 0:
                    body["quota"] = no.data["left"]
                else:
                    raise
            else:
                return

    async def _post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return await self.api.post(f"sessions/{self.stage.session}/{path}", body)


def _claim(beat: Beat) -> dict[str, str]:
    return {"claim": beat.attribute} if beat.verb == "claim" else {}
