"""``manage.py clock``: the sandbox's clock, and moving it."""

import re
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace import clock_follower
from marketplace.checks import TAG
from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.sandbox.advance import MOST_SECONDS, advance

ACTOR = "manage.py"
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Command(BaseCommand):
    """Print the marketplace's time, or move it and print what ran."""

    help = "Show the marketplace's time; `clock advance 7d` moves it and does what becomes due on the way."
    requires_system_checks = (TAG,)  # of the settings: all others take a third of a second

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step")
        ahead = steps.add_parser("advance", help="move the clock ahead")
        ahead.add_argument("by", help="how far: 90s, 15m, 2h or 30d, at most 400d")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Show or move."""
        if not settings.SANDBOX:
            raise CommandError(
                "Production goes by the machine's clock; only a sandbox has one that can be moved."
            )
        clock_follower.follow()
        if options["step"] == "advance":
            self._advance(seconds_of(options["by"]))
        self.stdout.write(f"It is {clock.to_wire(clock.now())}, {clock.ahead()} ahead of this machine.")

    def _advance(self, seconds: int) -> None:
        while seconds:
            try:
                move = advance(seconds=seconds, actor=ACTOR)
            except DomainError as error:
                raise CommandError(f"{error.message} {error.cure}") from error
            for each in move.ran:
                self.stdout.write(f"{clock.to_wire(each.at)}  {each.count:>6}  {each.what}")
            for name in move.failed:
                self.stderr.write(f"{name} failed; the log says why.")
            seconds = move.left_seconds


def seconds_of(text: str) -> int:
    """Return the seconds that ``7d`` writes; raises CommandError."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 1 <= seconds <= MOST_SECONDS:
        raise CommandError(f"{text} is not a time such as 90s, 15m, 2h or 30d, of at most 400d.")
    return seconds
