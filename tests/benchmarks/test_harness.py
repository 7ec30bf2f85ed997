"""The generator reads what a server sends, and the report says what was measured."""

import json
import socket
from pathlib import Path

import pytest

from marketplace.lib import frames
from tests.benchmarks.report import Figures, Goal, write_json
from tests.benchmarks.rows import added
from tests.benchmarks.scenarios import Position, note
from tests.benchmarks.sockets import Client, Swarm, masked_frame


@pytest.mark.parametrize("size", (0, 5, 125, 126, 300, 65_535))
def test_a_server_reads_a_client_frame(size: int) -> None:
    payload = bytes(number % 251 for number in range(size))
    frame = masked_frame(payload)
    header = 2 if size < 126 else 4
    assert frame[0] == 0x81
    assert frame[1] & 0x80
    assert frames.unmask(frame[header + 4 :], frame[header : header + 4]) == payload


@pytest.mark.parametrize("step", (1, 2, 3, 7, 10_000))
def test_frames_are_found_however_the_bytes_arrive(step: int) -> None:
    texts = [b"", b"x" * 125, b"y" * 126, b"z" * 70_000]
    sent = b"".join(frames.text_frame(text) for text in texts) + frames.close_frame(4408, "slow")
    heard: list[bytes] = []
    swarm = Swarm("127.0.0.1", 0)
    client = Client(0, socket.socket())
    client.on_text = lambda _, text: heard.append(text)
    for start in range(0, len(sent), step):
        swarm._take(client, sent[start : start + step])
    assert heard == texts
    assert swarm.frames == client.frames == 4
    assert client.close_code == 4408
    client.sock.close()
    swarm.close()


def test_a_ping_is_answered() -> None:
    ours, theirs = socket.socketpair()
    swarm, client = Swarm("127.0.0.1", 0), Client(0, ours)
    swarm._take(client, frames.frame(frames.PING, b"still there?"))
    answer = theirs.recv(100)
    assert answer[0] == 0x80 | frames.PONG
    assert frames.unmask(answer[6:], answer[2:6]) == b"still there?"
    assert swarm.frames == 0
    ours.close()
    theirs.close()
    swarm.close()


def test_a_skipped_number_is_a_lost_fact() -> None:
    position = Position()
    snapshot = {"type": "room.snapshot", "data": {"epoch": "e1", "seq": 7}}
    for message in (snapshot, {"type": "slot.pinned", "seq": 8}, {"type": "slot.pinned", "seq": 11}):
        note(position, json.dumps(message).encode())
    assert (position.epoch, position.seq, position.facts, position.skipped) == ("e1", 11, 2, 2)


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    (
        (Goal(10, 20), 25, "aim"),
        (Goal(10, 20), 10, "must"),
        (Goal(10, 20), 9.9, "MISSED"),
        (Goal(10, 4, at_most=True), 4, "aim"),
        (Goal(10, 4, at_most=True), 10, "must"),
        (Goal(10, at_most=True), 10.1, "MISSED"),
        (Goal(10), 11, "must"),
    ),
)
def test_a_goal_is_reached_or_missed(goal: Goal, value: float, verdict: str) -> None:
    assert goal.judge(value) == verdict


def test_the_median_of_the_runs_is_what_is_written(tmp_path: Path) -> None:
    figures = Figures("rush")
    for milliseconds in (900.0, 300.0, 335.44):
        figures.add(sold=100, last_answer_ms=milliseconds)
    write_json([figures], machine="a machine", path=tmp_path / "deep" / "bench.json")
    assert json.loads((tmp_path / "deep" / "bench.json").read_text()) == {
        "machine": "a machine",
        "rush": {"sold": 100, "last_answer_ms": 335.4},
    }


def test_rows_are_counted_per_table() -> None:
    assert added({"orders": 3, "facts": 5}, {"orders": 10, "facts": 5, "lines": 2}) == {
        "orders": 7,
        "lines": 2,
    }
