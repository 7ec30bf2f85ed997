"""The handle on the generator process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.servers import ROOT

Answer = dict[str, Any]


class GeneratorFailed(RuntimeError):
    """The generator could not do what it was asked."""


class Generator:
    """``tests.benchmarks.swarm`` as a child process: one command, one answer."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.swarm"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def ask(self, command: str, **arguments: Any) -> Answer:
        """Send a command and return its answer."""
        self._send(command, arguments)
        return self.answer()

    def begin(self, command: str, **arguments: Any) -> None:
        """Send a command that says when it is ready and answers later; return when it is ready."""
        self._send(command, arguments)
        answer = self.answer()
        if not answer.get("ready"):
            raise GeneratorFailed(f"{command} answered {answer} before it was ready")

    def open(self, address: tuple[str, int], viewers: list[Answer] | Path, **options: Any) -> Answer:
        """Connect viewers and return how that went; all of them must get in.

        Raises:
            GeneratorFailed: some handshakes were refused; the message shows the first.
        """
        listed = str(viewers) if isinstance(viewers, Path) else viewers
        answer = self.ask("open", host=address[0], port=address[1], viewers=listed, **options)
        if answer["failed"]:
            raise GeneratorFailed(f"{answer['failed']} handshakes were refused: {answer['failures']}")
        return answer

    def answer(self) -> Answer:
        """Return the next answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise GeneratorFailed(f"the generator ended with {self._process.wait()}")
        answer: Answer = json.loads(line)
        if "error" in answer:
            raise GeneratorFailed(answer["error"])
        return answer

    def _send(self, command: str, arguments: Answer) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"cmd": command, **arguments}).encode() + b"\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
