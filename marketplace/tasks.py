"""Background work of the catalogue."""

import structlog
from celery import shared_task

from marketplace import pictures
from marketplace.lib import clock

logger = structlog.get_logger(__name__)

BATCH = 200


@shared_task(ignore_result=True)
def sweep_orphan_pictures() -> None:
    """Remove picture files that no product uses. Every hour; harmless when two run at once."""
    names = pictures.orphans(now=clock.now(), batch=BATCH)
    for name in names:
        pictures.discard(name)
    if names:
        logger.info("orphan_pictures_removed", count=len(names))
