"""The rates of a crowd: who comes, for how long, who buys and who does not pay. Read from TOML."""

from dataclasses import dataclass
from typing import Any

from streams.simulator.script import Table


@dataclass(frozen=True)
class Rates:
    """How people behave in one kind of room. Shares are from 0 to 1; times are of the script."""

    followers: float = 0.5
    waiting: float = 0.5
    ramp_minutes: float = 2.0
    steady: float = 0.5
    visit_median_seconds: float = 60.0
    follower_visit_median_seconds: float = 240.0
    visit_sigma: float = 1.1
    return_share: float = 0.3
    looks: float = 0.1
    conversion: float = 0.04
    follower_conversion: float = 0.12
    deal_conversion: float = 0.2
    concentration: float = 1.0
    chats_per_minute: float = 0.3
    likes_per_minute: float = 6.0
    unpaid: float = 0.15
    declined: float = 0.05


_BOUNDS: dict[str, tuple[float, float]] = {
    "ramp_minutes": (0.01, 1_440),
    "visit_median_seconds": (1, 86_400),
    "follower_visit_median_seconds": (1, 86_400),
    "visit_sigma": (0, 3),
    "concentration": (0, 5),
    "chats_per_minute": (0, 60),
    "likes_per_minute": (0, 600),
}


def read_rates(document: dict[str, Any], *, name: str) -> Rates:
    """Return the table ``crowd`` of a script; what is left out has a default. Raises BadScript."""
    table = Table(document.get("crowd", {}), f"{name}: [crowd]")
    values = {}
    for field, default in vars(Rates()).items():
        low, high = _BOUNDS.get(field, (0, 1))
        values[field] = float(table.number(field, low=low, high=high, default=default))
    table.done()
    return Rates(**values)
