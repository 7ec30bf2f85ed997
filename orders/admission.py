"""Admission: the one queue of a process that every purchase goes through.

Sockets and HTTP put requests in; one thread with one database connection takes everything that has gathered
and runs one action over it. While a batch is in the database the next one gathers: that is the whole
scheduling.
"""

import atexit
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from marketplace import metrics
from marketplace.lib import clock
from orders import sold_out
from orders.actions.place_orders import place_orders
from orders.queries.replays import find_replays
from orders.requests import Accepted, Outcome, PurchaseRequest, Refused
from streams.actions.tell_rooms import tell_stale_rooms
from streams.stock_facts import LEAST_PAUSE

log = structlog.get_logger(__name__)

Answer = Callable[[Outcome], None]

BUSY = Refused("busy", {"retry_after": 1})


@dataclass(slots=True, frozen=True)
class Entry:
    """One waiting request; ``answer`` is called once, in the admission thread, after the commit."""

    request: PurchaseRequest
    answer: Answer
    deadline: float


class Admission:
    """A bounded queue and the thread that empties it."""

    def __init__(self, *, queue_size: int, batch_size: int, patience: float) -> None:
        """Make the queue; the thread starts with the first request.

        Args:
            queue_size: requests that may wait; beyond it the answer is ``busy``.
            batch_size: requests that one transaction decides at most.
            patience: seconds after which a waiting request is refused with ``busy``, not sold.
        """
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._queue_size = queue_size
        self._batch_size = batch_size
        self._patience = patience
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._stale_rooms: set[str] = set()
        self._tell_at = 0.0

    def submit(self, request: PurchaseRequest, answer: Answer) -> None:
        """Queue a request. ``answer`` must be quick and must not raise; a full queue calls it at once."""
        if self._closed or self._queue.qsize() >= self._queue_size:
            metrics.PURCHASES.labels(outcome="busy").inc()
            answer(BUSY)
            return
        self._queue.put(Entry(request, answer, monotonic() + self._patience))
        if self._thread is None:
            self._start()

    def purchase(self, request: PurchaseRequest) -> Outcome:
        """Queue a request and wait for its outcome: for callers with a thread to spare."""
        outcome: Future[Outcome] = Future()
        self.submit(request, outcome.set_result)
        return outcome.result()

    def close(self) -> None:
        """Refuse newcomers, decide everything that waits, and end the thread."""
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="admission", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        going_on = True
        while going_on:
            batch, going_on = self._gather()
            metrics.ADMISSION_QUEUE.set(self._queue.qsize())
            if batch:
                self._admit(batch)
            if self._stale_rooms and monotonic() >= self._tell_at:
                self._tell_stale_rooms()
        connection.close()

    def _gather(self) -> tuple[list[Entry], bool]:
        """Wait for a request, or for rooms to be told; return all that has gathered and whether to go on."""
        batch: list[Entry] = []
        try:
            entry = self._queue.get(timeout=LEAST_PAUSE.total_seconds() if self._stale_rooms else None)
            while entry is not None:
                batch.append(entry)
                if len(batch) == self._batch_size:
                    return batch, True
                entry = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _admit(self, batch: Sequence[Entry]) -> None:
        began = monotonic()
        waiting = [entry for entry in batch if entry.deadline > began]
        losers = [
            entry for entry in waiting if sold_out.is_known(entry.request.slot_id, entry.request.deal_id)
        ]
        lost = set(map(id, losers))
        outcomes: list[tuple[Entry, Outcome]] = [(entry, BUSY) for entry in batch if entry.deadline <= began]
        outcomes += self._refuse(losers)
        outcomes += self._place([entry for entry in waiting if id(entry) not in lost])
        metrics.ADMISSION_BATCH.observe(len(batch))
        metrics.ADMISSION_SECONDS.observe(monotonic() - began)
        for entry, outcome in outcomes:
            entry.answer(outcome)
        for name, number in Counter(map(_name, (outcome for _, outcome in outcomes))).items():
            metrics.PURCHASES.labels(outcome=name).inc(number)

    def _refuse(self, losers: Sequence[Entry]) -> list[tuple[Entry, Outcome]]:
        """Refuse what is known to be sold out, but for those who ask again about an order they have."""
        if not losers:
            return []
        try:
            placed = find_replays([entry.request for entry in losers])
        except DatabaseError as error:
            return self._database_away(losers, error)
        sold: Outcome = Refused("sold_out", {"left": 0})
        return [
            (
                entry,
                placed[key].answer(entry.request) if (key := entry.request.replay_key) in placed else sold,
            )
            for entry in losers
        ]

    def _place(self, entries: Sequence[Entry]) -> list[tuple[Entry, Outcome]]:
        """Run the action; a batch that fails is halved until the request it fails on stands alone."""
        if not entries:
            return []
        try:
            placement = place_orders([entry.request for entry in entries], now=clock.now())
        except (OperationalError, InterfaceError) as error:
            return self._database_away(entries, error)
        except Exception as error:  # noqa: BLE001 - one request that nobody foresaw must not end the thread
            if len(entries) == 1:
                return self._refuse_alone(entries[0], error)
            half = len(entries) // 2
            return self._place(entries[:half]) + self._place(entries[half:])
        if placement.stale_rooms and not self._stale_rooms:
            self._tell_at = monotonic() + LEAST_PAUSE.total_seconds()
        self._stale_rooms.update(placement.stale_rooms)
        return list(zip(entries, placement.outcomes, strict=True))

    def _refuse_alone(self, entry: Entry, cause: Exception) -> list[tuple[Entry, Outcome]]:
        """Refuse a request that failed, unless another process has placed this very order meanwhile."""
        try:
            placed = find_replays([entry.request]).get(entry.request.replay_key)
        except DatabaseError as error:
            return self._database_away([entry], error)
        if placed is not None:
            return [(entry, placed.answer(entry.request))]
        log.error("purchase_refused", buyer=entry.request.buyer_id, exc_info=cause)
        return [(entry, Refused("invalid"))]

    def _database_away(self, entries: Sequence[Entry], cause: Exception) -> list[tuple[Entry, Outcome]]:
        """Answer ``busy``: whether a broken commit took hold, the same key asked again will tell."""
        log.error("admission_database_away", requests=len(entries), exc_info=cause)
        connection.close()
        return [(entry, BUSY) for entry in entries]

    def _tell_stale_rooms(self) -> None:
        rooms, self._stale_rooms = self._stale_rooms, set()
        self._tell_at = monotonic() + LEAST_PAUSE.total_seconds()
        try:
            self._stale_rooms.update(tell_stale_rooms(session_ids=rooms, now=clock.now()))
        except DatabaseError:
            log.exception("stale_rooms_not_told", rooms=len(rooms))  # the sweep tells them
            connection.close()


def _name(outcome: Outcome) -> str:
    return "accepted" if isinstance(outcome, Accepted) else outcome.code


admission = Admission(
    queue_size=settings.ADMISSION_QUEUE_SIZE,
    batch_size=settings.ADMISSION_BATCH_SIZE,
    patience=settings.ADMISSION_DEADLINE_SECONDS,
)
