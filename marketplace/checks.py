"""System checks: combinations of settings that would lose orders or leave doors open are refused at start."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from marketplace.models import SandboxClock

TAG = "hawker"
#: The table of the sandbox's clock.
CLOCK = SandboxClock._meta.db_table  # noqa: SLF001 - Django documents it


def refuse_bad_settings() -> None:
    """Raise ImproperlyConfigured, saying what to set, when a check finds an error; a web process calls it."""
    found = run_checks(tags=[TAG], include_deployment_checks=settings.PRODUCTION)
    errors = [message for message in found if message.is_serious()]
    if errors:
        raise ImproperlyConfigured(" ".join(f"{error.msg} {error.hint}" for error in errors))


@register(TAG)
def embedded_means_one_process(**_: Any) -> Sequence[CheckMessage]:
    """Embedded mode has its worker, its channel layer or its database inside one process."""
    if settings.WEB_PROCESSES == 1:
        return []
    missing = [
        name
        for name, there in (("DATABASE_URL", settings.SCALED), ("REDIS_URL", settings.REDIS_URL))
        if not there
    ]
    return [
        Error(
            f"WEB_PROCESSES is {settings.WEB_PROCESSES}; without {name} there can be one web process only.",
            hint=f"Set {name}, or WEB_PROCESSES=1.",
            id=f"hawker.E00{number}",
        )
        for number, name in enumerate(missing, start=1)
    ]


@register(TAG)
def both_or_neither(**_: Any) -> Sequence[CheckMessage]:
    """Redis connects processes that must then share a database too."""
    if settings.REDIS_URL and not settings.SCALED:
        return [
            Error(
                "REDIS_URL is set and DATABASE_URL is not: processes cannot share an SQLite database.",
                hint="Set DATABASE_URL to a PostgreSQL database, or unset REDIS_URL for embedded mode.",
                id="hawker.E003",
            )
        ]
    return []


@register(TAG, deploy=True)
def production_is_closed(**_: Any) -> Sequence[CheckMessage]:
    """A production deployment names its hosts and its payment company, and does not debug."""
    errors: list[CheckMessage] = []
    if settings.PRODUCTION and not settings.ALLOWED_HOSTS:
        errors.append(
            Error(
                "ALLOWED_HOSTS is empty: every request would be refused.",
                hint="Set ALLOWED_HOSTS to the names that people reach the site by, separated by commas.",
                id="hawker.E004",
            )
        )
    if settings.PRODUCTION and settings.DEBUG:
        errors.append(
            Error(
                "DEBUG is on in production: error pages would show settings.",
                hint="Unset DEBUG.",
                id="hawker.E005",
            )
        )
    if settings.PRODUCTION and not settings.GATEWAY_URL:
        errors.append(
            Error(
                "GATEWAY_URL is empty: the payment company's simulator does not exist in production.",
                hint="Set GATEWAY_URL to the address of the payment company's API.",
                id="hawker.E006",
            )
        )
    return errors


@register(Tags.database)
def production_keeps_time(databases: Sequence[str] | None = None, **_: Any) -> Sequence[CheckMessage]:
    """A sandbox whose clock was moved holds rows of the future, which production would take for facts."""
    if not settings.PRODUCTION:
        return []
    return [
        Error(
            "This database was a sandbox whose clock has been moved: it holds facts of the future.",
            hint="Use a database of its own for production, or MARKETPLACE_MODE=sandbox for this one.",
            id="hawker.E007",
        )
        for name in databases or ()
        if CLOCK in connections[name].introspection.table_names()
        and SandboxClock.objects.using(name).exclude(ahead=timedelta(0)).exists()
    ]
