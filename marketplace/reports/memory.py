"""Figures that this process has counted and may show again for a minute, however many people look."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

T = TypeVar("T")

FRESH = timedelta(seconds=60)
MOST_KEPT = 10_000

_memories: list["Memory[Any]"] = []


class Memory(Generic[T]):
    """What was counted of each id, and when; nothing is remembered as nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, T | None]] = {}
        _memories.append(self)

    def get(
        self, ids: Collection[str], *, now: datetime, count: Callable[[Collection[str]], Mapping[str, T]]
    ) -> dict[str, T]:
        """Return what is known of these ids; ``count`` is asked once for those that are not fresh."""
        wanted = set(ids)
        missing = {id_ for id_ in wanted if not self._is_fresh(id_, now)}
        if missing:
            if len(self._kept) > MOST_KEPT:
                self.forget()
            counted = count(missing)
            self._kept.update({id_: (now, counted.get(id_)) for id_ in missing})
        found = {id_: kept[1] for id_ in wanted if (kept := self._kept.get(id_))}
        return {id_: figure for id_, figure in found.items() if figure is not None}

    def forget(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _is_fresh(self, id_: str, now: datetime) -> bool:
        kept = self._kept.get(id_)  # once: another thread may forget
        return kept is not None and kept[0] <= now < kept[0] + FRESH


def forget() -> None:
    """Forget what this process has counted."""
    for memory in _memories:
        memory.forget()
