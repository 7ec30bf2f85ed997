"""Child processes are waited for, started again, and stopped in order; a signal leaves none behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from marketplace.lib import processes
from marketplace.lib.processes import Child, ChildFailed
from tests.servers import ROOT, wait_until

pytestmark = pytest.mark.only_in("embedded")

Run = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Return a function that runs a supervisor: ``run('supervisor.start(child("a", "sleep 60"))')``."""
    running: list[subprocess.Popen[str]] = []
    script = """
        import sys
        from pathlib import Path
        from marketplace.lib import processes
        from marketplace.lib.processes import Child, Supervisor

        def child(name, shell, **more):
            return Child(name, ["sh", "-c", shell], log=Path(sys.argv[1]) / f"{name}.log", **more)

        def say(line):
            print(line, flush=True)

        with Supervisor(say=say) as supervisor:
        BODY
        say("all stopped")
    """

    def start(body: str) -> subprocess.Popen[str]:
        indented = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        source = textwrap.dedent(script).replace("BODY", indented)
        process = subprocess.Popen(
            [sys.executable, "-c", source, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def lines(process: subprocess.Popen[str], number: int) -> list[str]:
    """Return the next lines that a process prints."""
    assert process.stdout is not None
    return [process.stdout.readline().rstrip() for _ in range(number)]


def rest(process: subprocess.Popen[str]) -> list[str]:
    """Return what a process prints to its end."""
    output, _ = process.communicate(timeout=20)
    return output.splitlines()


def test_a_child_writes_its_log_and_is_stopped_by_its_id(tmp_path: Path) -> None:
    log = tmp_path / "talker.log"
    log.write_text("of an earlier run\n")
    talker = Child("talker", ["sh", "-c", "echo $WORD; exec sleep 60"], log=log, env={"WORD": "hello"})
    with talker:
        pid = talker.pid
        assert os.getsid(pid) == pid
        wait_until(lambda: talker.output() == "hello\n", seconds=5, what="it has spoken")
    assert not psutil.pid_exists(pid)
    assert not talker.running
    with talker:
        wait_until(lambda: talker.output() == "hello\n", seconds=5, what="it has spoken again")
        assert talker.log() == "hello\nhello"


def test_a_child_is_waited_for(tmp_path: Path) -> None:
    sign = tmp_path / "ready"
    script = f"sleep 0.2; touch {sign}; exec sleep 60"
    with Child("slow", ["sh", "-c", script], log=tmp_path / "log", ready=sign.exists):
        assert sign.exists()


def test_a_child_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    child = Child("mute", ["sleep", "60"], log=tmp_path / "log", ready=lambda: False)
    child.launch()
    pid = child.pid
    with pytest.raises(ChildFailed, match=r"mute ready: not within 0\.1 s"):
        child.wait_ready(0.1)
    assert not psutil.pid_exists(pid)


def test_a_child_that_will_not_stop_is_killed_with_those_it_started(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; while true; do wait; done"
    child = Child("deaf", ["sh", "-c", script], log=tmp_path / "log")
    child.start()
    wait_until(lambda: child.output().endswith("\n"), seconds=5, what="it has started another")
    pid, grandchild = child.pid, int(child.output())
    child.stop(seconds=0.1)
    assert not psutil.pid_exists(pid)
    wait_until(lambda: not _alive(grandchild), seconds=5, what="the grandchild ends")


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_signal_stops_all_the_last_started_first(run: Run) -> None:
    order = "trap 'echo NAME >> order; exit 0' TERM; touch NAME; while true; do sleep 0.05; done"
    process = run(f"""
        folder = Path(sys.argv[1])
        def obedient(name):
            script = {order!r}.replace("NAME", name)
            return child(name, script, folder=folder, ready=(folder / name).exists)
        supervisor.start(obedient("database"))
        supervisor.start(obedient("web-1"), obedient("web-2"))
        say("running")
        supervisor.watch()
    """)
    assert lines(process, 1) == ["running"]
    pids = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGINT)
    assert rest(process) == ["Stopping web-1, web-2, database.", "all stopped"]
    assert process.returncode == 0
    assert not any(psutil.pid_exists(pid) for pid in pids)
    stopped = (Path(process.args[-1]) / "order").read_text().split()  # type: ignore[index,arg-type]
    assert sorted(stopped[:2]) == ["web-1", "web-2"]
    assert stopped[2:] == ["database"]


def test_a_signal_during_the_start_stops_what_has_started(run: Run) -> None:
    process = run("""
        supervisor.start(child("first", "exec sleep 60"))
        say("waiting")
        supervisor.start(child("second", "exec sleep 60", ready=lambda: False))
    """)
    assert lines(process, 1) == ["waiting"]
    process.send_signal(signal.SIGTERM)
    last = rest(process)
    assert last[-1] == "all stopped"
    assert process.returncode == 0


def test_a_child_that_ends_is_started_again_after_a_pause_that_grows(run: Run) -> None:
    process = run("""
        processes.LONGEST_BACKOFF = 0.3
        processes.WATCH_SECONDS = 0.02
        supervisor.start(child("weak", "sleep 0.1; exit 7"), child("killed", "sleep 0.1; kill -9 $$"))
        supervisor.watch()
    """)
    said = lines(process, 4)
    assert sorted(set(said)) == [
        "killed was ended by SIGKILL; starting it again in 0.3 s.",
        "weak ended with 7; starting it again in 0.3 s.",
    ]
    process.send_signal(signal.SIGTERM)
    assert rest(process)[-1] == "all stopped"


def test_the_pauses_double_and_a_long_life_makes_them_short_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = processes.Supervisor(say=said.append)
    child = Child("weak", ["true"], log=tmp_path / "log")
    health = processes._Health(started=time.monotonic())
    for _ in range(7):
        supervisor._attend(child, health)
        health.again_at = None
    health.started -= processes.WELL_AFTER_SECONDS + 1
    supervisor._attend(child, health)
    pauses = [line.rsplit(" in ", 1)[1] for line in said]
    assert pauses == ["1 s.", "2 s.", "4 s.", "8 s.", "16 s.", "30 s.", "30 s.", "1 s."]


def test_a_child_that_fails_at_the_start_stops_the_others_and_says_why(run: Run) -> None:
    process = run("""
        try:
            supervisor.start(child("good", "exec sleep 60"))
            supervisor.start(child("bad", "echo no such setting; exit 3", ready=lambda: False))
        except processes.ChildFailed as failure:
            say(str(failure))
    """)
    assert rest(process) == [
        "bad ended with 3 before it was ready",
        "no such setting",
        "Stopping bad, good.",
        "all stopped",
    ]


def test_a_step_is_waited_for_and_its_failure_is_told(run: Run) -> None:
    process = run("""
        supervisor.run(child("migrate", "echo done"))
        say(Path(sys.argv[1], "migrate.log").read_text().strip())
        try:
            supervisor.run(child("demo", "echo refused; exit 2"))
        except processes.ChildFailed as failure:
            say(str(failure).replace(sys.argv[1], "var"))
    """)
    assert rest(process) == ["done", "demo ended with 2; var/demo.log says:", "refused", "all stopped"]


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell a child of its parent's end")
def test_children_end_with_a_supervisor_that_is_killed(run: Run) -> None:
    process = run("""
        supervisor.start(child("web", "exec sleep 60"))
        say("running")
        supervisor.watch()
    """)
    assert lines(process, 1) == ["running"]
    (child,) = psutil.Process(process.pid).children()
    process.kill()
    wait_until(lambda: not _alive(child.pid), seconds=5, what="the child ends")
