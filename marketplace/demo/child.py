"""A process that the demo starts, with its log, and stops."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1


class Child:
    """One process in a session of its own, so that Ctrl-C reaches it through whoever started it."""

    def __init__(self, arguments: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        """Start this Python with some arguments; what it says is added to ``log``."""
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, no lock can be held
            )

    @property
    def code(self) -> int | None:
        """Return its exit code, None while it runs."""
        return self._process.poll()

    def text(self) -> str:
        """Return what it has said."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last_lines(self, number: int = 15) -> str:
        """Return the end of what it has said."""
        return "\n".join(self.text().splitlines()[-number:])

    def stop(self, *, patience: float) -> None:
        """Ask it to end; after ``patience`` seconds end it, with everything it has started."""
        if self.code is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _end_with_parent() -> None:
    """Have the kernel end a child whose parent was killed; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
