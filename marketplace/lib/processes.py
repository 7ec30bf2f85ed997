"""Child processes: started with a log file, waited for, started again when they end, stopped by their id."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02
WATCH_SECONDS = 0.2
#: A child that ended is started again after 1 s, then 2, 4, ... up to this many.
LONGEST_BACKOFF = 30.0
#: A child that lived this long is thought well again: its next pause is the first.
WELL_AFTER_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class ChildFailed(RuntimeError):
    """A child ended or was not ready in time; the message carries the end of its log."""


class StopAsked(Exception):
    """SIGINT, SIGTERM or SIGHUP came while the supervisor waited."""


class Child:
    """One child process in a session of its own, so that Ctrl-C on the terminal reaches its parent alone.

    Where the kernel is Linux, it ends with its parent even when that is killed with SIGKILL.

    Args:
        name: what people call it.
        command: program and arguments.
        log: file for what it prints. The first start of this object empties it, later starts append.
        ready: tells whether the process answers; a check that looks into the log uses ``output``.
        env: its whole environment; this process's own when left out.
        folder: its working directory; this process's own when left out.
    """

    stop_signal = signal.SIGTERM
    #: Name of the user that the process runs as; None is the user of this process.
    user: str | None = None

    def __init__(
        self,
        name: str,
        command: Sequence[str] = (),
        *,
        log: Path,
        ready: Callable[[], bool] = lambda: True,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.log_path = log
        self.working_folder = folder
        self._command = command
        self.ready = ready
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self._output_from: int | None = None

    def command(self) -> Sequence[str]:
        """Return the program and its arguments."""
        return self._command

    def environment(self) -> Mapping[str, str]:
        """Return the environment the process is given."""
        return os.environ if self._env is None else self._env

    def is_ready(self) -> bool:
        """Tell whether the process answers."""
        return self.ready()

    @property
    def pid(self) -> int:
        """Return the process id."""
        if self._process is None:
            raise ChildFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Tell whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, minus the signal's number when one ended it; None when it never ended."""
        return None if self._process is None else self._process.poll()

    def output(self) -> str:
        """Return what it printed since its last start."""
        if self._output_from is None or not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(self._output_from)
            return log.read().decode(errors="replace")

    def log(self, lines: int = 60) -> str:
        """Return the last lines of the log."""
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            ChildFailed: it ended, or did not answer within 30 s.
        """
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the process without waiting for it.

        Raises:
            ChildFailed: it runs already.
        """
        if self.running:
            raise ChildFailed(f"{self.name} runs already as process {self.pid}")
        with self.log_path.open("wb" if self._output_from is None else "ab") as log:
            self._output_from = log.seek(0, os.SEEK_END)
            self._process = subprocess.Popen(  # noqa: S603 - the caller names the program
                self.command(),
                cwd=self.working_folder,
                env=dict(self.environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                extra_groups=None if self.user is None else [],
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock can be held
            )

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the process answers.

        Raises:
            ChildFailed: it ended, or did not answer within ``seconds``; then it is killed.
        """
        deadline = time.monotonic() + seconds
        while not self.check_ready():
            if time.monotonic() > deadline:
                self.kill()
                raise ChildFailed(f"{self.name} ready: not within {seconds:g} s\n{self.log()}")
            time.sleep(POLL_SECONDS)

    def check_ready(self) -> bool:
        """Tell whether the process answers.

        Raises:
            ChildFailed: it ended.
        """
        if not self.running:
            raise ChildFailed(f"{self.name} ended with {self.exit_code} before it was ready\n{self.log()}")
        return self.is_ready()

    def ask_to_stop(self) -> None:
        """Send the signal that asks the process to end."""
        if self._process is not None and self.running:
            self._process.send_signal(self.stop_signal)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask the process to end, and kill it when it does not within ``seconds``."""
        self.ask_to_stop()
        self.wait_stopped(seconds)

    def wait_stopped(self, seconds: float = STOP_SECONDS) -> None:
        """Wait for the end of a process that was asked for it, and kill it when it does not come."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the process and those it started with SIGKILL: no handler runs, nothing is flushed."""
        if self._process is None:
            return
        if self.running:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop the process and start it again."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


@dataclass
class _Health:
    """When a child was started, how often in a row it ended early, and when it is to be started again."""

    started: float
    falls: int = 0
    again_at: float | None = None


class Supervisor:
    """Keeps children alive between the first one's start and a signal, then stops them, the last first.

    ::

        with Supervisor(say=print) as supervisor:
            supervisor.start(database)
            supervisor.start(first_web, second_web)  # together
            supervisor.watch()

    SIGINT, SIGTERM and SIGHUP end ``start``, ``run`` and ``watch``; the ``with`` block then stops every child
    and is left without an exception. A second signal changes nothing: stopping is bounded already.

    Args:
        say: shows one line to people.
    """

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._groups: list[tuple[Child, ...]] = []
        self._health: dict[Child, _Health] = {}
        self._handlers_before: dict[signal.Signals, Any] = {}
        self._stopping = False

    def start(self, *children: Child, seconds: float = START_SECONDS) -> None:
        """Start children together and wait until each answers.

        Raises:
            ChildFailed: one ended, or did not answer in time.
            StopAsked: a signal came.
        """
        self._groups.append(children)
        for child in children:
            child.launch()
            self._health[child] = _Health(started=time.monotonic())
        deadline = time.monotonic() + seconds
        for child in children:
            while not child.check_ready():
                if time.monotonic() > deadline:
                    raise ChildFailed(f"{child.name} ready: not within {seconds:g} s\n{child.log()}")
                self._pause(POLL_SECONDS)

    def run(self, child: Child) -> None:
        """Start a child and wait for its end, however long it takes.

        Raises:
            ChildFailed: its exit code is not 0.
            StopAsked: a signal came; the child has been stopped.
        """
        child.launch()
        try:
            while child.running:
                self._pause(POLL_SECONDS)
        except StopAsked:
            child.stop()
            raise
        if child.exit_code:
            raise ChildFailed(
                f"{child.name} {_ending(child.exit_code)}; {child.log_path} says:\n{child.log()}"
            )

    def watch(self) -> None:
        """Start every child again that ends, after a pause that grows while it keeps ending, until a signal.

        Raises:
            StopAsked: a signal came.
        """
        while True:
            for child, health in self._health.items():
                if not child.running:
                    self._attend(child, health)
            self._pause(WATCH_SECONDS)

    def _attend(self, child: Child, health: _Health) -> None:
        now = time.monotonic()
        if health.again_at is None:
            if now - health.started > WELL_AFTER_SECONDS:
                health.falls = 0
            pause = min(2.0**health.falls, LONGEST_BACKOFF)
            health.falls += 1
            health.again_at = now + pause
            self._say(f"{child.name} {_ending(child.exit_code)}; starting it again in {pause:g} s.")
        elif now >= health.again_at:
            child.launch()
            health.started, health.again_at = now, None

    def stop(self) -> None:
        """Stop every child: the group that was started last first, children of one group together."""
        if self._groups:
            names = [child.name for group in reversed(self._groups) for child in group]
            self._say(f"Stopping {', '.join(names)}.")
        while self._groups:
            group = self._groups.pop()
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait_stopped()
                self._health.pop(child, None)

    def __enter__(self) -> Self:
        self._handlers_before = {number: signal.signal(number, self._note) for number in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            self.stop()
        finally:
            for number, handler in self._handlers_before.items():
                signal.signal(number, handler)
        return kind is StopAsked

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _pause(self, seconds: float) -> None:
        if self._stopping:
            raise StopAsked
        time.sleep(seconds)


def say(line: str) -> None:
    """Show one line; a terminal that has been closed hears nothing."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _ending(code: int | None) -> str:
    """Return in words how a process ended."""
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code}"


def _die_with_parent() -> None:
    """Make the kernel end this child when the process that started it dies without stopping it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
