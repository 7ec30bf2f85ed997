"""Background work of sessions: bells and the sweeps that find what a lost bell missed."""

import structlog
from celery import shared_task

from marketplace import pictures
from marketplace.lib import clock
from streams.actions.deals import close_due_deals
from streams.actions.sessions import COVERS
from streams.actions.tell_rooms import tell_rooms, tell_rooms_again, tell_stale_rooms
from streams.actions.tickets import purge_tickets
from streams.queries.due import rooms_on_air, stale_rooms, used_by_covers

logger = structlog.get_logger(__name__)

DEALS = 50
ROOMS = 200
TICKETS = 1_000
FILES = 200


@shared_task(ignore_result=True)
def tell_rooms_of(variant_ids: list[str]) -> None:
    """Tell the rooms that sell these variants what is left. Rung by the catalogue."""
    tell_rooms(variant_ids=variant_ids, now=clock.now())


def ring_stock_moved(variant_ids: list[str]) -> None:
    """Ring for ``tell_rooms_of``; a listener of ``marketplace.bells.stock_moved``."""
    tell_rooms_of.delay(variant_ids)


@shared_task(ignore_result=True)
def sweep_due_deals() -> None:
    """Close the deals whose time is over. Every second."""
    closed = DEALS
    while closed == DEALS:
        closed = close_due_deals(now=clock.now(), limit=DEALS)


@shared_task(ignore_result=True)
def sweep_stale_rooms() -> None:
    """Tell the rooms whose units moved faster than they may hear. Every second."""
    for session_id in stale_rooms(limit=ROOMS):
        tell_stale_rooms(session_ids=[session_id], now=clock.now())


@shared_task(ignore_result=True)
def sweep_untold_rooms() -> None:
    """Tell the rooms on air what moved without their being told, since a bell was lost. Every 10 seconds."""
    for session_id in rooms_on_air():
        tell_rooms_again(session_ids=[session_id], now=clock.now())


@shared_task(ignore_result=True)
def sweep_tickets() -> None:
    """Delete tickets that have expired. Every 10 minutes."""
    deleted = TICKETS
    while deleted == TICKETS:
        deleted = purge_tickets(now=clock.now(), limit=TICKETS)


@shared_task(ignore_result=True)
def sweep_orphan_covers() -> None:
    """Remove cover files that no session uses. Every hour."""
    names = pictures.orphans(now=clock.machine_now(), batch=FILES, folder=COVERS, used=used_by_covers)
    for name in names:
        pictures.discard(name)
    if names:
        logger.info("orphan_covers_removed", count=len(names))
