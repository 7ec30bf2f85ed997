"""From script seconds to the clock on the wall."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Timeline:
    """When a show begins (seconds since 1970), how fast it goes, and how long people may wait before it.

    ``pace`` is how many real seconds a script second takes.
    """

    starts_at: float
    pace: float
    lead: float

    def real(self, moment: float) -> float:
        """Return when a script second is; a negative one is a share of the time before the show."""
        return self.starts_at + moment * (self.lead if moment < 0 else self.pace)

    def script_second(self, now: float) -> float:
        """Return the script second at a real moment."""
        return (now - self.starts_at) / self.pace


async def sleep_until(moment: float) -> None:
    """Sleep until a moment in seconds since 1970."""
    await asyncio.sleep(max(0.0, moment - time.time()))
