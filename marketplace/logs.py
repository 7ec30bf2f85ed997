"""Structured logs: one line of JSON per event in production, readable lines on a console otherwise.

``django-structlog`` is not used: it hangs a dozen signal receivers on every request and writes the user and
address into each line. Binding the request id takes the few lines of ``marketplace.middleware``.

Request bodies are never logged. What looks like a token, a webhook secret or a card number is struck out of
every finished line, tracebacks included, whatever a caller put into it.
"""

import logging
import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from marketplace.lib import clock

STRUCK_OUT = "[hidden]"

_SECRET_KEYS = frozenset({
    "authorization", "body", "card", "card_number", "cookie", "cvc", "password", "secret", "ticket", "token",
})  # fmt: skip
_SECRETS = re.compile(r"\b(?:hwk_|whsec_)[0-9A-Za-z+/=_-]{8,}")
_CARDS = re.compile(r"(?<![0-9A-Za-z_.-])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z_.-])")


def configure(config: dict[str, Any]) -> None:
    """Set up logging.

    Django calls this with ``settings.LOGGING``: ``{"level": "INFO", "format": "json"}``.
    """
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_final(config["format"])],
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": lambda: formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": config["level"]},
            "loggers": {
                # a refusal is one line of the request middleware's, not two
                "django.request": {"level": "ERROR"},
                "django": {"handlers": [], "level": "NOTSET", "propagate": True},
                "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
                # two lines a viewer, with the ticket in them
                "uvicorn": {"handlers": [], "level": "WARNING", "propagate": True},
                # several sweeps a second, each worth two lines to Celery
                "celery": {"level": "WARNING"},
                "celery.apps.worker": {"level": "INFO"},  # but one line when the worker is ready
                "httpx": {"level": "WARNING"},
                # its lines hold query strings; the request middleware's do not
                "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
            },
        }
    )
    structlog.configure(
        processors=_CHAIN,
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def strike_out(line: str) -> str:
    """Return the line with tokens, webhook secrets and card numbers hidden."""
    return _CARDS.sub(_hide_card, _SECRETS.sub(STRUCK_OUT, line))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        _add_time,
        _hide_fields,
    ]


def _final(form: str) -> list[Processor]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(), _hide_in_line]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return [plain, _hide_in_line]


def _add_time(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["at"] = clock.to_wire(clock.machine_now())
    return event


def _hide_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("request", None)  # Django's own records carry the request, whose name shows the query string
    for key in event.keys() & _SECRET_KEYS:
        event[key] = STRUCK_OUT
    return event


def _hide_in_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
    return strike_out(str(line))


def _hide_card(match: re.Match[str]) -> str:
    digits = [int(digit) for digit in match.group() if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return match.group() if (sum(digits[-1::-2]) + sum(doubled)) % 10 else STRUCK_OUT


#: One list for good: loggers keep the list that they first saw, tests put their own processor into it.
#: A line below the level costs no more than the question.
_CHAIN: list[Processor] = [
    structlog.stdlib.filter_by_level,
    *_shared(),
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]
