"""Background work of the catalogue."""

import structlog
from celery import shared_task

from marketplace import idempotency, pictures
from marketplace.lib import clock

logger = structlog.get_logger(__name__)

BATCH = 200
RECORDS = 5_000


@shared_task(ignore_result=True)
def sweep_orphan_pictures() -> None:
    """Remove picture files that no product uses. Every hour; harmless when two run at once."""
    names = pictures.orphans(now=clock.machine_now(), batch=BATCH)
    for name in names:
        pictures.discard(name)
    if names:
        logger.info("orphan_pictures_removed", count=len(names))


@shared_task(ignore_result=True)
def sweep_idempotency_records() -> None:
    """Delete answers that are kept no longer. Every hour."""
    while idempotency.purge(now=clock.now(), batch=RECORDS) == RECORDS:
        pass
