"""The carrier simulator: what happens to a parcel follows from its tracking number alone, and from the clock.

The same number always takes the same time, so a test, a demo and a second process all see one parcel.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.models import Shipment

State = Shipment.State

_HOUR = 3600
_DAY = 24 * _HOUR
#: Seconds from the shop's door to the carrier's depot.
_TO_DEPOT = (2 * _HOUR, 12 * _HOUR)
#: Seconds from the shop's door to the buyer's.
_TO_BUYER = (_DAY, 4 * _DAY)


@dataclass(frozen=True, slots=True)
class Scan:
    """The carrier has seen a parcel."""

    state: str
    at: datetime


def timeline(tracking_number: str, *, shipped_at: datetime) -> list[Scan]:
    """Return a parcel's scans: handed over, in transit after 2 to 12 hours, delivered after 1 to 4 days."""
    digest = hashlib.sha256(tracking_number.encode()).digest()
    depot = _between(_TO_DEPOT, digest[:8])
    buyer = _between(_TO_BUYER, digest[8:16])
    return [
        Scan(State.HANDED_OVER, shipped_at),
        Scan(State.IN_TRANSIT, shipped_at + timedelta(seconds=depot)),
        Scan(State.DELIVERED, shipped_at + timedelta(seconds=buyer)),
    ]


def scans_after(shipment: Shipment) -> Iterator[Scan]:
    """Yield the scans that lie beyond the parcel's present state."""
    states = list(State)
    for scan in timeline(shipment.tracking_number, shipped_at=shipment.shipped_at):
        if states.index(State(scan.state)) > states.index(State(shipment.state)):
            yield scan


def new_tracking_number(seed: str) -> str:
    """Return the number that the simulated carrier prints for a parcel; one number for each seed."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return f"HX{int(digest[:15], 16) % 10**12:012d}"


def _between(bounds: tuple[int, int], noise: bytes) -> int:
    low, high = bounds
    return low + int.from_bytes(noise) % (high - low + 1)
