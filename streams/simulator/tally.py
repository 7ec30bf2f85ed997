"""Counters and latencies of a crowd, small enough to send from process to process."""

import math
from collections import Counter
from typing import Any

_STEP = math.log(1.04)
_FLOOR_MS = 0.1


class Latencies:
    """A histogram of milliseconds with buckets 4 % wide, and the exact largest value."""

    def __init__(self) -> None:
        self.buckets: Counter[int] = Counter()
        self.largest = 0.0

    def add(self, milliseconds: float) -> None:
        """Count one value; what is below a tenth of a millisecond counts as that."""
        self.largest = max(self.largest, milliseconds)
        self.buckets[int(math.log(max(milliseconds, _FLOOR_MS) / _FLOOR_MS) / _STEP)] += 1

    def merge(self, wire: dict[str, Any]) -> None:
        """Add what another process counted."""
        self.largest = max(self.largest, wire["largest"])
        self.buckets.update({int(bucket): count for bucket, count in wire["buckets"].items()})

    def to_wire(self) -> dict[str, Any]:
        """Return what ``merge`` takes."""
        return {"largest": self.largest, "buckets": {str(key): count for key, count in self.buckets.items()}}

    def percentile(self, share: float) -> float | None:
        """Return the upper end of the bucket below which ``share`` of the values lie; None without values."""
        wanted = share * self.buckets.total()
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(_FLOOR_MS * math.exp((bucket + 1) * _STEP), self.largest)
        return None

    def summary(self) -> dict[str, float | int | None]:
        """Return count, p50, p99 and max in milliseconds, rounded to a tenth."""
        p50, p99 = self.percentile(0.5), self.percentile(0.99)
        return {
            "count": self.buckets.total(),
            "p50_ms": None if p50 is None else round(p50, 1),
            "p99_ms": None if p99 is None else round(p99, 1),
            "max_ms": round(self.largest, 1) if self.buckets else None,
        }


class Tally:
    """All that a crowd counts: events by name, refusals and closes by code, latencies."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.buy = Latencies()
        self.fact = Latencies()
        self.pay = Latencies()
        self.enter = Latencies()

    @property
    def latencies(self) -> dict[str, Latencies]:
        """Return the histograms by name."""
        return {"buy": self.buy, "fact": self.fact, "pay": self.pay, "enter": self.enter}

    def to_wire(self) -> dict[str, Any]:
        """Return what ``merge`` takes."""
        return {
            "counts": dict(self.counts),
            "latencies": {name: histogram.to_wire() for name, histogram in self.latencies.items()},
        }

    def merge(self, wire: dict[str, Any]) -> None:
        """Add what another process counted."""
        self.counts.update(wire["counts"])
        for name, histogram in self.latencies.items():
            histogram.merge(wire["latencies"][name])
