"""The bell that rings when a message of the gateway has been kept, for whoever applies it.

Apps add a callable in their ``AppConfig.ready``. A bell that is lost costs seconds: sweeps read the inbox
too.
"""

from collections.abc import Callable

import structlog

logger = structlog.get_logger(__name__)

webhook_arrived: list[Callable[[], object]] = []


def ring_webhook_arrived() -> None:
    """Tell every listener; one that fails is logged and silences no other."""
    for bell in webhook_arrived:
        try:
            bell()
        except Exception:
            logger.exception("bell_failed", bell=repr(bell))
