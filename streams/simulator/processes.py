"""The processes that hold the viewers of a show."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeVar

import orjson

LINE_LIMIT = 256 * 1024 * 1024
LEAVE_SECONDS = 1.0
RESULT_GRACE_SECONDS = 10.0

T = TypeVar("T")


class CrowdFailed(RuntimeError):
    """A process of viewers ended before it had given its result."""


class _Member:
    """One process, what it last said, and what it owes."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.progress: Counter[str] = Counter()
        self.quiet = asyncio.Event()
        self.result: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None  # noqa: S101 - it was started with a pipe
        with contextlib.suppress(ConnectionError):
            self.process.stdin.write(orjson.dumps(message) + b"\n")

    async def listen(self) -> None:
        """Take what the process says until it ends; without a result by then raise CrowdFailed."""
        assert self.process.stdout is not None  # noqa: S101 - it was started with a pipe
        async for line in self.process.stdout:
            message = orjson.loads(line)
            kind = message.pop("say")
            if kind == "progress":
                self.progress = Counter(message)
            elif kind == "quiet":
                self.quiet.set()
            elif not self.result.done():
                self.result.set_result(message)
        if not self.result.done():
            raise CrowdFailed(f"A process of viewers ended with {await self.process.wait()}.")


class Team:
    """All processes of a crowd."""

    def __init__(self, members: list[_Member]) -> None:
        self._members = members
        self._listening = [asyncio.create_task(member.listen()) for member in members]

    @property
    def figures(self) -> Counter[str]:
        """Return the sums of what the processes last said."""
        total: Counter[str] = Counter()
        for member in self._members:
            total.update(member.progress)
        return total

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something while the processes live. Raises CrowdFailed when one dies."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task, *self._listening}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                for listening in self._listening:
                    if listening.done():
                        listening.result()
            return await task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    async def end(self, seconds: float) -> bool:
        """Say that the show has ended and wait until nobody has anything to do; tell whether that came."""
        for member in self._members:
            member.send({"say": "ended"})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for member in self._members:
                    await member.quiet.wait()
                return True
        return False

    async def results(self, seq: int, seconds: float) -> list[dict[str, Any]]:
        """Return each process's result, once its viewers have the fact ``seq`` or the time is up."""
        for member in self._members:
            member.send({"say": "settle", "seq": seq, "seconds": seconds})
        try:
            async with asyncio.timeout(seconds + RESULT_GRACE_SECONDS):
                return [await member.result for member in self._members]
        except TimeoutError as late:
            raise CrowdFailed("A process of viewers gave no result in time.") from late

    async def leave(self) -> None:
        """Let the processes go, and end those that do not."""
        for member in self._members:
            assert member.process.stdin is not None  # noqa: S101 - it was started with a pipe
            member.process.stdin.close()
        await asyncio.gather(*(_gone(member.process) for member in self._members))
        for listening in self._listening:
            listening.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)


async def _gone(process: Process) -> None:
    """Wait until a process has left, or end it."""
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def team(tasks: Iterable[dict[str, Any]]) -> AsyncIterator[Team]:
    """Start a process for each task; they leave with the block."""
    members: list[_Member] = []
    everybody = None
    try:
        for task in tasks:
            # a session of its own, so that Ctrl-C reaches only us, who then say goodbye for all
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "streams.simulator.worker"),
                stdin=PIPE,
                stdout=PIPE,
                limit=LINE_LIMIT,
                start_new_session=True,
            )
            members.append(_Member(process))
            members[-1].send(task)
        everybody = Team(members)
        yield everybody
    finally:
        await (Team(members) if everybody is None else everybody).leave()
