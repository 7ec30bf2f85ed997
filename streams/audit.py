"""Broken invariants of sessions. Only reads."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, takewhile

from django.db.models import Count, F, Q, QuerySet

from marketplace.lib.findings import Finding
from marketplace.lib.prepared import prepared, prepared_values
from streams.factlog import digest_of
from streams.models import Deal, RoomEvent, Session, Slot
from streams.states import ON_AIR


def findings(now: datetime) -> list[Finding]:  # noqa: ARG001 - every audit is asked this way
    """Return what is broken in sessions, line-ups, deals and fact logs.

    Each log is checked up to the position that its session had when the look began.
    """
    return [*_logs(), *_overhangs(), *_line_ups(), *_deals(), *_streamers()]


def _logs() -> Iterator[Finding]:
    """Compare every fact log with its digests and with the position that its session remembers."""
    heads = {id_: (last_seq, last_digest) for id_, last_seq, last_digest in _heads()}
    events = RoomEvent.objects.order_by("session_id", "seq").iterator(chunk_size=2_000)
    logged = set()
    for session_id, log in groupby(events, key=lambda event: event.session_id):
        logged.add(session_id)
        if session_id in heads:
            yield from _log(session_id, log, *heads[session_id])
    for session_id, (last_seq, _) in heads.items():
        if last_seq and session_id not in logged:
            yield Finding("log_incomplete", session_id, f"seq {last_seq} is remembered, the log is empty")


@prepared_values
def _heads() -> QuerySet[Session, tuple[str, int, str]]:
    return Session.objects.order_by().values_list("id", "last_seq", "last_digest")


def _log(session_id: str, log: Iterator[RoomEvent], last_seq: int, last_digest: str) -> Iterator[Finding]:
    seq, digest = 0, ""
    for event in takewhile(lambda event: event.seq <= last_seq, log):
        if event.seq != seq + 1:
            yield Finding("log_gap", session_id, f"seq {event.seq} follows {seq}")
            return
        if event.digest != digest_of(digest, event.seq, event.type, event.payload, event.at):
            yield Finding("log_forged", session_id, f"the digest of seq {event.seq} is not that of its fact")
            return
        seq, digest = event.seq, event.digest
    if (seq, digest) != (last_seq, last_digest):
        yield Finding("log_incomplete", session_id, f"seq {last_seq} is remembered, the log ends at {seq}")


def _overhangs() -> Iterator[Finding]:
    """Find facts beyond what their session remembers; one statement, so it sees one moment."""
    for event in _events_beyond_their_log():
        yield Finding("log_overhang", event.session_id, f"seq {event.seq} is not remembered")


@prepared
def _events_beyond_their_log() -> QuerySet[RoomEvent]:
    return RoomEvent.objects.filter(seq__gt=F("session__last_seq")).order_by("session_id", "seq")


def _line_ups() -> Iterator[Finding]:
    for slot in _oversold_slots():
        yield Finding("slot_oversold", slot.id, f"{slot.taken} taken of {slot.allocation}")
    for session, slots in _several_pinned():
        yield Finding("several_pinned", session, f"{slots} slots are pinned")
    for slot in _slots_pinned_off_air():
        yield Finding("pinned_off_air", slot.id, "pinned in a session that is not on air")
    for session, currencies in _several_currencies():
        yield Finding("several_currencies", session, f"{currencies} currencies in one line-up")


@prepared_values
def _several_pinned() -> QuerySet[Slot, tuple[str, int]]:
    pinned = Slot.objects.filter(pinned=True).order_by().values("session_id").annotate(slots=Count("id"))
    return pinned.filter(slots__gt=1).values_list("session_id", "slots")


@prepared_values
def _several_currencies() -> QuerySet[Slot, tuple[str, int]]:
    priced = Slot.objects.order_by().values("session_id")
    counted = priced.annotate(currencies=Count("currency", distinct=True))
    return counted.filter(currencies__gt=1).values_list("session_id", "currencies")


@prepared
def _oversold_slots() -> QuerySet[Slot]:
    over_allocated = Q(allocation__isnull=False, taken__gt=F("allocation"))
    return Slot.objects.filter(Q(taken__lt=0) | over_allocated)


@prepared
def _slots_pinned_off_air() -> QuerySet[Slot]:
    return Slot.objects.filter(pinned=True).exclude(session__state__in=ON_AIR)


def _deals() -> Iterator[Finding]:
    for deal in _oversold_deals():
        yield Finding("deal_oversold", deal.id, f"{deal.taken} taken of {deal.quota}")
    for deal in _deals_open_off_air():
        yield Finding("deal_open_off_air", deal.id, "open in a session that is not on air")
    for deal in _misplaced_deals():
        yield Finding("deal_misplaced", deal.id, "its slot belongs to another session")


@prepared
def _oversold_deals() -> QuerySet[Deal]:
    return Deal.objects.filter(Q(taken__lt=0) | Q(taken__gt=F("quota")))


@prepared
def _deals_open_off_air() -> QuerySet[Deal]:
    return Deal.objects.filter(closed_at=None).exclude(session__state__in=ON_AIR)


@prepared
def _misplaced_deals() -> QuerySet[Deal]:
    return Deal.objects.exclude(slot__session_id=F("session_id"))


def _streamers() -> Iterator[Finding]:
    for streamer, sessions in _several_on_air():
        yield Finding("several_on_air", streamer, f"{sessions} sessions on air at once")


@prepared_values
def _several_on_air() -> QuerySet[Session, tuple[str, int]]:
    streamers = Session.objects.filter(state__in=ON_AIR).order_by().values("streamer_id")
    counted = streamers.annotate(sessions=Count("id")).filter(sessions__gt=1)
    return counted.values_list("streamer_id", "sessions")
