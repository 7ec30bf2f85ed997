"""Shows one after the other, with a report behind each, until there are enough or somebody says stop."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import TextIO

import httpx
import orjson

from streams.simulator.api import Unreachable
from streams.simulator.options import Play
from streams.simulator.page import page_of
from streams.simulator.processes import CrowdFailed
from streams.simulator.report import report_of
from streams.simulator.show import Outcome, Wanted, run_show
from streams.simulator.stage import NoStage
from streams.simulator.terminal import terminal

PAUSE_SECONDS = 5.0
FIRST_LOOK_SECONDS = 3.0
SEEDS = 7

MakeToken = Callable[[], AbstractContextManager[str]]


class Failed(Exception):
    """A show could not be played; the message says why and what to do."""


class Runner:
    """Plays what it is given."""

    def __init__(self, play: Play, out: TextIO) -> None:
        self._play = play
        self._terminal = terminal(out)
        self._stopped = False
        self._task: asyncio.Task[Outcome] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self, *_signal: int | FrameType | None) -> None:
        """End the show that is on, and play no other; safe in a signal handler."""
        if self._stopped:
            return  # a second signal must not interrupt the goodbye
        self._stopped = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cancel)

    def run(self, *, token: MakeToken) -> bool:
        """Play one show, or with ``loop`` one after the other; tell whether every rule held. Raises Failed.

        A loop outlives a marketplace that is away for a while. Its seed is one higher for each show, and
        after SEEDS of them the first again: a loop of days brings back the same people, not ever more.
        """
        held, number = True, 0
        while not self._stopped:
            try:
                outcome = self._one_show(token, number)
            except Failed as failure:
                if not self._play.options.loop:
                    raise
                self._terminal.say(str(failure))
            else:
                held = held and (outcome is None or outcome.held)
                if outcome is None and not self._play.options.loop:
                    raise Failed("Stopped before the end; the session has been ended, nothing was checked.")
            if not self._play.options.loop:
                break
            number = (number + 1) % SEEDS
            self._pause()
        return held

    def _one_show(self, token: MakeToken, number: int) -> Outcome | None:
        """Play one show and report; None when somebody said stop."""
        options = self._play.options
        _look(options.url)
        with token() as secret, self._terminal:
            wanted = Wanted(
                url=options.url.rstrip("/"),
                token=secret,
                name=self._play.name,
                text=self._play.text,
                script=self._play.script,
                rates=self._play.rates,
                viewers=options.viewers,
                pace=self._play.pace,
                seed=options.seed + number,
                processes=options.processes,
                days=options.days,
                regrets=self._play.regrets,
            )
            try:
                outcome = asyncio.run(self._guarded(wanted))
            except asyncio.CancelledError:
                return None
            except Unreachable as failure:
                raise Failed(
                    f"The marketplace does not answer any more: {failure}. What it left on air is ended"
                    " when the next one begins."
                ) from failure
            except (NoStage, CrowdFailed) as failure:
                raise Failed(str(failure)) from failure
        self._report(outcome)
        return outcome

    async def _guarded(self, wanted: Wanted) -> Outcome:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(run_show(wanted, self._terminal.show))
        if self._stopped:
            self._cancel()
        try:
            return await self._task
        finally:
            self._loop = self._task = None

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _pause(self) -> None:
        async def rest() -> None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.ensure_future(asyncio.sleep(0 if self._stopped else PAUSE_SECONDS))  # type: ignore[arg-type]
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._loop = self._task = None

        asyncio.run(rest())

    def _report(self, outcome: Outcome) -> None:
        report = report_of(outcome)
        page = self._play.page
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.with_suffix(".json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
            page.write_text(page_of(report), encoding="utf-8")
        except OSError as error:
            raise Failed(f"The report cannot be written: {error}. Give another --report.") from error
        self._terminal.conclude(report, page)


def _look(url: str) -> None:
    """See whether a marketplace answers at all; raises Failed."""
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/healthz",
            timeout=FIRST_LOOK_SECONDS,
            trust_env=False,
            verify=not url.startswith("http:"),
        )
    except httpx.TransportError as error:
        raise Failed(
            f"Nothing answers at {url} ({error}). Start the marketplace (make run), or give its --url."
        ) from error
    if answer.is_error:
        raise Failed(f"{url} answers {answer.status_code} at /healthz: is it a marketplace that is up?")
