"""What the generator can do with its sockets: buy, watch, stop reading, come back."""

import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.http_clients import closed_loop, post
from tests.benchmarks.sockets import Client, Swarm, Viewer, masked_frame

Answer = dict[str, Any]


@dataclass
class Watchers:
    """The generator's state between two commands."""

    swarm: Swarm | None = None
    viewers: list[Viewer] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    positions: dict[int, "Position"] = field(default_factory=dict)

    @property
    def sockets(self) -> Swarm:
        """Return the swarm, which ``open`` has made."""
        if self.swarm is None:
            raise ValueError("open sockets first")
        return self.swarm


@dataclass
class Position:
    """How far a client has followed its room."""

    epoch: str = ""
    seq: int = -1
    facts: int = 0
    skipped: int = 0
    snapshots: int = 0


def open_sockets(
    watchers: Watchers,
    *,
    host: str,
    port: int,
    viewers: list[Answer] | str,
    subprotocol: str = "",
    narrow: bool = False,
    follow: bool = False,
    greeted: bool = False,
    seconds: float = 60,
) -> Answer:
    """Connect viewers.

    Args:
        watchers: the generator's state.
        host: the server's address.
        port: the server's port.
        viewers: a list of ``{"path", "headers"}``, or the path of a JSON file that holds one.
        subprotocol: to be asked for.
        narrow: give these sockets the small buffers and segments of a phone on a mobile network.
        follow: keep, for each client, how far it has followed its room.
        greeted: wait until the server has said something to each of them.
        seconds: how long at most.
    """
    listed = json.loads(Path(viewers).read_text()) if isinstance(viewers, str) else viewers
    asked = [
        Viewer(viewer["path"], viewer.get("headers", {}), viewer.get("hello", "").encode())
        for viewer in listed
    ]
    if watchers.swarm is None:
        watchers.swarm = Swarm(host, port, subprotocol=subprotocol)
    swarm = watchers.swarm
    before = len(swarm.clients)
    reader = partial(_follower, watchers) if follow else None
    took = swarm.open(asked, seconds=seconds, on_text=reader, narrow=narrow)
    watchers.viewers.extend(asked)
    silent = swarm.clients[before:] if greeted else []

    def all_greeted() -> bool:
        silent[:] = [client for client in silent if client.alive and not client.frames]
        return not silent

    started = time.perf_counter()
    swarm.run(all_greeted, seconds=seconds)
    lost = [client.close_code for client in swarm.clients[before:] if not client.alive]
    return {
        "opened": len(swarm.clients) - before,
        "failed": len(swarm.failures) + len(lost) + len(silent),
        "failures": [*swarm.failures[:3], f"{len(silent)} not greeted, closed with {lost[:3]}"],
        "seconds": took,
        "greeted_seconds": took + time.perf_counter() - started,
    }


def listen(watchers: Watchers, *, client: int = 0) -> Answer:
    """Keep the text messages of one client."""
    watchers.heard.clear()
    watchers.sockets.clients[client].on_text = lambda _, text: watchers.heard.append(text.decode())
    return {"listening": client}


def heard(watchers: Watchers, *, seconds: float = 0) -> Answer:
    """Return the kept messages, after reading a while longer."""
    watchers.sockets.run(lambda: False, seconds=seconds)
    return {"messages": list(watchers.heard)}


def stats(watchers: Watchers, *, seconds: float = 0) -> Answer:
    """Return the counters, after reading a while longer."""
    swarm = watchers.sockets
    swarm.run(lambda: False, seconds=seconds)
    return {
        "clients": len(swarm.clients),
        "alive": sum(1 for _ in swarm.alive()),
        "frames": swarm.frames,
        "bytes": swarm.bytes,
        "close_codes": dict(Counter(str(client.close_code) for client in swarm.clients if not client.alive)),
    }


@dataclass
class Purchases:
    """The buys of one run: what is still to send, when each was sent, what came back."""

    todo: list[list[bytes]]
    sent_at: list[float]
    unanswered: int
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    last_at: float = 0.0

    def send_next(self, client: Client, now: float) -> None:
        """Send a client's next buy, if it has one left."""
        mine = self.todo[client.index]
        if mine:
            self.sent_at[client.index] = now
            client.send(mine.pop())

    def on_text(self, client: Client, text: bytes) -> None:
        """Take a message: an answer to a buy is counted and followed by the next buy, others are let pass."""
        head = text[:64]
        if b'"buy.' not in head and b'"error"' not in head:
            return
        now = time.perf_counter()
        if b'"buy.accepted"' in head:
            self.accepted += 1
        else:
            message = json.loads(text)
            self.refused[message.get("code") or message.get("data", {}).get("code", "unknown")] += 1
        self.latencies.append(now - self.sent_at[client.index])
        self.unanswered -= 1
        self.last_at = now
        self.send_next(client, now)


def buy(
    watchers: Watchers,
    *,
    data: Answer,
    per_buyer: int = 1,
    seconds: float = 60,
    run: str = "",
    start: int = 0,
) -> Answer:
    """Let every client buy: its first one at once, each next one when the last is answered.

    Args:
        watchers: the generator's state.
        data: the command's data without its key: slot, deal, quantity, price.
        per_buyer: how many buys each client sends.
        seconds: how long to wait for the last answer.
        run: goes into the idempotency keys, so that runs differ.
        start: number of the first buyer's first key.
    """
    swarm = watchers.sockets
    todo: list[list[bytes]] = [[] for _ in range(swarm.asked)]
    for client in swarm.clients:
        keys = (f"{run}-{client.index}-{start + number}" for number in range(per_buyer))
        todo[client.index] = [_buy_frame(data, key) for key in keys]
    purchases = Purchases(todo, [0.0] * len(todo), unanswered=per_buyer * len(swarm.clients))
    for client in swarm.clients:
        client.on_text = purchases.on_text
    started = time.perf_counter()
    started_epoch = time.time()
    for number, client in enumerate(swarm.clients):
        purchases.send_next(client, time.perf_counter())
        if number % 64 == 63:
            swarm.step(0)
    sent = time.perf_counter()
    swarm.run(lambda: purchases.unanswered == 0, seconds=seconds)
    for client in swarm.clients:
        client.on_text = None
    took = purchases.last_at - started
    return {
        "accepted": purchases.accepted,
        "refused": dict(purchases.refused),
        "unanswered": purchases.unanswered,
        "seconds": took,
        "sent_seconds": sent - started,
        "started_at": started_epoch,
        "latencies_ms": _percentiles(purchases.latencies),
    }


def _buy_frame(data: Answer, key: str) -> bytes:
    return masked_frame(json.dumps({"id": key, "type": "buy", "data": {**data, "key": key}}).encode())


@dataclass
class Sightings:
    """Who has seen how many of the awaited facts, and how long after its moment each was seen."""

    wanted: bytes
    seen: list[int]
    told_at: list[float] = field(default_factory=list)
    last_at: list[float] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def on_text(self, client: Client, text: bytes) -> None:
        """Take a message: the nth that holds the marker is the nth fact, for every client."""
        if self.wanted not in text:
            return
        now = time.time()
        nth = self.seen[client.index]
        self.seen[client.index] = nth + 1
        if nth == len(self.reached):
            self.told_at.append(_moment_of(text))
            self.last_at.append(0.0)
            self.reached.append(0)
        self.reached[nth] += 1
        self.last_at[nth] = now
        self.delays.append(now - self.told_at[nth])


def watch(watchers: Watchers, *, marker: str, times: int = 1, seconds: float = 30) -> Answer:
    """Say ``ready``, then wait until every reading client has seen ``times`` messages that hold ``marker``.

    Delays count from the moment that stands in the message, by the clock of this machine.
    """
    swarm = watchers.sockets
    clients = [client for client in swarm.alive() if not client.frozen]
    sightings = Sightings(marker.encode(), seen=[0] * swarm.asked)
    for client in clients:
        client.on_text = sightings.on_text
    frames, received = swarm.frames, swarm.bytes
    print(json.dumps({"ready": True}), flush=True)
    reached = sightings.reached
    swarm.run(lambda: len(reached) >= times and reached[times - 1] == len(clients), seconds=seconds)
    for client in clients:
        client.on_text = None
    return {
        "complete": reached == [len(clients)] * times,
        "clients": len(clients),
        "reached": reached,
        "frames": swarm.frames - frames,
        "bytes": swarm.bytes - received,
        "last_ms": [
            (last - told) * 1000 for last, told in zip(sightings.last_at, sightings.told_at, strict=True)
        ],
        "delays_ms": _percentiles(sightings.delays),
    }


def _moment_of(text: bytes) -> float:
    """Return the moment in a message, in seconds since the epoch; 0 when it has none."""
    moment = text.partition(b'"at":"')[2][:24].decode()
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0


def freeze(watchers: Watchers, *, count: int) -> Answer:
    """Stop reading the last ``count`` clients; the answer names their ports."""
    swarm = watchers.sockets
    clients = swarm.clients[-count:]
    swarm.freeze(clients)
    return {"ports": [client.sock.getsockname()[1] for client in clients]}


def note(position: Position, text: bytes) -> None:
    """Move a client's position by one message; a number that is not the next one counts as skipped facts."""
    message = json.loads(text)
    seq = message.get("seq")
    if message["type"] in {"room.snapshot", "resync"}:
        position.epoch = str(message["data"]["epoch"])
        position.seq = message["data"]["seq"]
        position.snapshots += 1
    elif seq is not None:
        if seq > position.seq:
            position.skipped += seq - position.seq - 1
            position.seq = seq
        position.facts += 1


def reconnect(watchers: Watchers, *, seq: int, seconds: float = 30) -> Answer:
    """Wait for the server to go away, come back with ``since`` and read until every client is at ``seq``."""
    old = watchers.sockets
    for position in watchers.positions.values():
        position.skipped = position.snapshots = 0
    old.run(lambda: not any(True for _ in old.alive()), seconds=seconds)
    deadline = time.perf_counter() + seconds
    old.close()
    swarm = watchers.swarm = Swarm(*old.address, subprotocol=old.subprotocol)
    positions = [watchers.positions[index] for index in range(len(watchers.viewers))]
    viewers = [
        Viewer(f"{viewer.path}?since={position.epoch}.{position.seq}", viewer.headers)
        for viewer, position in zip(watchers.viewers, positions, strict=True)
    ]
    while not _listens(old.address):
        if time.perf_counter() > deadline:
            raise TimeoutError("the server did not come back")
        time.sleep(0.01)
    listening_at = time.time()
    swarm.open(viewers, seconds=deadline - time.perf_counter(), on_text=partial(_follower, watchers))
    opened_at = time.time()
    swarm.run(
        lambda: all(position.seq >= seq for position in positions), seconds=deadline - time.perf_counter()
    )
    return {
        "complete": all(position.seq >= seq for position in positions),
        "opened": len(swarm.clients),
        "failures": swarm.failures[:3],
        "listening_at": listening_at,
        "opened_at": opened_at,
        "done_at": time.time(),
        "skipped": sum(position.skipped for position in positions),
        "snapshots": sum(position.snapshots for position in positions),
    }


def _follower(watchers: Watchers, index: int) -> Callable[[Client, bytes], None]:
    position = watchers.positions.setdefault(index, Position())
    return lambda _, text: note(position, text)


def _listens(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def http(
    watchers: Watchers,
    *,
    addresses: list[tuple[str, int]],
    path: str,
    bodies: list[Answer],
    headers: list[dict[str, str]],
    connections: int,
    seconds: float,
) -> Answer:
    """POST every body once, each with its own headers, over a number of connections."""
    requests = [
        post(path, json.dumps(body).encode(), headers=own) for body, own in zip(bodies, headers, strict=True)
    ]
    targets = [(host, port) for host, port in addresses]
    tally = closed_loop(targets, requests, connections=connections, seconds=seconds)
    return {
        "statuses": {str(status): count for status, count in tally.statuses.items()},
        "seconds": tally.seconds,
        "latencies_ms": _percentiles(tally.latencies),
        "sample": tally.sample,
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    last = len(ordered) - 1
    return {
        name: ordered[round(last * share)] * 1000
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }
