"""How long a test process keeps its core: a run has more of them than the machine has cores.

Linux hands the core on every few milliseconds, and each process finds its caches emptied by the others: with
four of them on two cores that takes a sixth of their time. Nobody waits for an answer of theirs, so they ask
for long turns, and what they start does not break in. The turns of servers and browsers are short as ever.
"""

import ctypes
import os
import platform
import struct
from contextlib import suppress

TURN_SECONDS = 0.1

_SCHED_BATCH = 3
_RESET_ON_FORK = 1  # of the length of turns, not of the batch
#: ``sched_setattr`` by machine; the C library of Debian 12 has no function for it.
_SYSCALLS = {"x86_64": 314, "aarch64": 274}
#: struct sched_attr: size, policy, flags, nice, priority, turn in nanoseconds, deadline, period, clamps.
_ATTRIBUTES = struct.Struct("=IIQiIQQQII")


def take_long_turns() -> None:
    """Have this process run as a batch in turns of TURN_SECONDS.

    Kernels before 6.12 know batches but no turns of their own, other systems neither: there nothing changes.
    """
    number = _SYSCALLS.get(platform.machine()) if platform.system() == "Linux" else None
    if number is None:
        return
    turn = int(TURN_SECONDS * 1e9)
    wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, _SCHED_BATCH, _RESET_ON_FORK, 0, 0, turn, 0, 0, 0, 0)
    with suppress(OSError):  # a sandbox may forbid it
        _call(number, wanted)


def _call(number: int, attributes: bytes) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, 0, attributes, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
