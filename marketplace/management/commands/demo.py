"""``manage.py demo``: a small marketplace to look around in, with shows past, live and to come."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace import clock_follower
from marketplace.actions.tokens import create_token, revoke_token
from marketplace.demo.build import OtherViewer, build
from marketplace.demo.people import PASSWORD
from marketplace.lib import clock
from marketplace.models import ApiToken, User
from marketplace.models.tokens import Scope

TOKEN = "demo"  # noqa: S105 - the name of the tokens

#: Whose tokens are printed, and what they may do.
TOKENS = {
    "viewer": [Scope.ORDERS_WRITE],
    "streamer": [Scope.SESSIONS_HOST, Scope.ORDERS_WRITE],
    "brand": [Scope.CATALOGUE_WRITE, Scope.ORDERS_WRITE],
}


class Command(BaseCommand):
    """Make the demo once; every run prints who can sign in, and fresh tokens."""

    help = "Make demo data and print its accounts, tokens and the live session. Sandbox mode only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date before")

    def handle(self, *_args: Any, migrate: bool, **_options: Any) -> None:
        """Make what is missing and print the way in."""
        if not settings.SANDBOX:
            raise CommandError("Demo passwords are known to everybody: use MARKETPLACE_MODE=sandbox.")
        if migrate:
            call_command("migrate", verbosity=0)
        clock_follower.follow()
        now = clock.now()
        try:
            with _quiet():
                session = build(now)
        except OtherViewer as taken:
            raise CommandError(
                "There is an account called viewer that this demo did not make, perhaps of an earlier"
                " version: use another database (SQLITE_PATH, DATABASE_URL), or remove this one (make clean)."
            ) from taken
        self.stdout.write(f"Live session: {session.id}")
        self.stdout.write(f"Accounts, all with the password {PASSWORD}, and a token each for the API:")
        for name, scopes in TOKENS.items():
            self.stdout.write(f"  {name:<9} {_fresh_token(name, scopes, now)}  ({', '.join(scopes)})")
        self.stdout.write("  theo, lulu (other streamers), admin (administration at /admin/)")


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what every step of the past would log, and that no static files have been collected."""
    logging.disable(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No directory at", UserWarning)
            yield
    finally:
        logging.disable(logging.NOTSET)


def _fresh_token(username: str, scopes: list[Scope], now: datetime) -> str:
    """Return a new token in place of those that earlier runs printed."""
    user = User.objects.get(username=username)
    for old in ApiToken.objects.filter(user=user, name=TOKEN):
        revoke_token(user=user, token_id=old.id, now=now)
    _, secret = create_token(user=user, name=TOKEN, scopes=scopes, expires_at=None, now=now)
    return secret
