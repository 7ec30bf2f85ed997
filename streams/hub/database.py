"""A thread that reads for the hub, so that the event loop never waits for the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThread:
    """One thread with one connection that stays open; a broken one is replaced at the next call."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread and return what it returns."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: _call(function, *args, **kwargs))

    def close(self) -> None:
        """Close the connection and end the thread, without waiting for either."""
        self._executor.submit(connections.close_all)
        self._executor.shutdown(wait=False)


def _call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connection.close()
        raise
