"""``manage.py simulate``: a whole show with a host and a crowd, played against a running marketplace."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from marketplace import clock_follower
from marketplace.demo.show_token import end_show_token, show_token
from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.lib.ports import is_own
from streams.simulator.options import BadOption, Options, Play, read_options
from streams.simulator.presets import preset_names
from streams.simulator.runner import Failed, Runner
from streams.simulator.script import BadScript

BAD_ARGUMENTS = 2
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """Play a show against a running marketplace, check it and report."""

    help = "Play a simulated show against a running marketplace, check that every rule held, and report."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        presets = ", ".join(preset_names())
        parser.add_argument("--preset", default="taobao_live", help=f"{presets}, or a script FILE.toml")
        parser.add_argument("--viewers", type=int, default=300, help="people in the crowd")
        parser.add_argument("--minutes", type=float, help="length of the show; the script's own if left out")
        parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than real time")
        parser.add_argument("--seed", type=int, default=7, help="decides what every viewer does")
        parser.add_argument("--report", help="the page to write, PATH.html; the figures go into PATH.json")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the marketplace")
        parser.add_argument(
            "--token",
            default="",
            help="a streamer's token with sessions:host, catalogue:write and sandbox, and for --days"
            " orders:write and returns:write; made in the local database if left out",
        )
        parser.add_argument(
            "--processes", type=int, default=1, help="processes that the crowd is spread over"
        )
        parser.add_argument(
            "--days",
            type=int,
            default=0,
            help="days behind the show to play too: parcels, returns, refunds; moves the sandbox's clock",
        )
        parser.add_argument("--loop", action="store_true", help="play show after show until stopped")

    def handle(self, *_args: Any, **given: Any) -> None:
        names = Options.__dataclass_fields__
        given["report"] = given["report"] or str(Path(settings.VAR_DIR) / "simulation.html")
        try:
            play = read_options(Options(**{name: given[name] for name in names}))
        except (BadOption, BadScript) as wrong:
            raise CommandError(str(wrong), returncode=BAD_ARGUMENTS) from None
        if not play.options.token and not is_own(urlsplit(play.options.url).hostname or ""):
            raise CommandError(
                f"Give --token: for {play.options.url}, which is another machine, none can be made here.",
                returncode=BAD_ARGUMENTS,
            )
        runner = Runner(play, out=sys.stdout)
        before = {name: signal.signal(name, runner.stop) for name in STOP_SIGNALS}
        try:
            held = runner.run(token=lambda: _token(play))
        except Failed as failure:
            raise CommandError(str(failure), returncode=1) from None
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
        if not held:
            raise CommandError("A rule broke; the report says which.", returncode=1)


@contextmanager
def _token(play: Play) -> Iterator[str]:
    """Yield the given token, or one that is made for this show and revoked behind it."""
    if play.options.token:
        yield play.options.token
        return
    script = play.script
    try:
        clock_follower.follow()
        made = show_token(
            streamer=script.streamer,
            brand=script.brand,
            categories={product.category for product in script.products if product.category},
            now=clock.now(),
        )
    except (DatabaseError, DomainError, RuntimeError) as no:
        raise Failed(f"No token could be made in the local database ({no}). Give one with --token.") from no
    try:
        yield made.secret
    finally:
        end_show_token(made, now=clock.now())
