"""Moving the sandbox's clock: one at a time, ahead only, step by step, for all processes."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from marketplace import clock_follower, idempotency, outbox
from marketplace.errors import Conflict
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import SandboxClock

#: A holder that has not moved the clock for so long is taken for dead. By the machine's clock.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Happening:
    """Facts of one type at one moment of the way, and how many."""

    at: datetime
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Move:
    """How far the clock was moved and what happened on the way, in the order of time.

    ``left_seconds`` is what was asked for and is not done, ``failed`` names the sweeps that broke down.
    """

    began: datetime
    now: datetime
    moved_seconds: int
    left_seconds: int
    ran: list[Happening]
    failed: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the form that the row keeps."""
        ran = [{**asdict(each), "at": clock.to_wire(each.at)} for each in self.ran]
        times = {"began": clock.to_wire(self.began), "now": clock.to_wire(self.now)}
        return {**asdict(self), **times, "ran": ran}


class ClockIsMoving(Conflict):
    """Somebody else is moving the sandbox's clock at this moment."""

    code = "clock_is_moving"
    message = "The marketplace's clock is being moved by somebody else."
    cure = "Wait for the Retry-After seconds and ask again."


def claim_clock(*, holder: str) -> timedelta:
    """Begin to move the clock and return how far ahead it is; raises ClockIsMoving."""
    now = clock.machine_now()
    with action():
        SandboxClock.objects.bulk_create([SandboxClock(id=1)], ignore_conflicts=True)
        free = SandboxClock.objects.filter(Q(holder="") | Q(held_until__lte=now))
        if not free.update(holder=holder, held_until=now + LEASE):
            raise ClockIsMoving(retry_after=1)
        return SandboxClock.objects.values_list("ahead", flat=True).get()


def move_clock(*, holder: str, ahead: timedelta) -> None:
    """Set the clock of all processes ahead, of this one at once.

    Raises ClockIsMoving when somebody else has taken it over, or it stands further ahead already.
    """
    with clock_follower.setting():
        with action():
            mine = SandboxClock.objects.filter(holder=holder, ahead__lte=ahead)
            if not mine.update(ahead=ahead, held_until=clock.machine_now() + LEASE):
                raise ClockIsMoving(retry_after=1)
        clock.set_ahead(ahead)


def release_clock(*, holder: str, move: Move, actor: str) -> None:
    """Let others move the clock again, and keep what this move did; ``actor`` is who asked for it."""
    kept = move.to_json()
    with action():
        SandboxClock.objects.filter(holder=holder).update(holder="", held_until=None, report=kept)
        payload = {name: kept[name] for name in ("began", "now", "moved_seconds")} | {"actor": actor}
        outbox.append("clock.moved", subject="clock", payload=payload, now=move.now)
        idempotency.remember(move)
    clock_follower.tell()


def abandon_clock(*, holder: str) -> None:
    """Let others move the clock after a failure; it stays where it is."""
    with action():
        SandboxClock.objects.filter(holder=holder).update(holder="", held_until=None)
    clock_follower.tell()
