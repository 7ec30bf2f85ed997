"""A process full of viewers: ``python -m streams.simulator.worker``.

Speaks JSON lines with the process that started it. First comes the task; then ``{"say": "ended"}`` when the
host has ended the show, and ``{"say": "settle", "seq": 90, "seconds": 10}`` for the result. It says
``progress`` twice a second, ``quiet`` when nobody has anything left to do after the end, and ``result``. When
its input ends it leaves at once, so that no crowd outlives its show.
"""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson

from streams.simulator.api import Api
from streams.simulator.crowd import Crowd, Person
from streams.simulator.plan import Plan, digest_of, plan_viewer
from streams.simulator.rates import read_rates
from streams.simulator.room import Room
from streams.simulator.script import parse_script, read_toml
from streams.simulator.timeline import Timeline
from streams.simulator.viewer import Viewer, quietly

PROGRESS_SECONDS = 0.5
SETTLE_STEP = 0.05
CONNECTIONS = 64
PLANNED = ("viewers", "followers", "visits", "wishes", "wishes_in_deals", "looks", "chats", "likes")
TOLD = ("visits", "connects", "orders", "payments", "chats", "likes", "reconnects", "gave_up")


async def work() -> None:
    """Play one crowd as the input says."""
    lines = _lines()
    task = await anext(lines, None)
    if task is None:
        return
    text, name = task["script"], task["name"]
    document = read_toml(text, name)
    script, rates = parse_script(document, text=text, name=name), read_rates(document, name=name)
    timeline = Timeline(**task["timeline"])
    async with Api(task["url"], connections=CONNECTIONS) as api:
        crowd = Crowd(
            session=task["session"],
            ws_url=task["url"].replace("http", "ws", 1),
            seed=task["seed"],
            script=script,
            api=api,
            room=Room(script, timeline),
            timeline=timeline,
        )
        viewers = [
            Viewer(crowd, plan_viewer(task["seed"], number, script, rates), Person(**person))
            for number, person in task["people"]
        ]
        await _play(crowd, viewers, lines)


async def _play(crowd: Crowd, viewers: list[Viewer], lines: AsyncIterator[dict[str, Any]]) -> None:
    running = [asyncio.create_task(quietly(viewer)) for viewer in viewers]
    helpers = [
        asyncio.create_task(_report_progress(crowd, viewers)),
        asyncio.create_task(_report_quiet(crowd, viewers)),
    ]
    try:
        async for line in lines:
            if line["say"] == "ended":
                crowd.ended.set()
            elif line["say"] == "settle":
                await _settle(viewers, line["seq"], line["seconds"])
                _say("result", {**_result(crowd, viewers, line["seq"]), "failures": _failures(running)})
                return
    finally:
        for each in (*helpers, *running):
            each.cancel()
        await asyncio.gather(*helpers, *running, return_exceptions=True)


async def _settle(viewers: list[Viewer], seq: int, seconds: float) -> None:
    """Wait until everybody who is there has the fact with this number, or the time is up."""
    deadline = time.monotonic() + seconds
    for viewer in viewers:
        while viewer.stays and viewer.seq < seq and time.monotonic() < deadline:  # noqa: ASYNC110 - facts are many
            await asyncio.sleep(SETTLE_STEP)


def _result(crowd: Crowd, viewers: list[Viewer], seq: int) -> dict[str, Any]:
    stayed = [viewer for viewer in viewers if viewer.stays]
    plans = [viewer.plan for viewer in viewers]
    return {
        "tally": crowd.tally.to_wire(),
        "orders": crowd.orders,
        "stayed": len(stayed),
        "behind": [[viewer.plan.number, viewer.seq] for viewer in stayed if viewer.seq < seq],
        "faults": crowd.room.faults,
        "http_retries": crowd.api.retries,
        "planned": planned(plans),
    }


def _failures(tasks: list[asyncio.Task[None]]) -> list[str]:
    """Return what viewers ended with that they should not have: our own faults."""
    ended = [task for task in tasks if task.done() and not task.cancelled()]
    return [repr(error) for error in (task.exception() for task in ended) if error is not None]


def planned(plans: list[Plan]) -> dict[str, Any]:
    """Return what the seed decided, and a digest of every decision."""
    return {
        "digest": digest_of(plans),
        "viewers": len(plans),
        "followers": sum(plan.follower for plan in plans),
        "visits": sum(len(plan.visits) for plan in plans),
        "wishes": sum(len(plan.wishes) for plan in plans),
        "wishes_in_deals": sum(wish.deal is not None for plan in plans for wish in plan.wishes),
        "looks": sum(len(plan.looks) for plan in plans),
        "chats": sum(len(plan.chats) for plan in plans),
        "likes": sum(taps for plan in plans for _, taps in plan.likes),
    }


async def _report_progress(crowd: Crowd, viewers: list[Viewer]) -> None:
    while True:
        present = sum(viewer.present for viewer in viewers)
        counts = crowd.tally.counts
        _say("progress", {"present": present, **{name: counts[name] for name in TOLD}})
        await asyncio.sleep(PROGRESS_SECONDS)


async def _report_quiet(crowd: Crowd, viewers: list[Viewer]) -> None:
    await crowd.ended.wait()
    for viewer in viewers:
        await viewer.finished.wait()
    _say("quiet", {})


async def _lines() -> AsyncIterator[dict[str, Any]]:
    """Yield the JSON lines of the input, read in a thread: the first may be long."""
    while True:
        line = await asyncio.to_thread(sys.stdin.buffer.readline)
        if not line:
            return
        yield orjson.loads(line)


def _say(kind: str, data: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps({"say": kind, **data}) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started it says when to stop
    asyncio.run(work())
