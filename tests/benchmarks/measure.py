"""Processor time and memory of a server, and what machine this is."""

import os
import platform
from pathlib import Path

import psutil


class Meter:
    """Measures one process and its children."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._cpu_before = 0.0

    def start(self) -> None:
        """Start counting processor time."""
        self._cpu_before = self._cpu()

    def cpu_seconds(self) -> float:
        """Return the processor time, user and system, since ``start``."""
        return self._cpu() - self._cpu_before

    def rss_bytes(self) -> int:
        """Return the resident memory."""
        return sum(process.memory_info().rss for process in self._all())

    def sockets(self) -> int:
        """Return how many descriptors are open; a viewer's socket is one of them."""
        return sum(process.num_fds() for process in self._all())

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _cpu(self) -> float:
        times = [process.cpu_times() for process in self._all()]
        return float(sum(each.user + each.system for each in times))


def machine() -> str:
    """Return one line: processor, cores, memory, system, Python."""
    memory = psutil.virtual_memory().total / 1024**3
    system = f"{platform.system()} {platform.release()}"
    python = platform.python_version()
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {system}, Python {python}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
