"""Hands results of worker threads to an event loop, many with one wake-up."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Mailbox:
    """Calls posted from any thread run on the loop in the order of posting.

    ``call_soon_threadsafe`` writes to a pipe each time; at thousands of results a second that costs more than
    the results. Here the first post wakes the loop and the rest of the batch rides along.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make the mailbox of a running loop."""
        self._loop = loop
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._awake = False

    def post(self, call: Callable[..., None], *args: Any) -> None:
        """Run ``call(*args)`` on the loop soon; a closed loop drops it, since nobody waits any more."""
        self._calls.append((call, args))
        if not self._awake:
            self._awake = True
            try:
                self._loop.call_soon_threadsafe(self._empty)
            except RuntimeError:
                self._calls.clear()

    def _empty(self) -> None:
        self._awake = False
        while self._calls:
            call, args = self._calls.popleft()
            call(*args)
