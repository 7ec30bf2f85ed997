"""The bell that rings when a message of the gateway has been kept, for whoever applies it.

Apps add a callable in their ``AppConfig.ready``. A bell that is lost costs seconds: sweeps read the inbox
too.
"""

from collections.abc import Callable

import structlog

logger = structlog.get_logger(__name__)

#: Called with the message's type.
webhook_arrived: list[Callable[[str], object]] = []


def ring_webhook_arrived(type_: str) -> None:
    """Tell every listener; one that fails is logged and silences no other."""
    for bell in webhook_arrived:
        try:
            bell(type_)
        except Exception:
            logger.exception("bell_failed", bell=repr(bell))
