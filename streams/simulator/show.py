"""One show from beginning to end: stage, crowd, host, checks."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from streams.simulator import checks
from streams.simulator.afterwards import Afterwards, Days
from streams.simulator.api import Api, Refused, Unreachable
from streams.simulator.checks import Books, Check
from streams.simulator.crowd import Person
from streams.simulator.host import Host, Played
from streams.simulator.plan import show_seconds
from streams.simulator.processes import Team, team
from streams.simulator.rates import Rates
from streams.simulator.regrets import Regrets
from streams.simulator.script import Script
from streams.simulator.stage import HINTS, NoStage, Stage, begin, build_stage, put_away
from streams.simulator.tally import Tally
from streams.simulator.timeline import Timeline, sleep_until

PEOPLE_AT_ONCE = 500
SHORTEST_LEAD = 1.5
START_SECONDS = 1.0
ARRIVALS_PER_SECOND = 40
QUIET_SECONDS = 60.0
SETTLE_SECONDS = 15.0
FAREWELL_SECONDS = 1.5
SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Wanted:
    """What somebody asks of the simulator. ``pace`` is how many real seconds a script second takes."""

    url: str
    token: str
    name: str
    text: str
    script: Script
    rates: Rates
    viewers: int
    pace: float
    seed: int
    processes: int = 1
    days: int = 0
    regrets: Regrets = field(default_factory=Regrets)


@dataclass
class Outcome:
    """All that is known after a show. ``acknowledged`` are orders that viewers were told of."""

    wanted: Wanted
    stage: Stage
    timeline: Timeline
    seconds: float
    played: Played
    tally: Tally
    acknowledged: list[str]
    planned: list[dict[str, Any]]
    samples: list[dict[str, float]]
    session: dict[str, Any]
    books: Books
    checks: list[Check]
    stayed: int
    http_retries: int
    afterwards: Afterwards | None = None

    @property
    def held(self) -> bool:
        """Tell whether every rule held."""
        return all(check.held for check in self.checks)


@dataclass
class Progress:
    """What whoever watches is told, several times a second."""

    length: float
    phase: str = "setting up"
    script_second: float = 0.0
    said: str = ""
    figures: Counter[str] = field(default_factory=Counter)


Watch = Callable[[Progress], None]


async def run_show(wanted: Wanted, watch: Watch) -> Outcome:
    """Run one show and check it. Whatever happens, its session does not stay on air.

    Raises NoStage, Unreachable, and CrowdFailed when a process of viewers dies.
    """
    progress = Progress(show_seconds(wanted.script))
    watch(progress)
    async with Api(wanted.url, token=wanted.token) as api:
        people = await _people(api, wanted)
        stage = await build_stage(api, wanted.script, pace=wanted.pace)
        waiting = wanted.viewers * wanted.rates.followers * wanted.rates.waiting
        lead = max(SHORTEST_LEAD, waiting / ARRIVALS_PER_SECOND)
        timeline = Timeline(time.time() + START_SECONDS + lead, wanted.pace, lead)
        host = Host(api, wanted.script, stage, timeline, lambda said: setattr(progress, "said", said))
        async with team(_tasks(wanted, stage, timeline, people)) as crowd:
            try:
                outcome = await _play(api, wanted, stage, timeline, host, crowd, progress, watch)
            except BaseException:
                with contextlib.suppress(Refused, Unreachable, TimeoutError):
                    async with asyncio.timeout(FAREWELL_SECONDS):
                        await put_away(api, stage.session)
                raise
        if wanted.days:
            await _play_days(api, outcome, people, progress, watch)
        return outcome


async def _play_days(
    api: Api, outcome: Outcome, people: list[tuple[int, Person]], progress: Progress, watch: Watch
) -> None:
    """Play the days behind a show and add what came of them."""
    wanted = outcome.wanted

    def tell(day: int) -> None:
        progress.phase = f"day {day} of {wanted.days} behind the show"
        watch(progress)

    by_id = {person.id: (number, person) for number, person in people}
    days = Days(api, wanted.script, outcome.stage, wanted.regrets, by_id)
    outcome.afterwards, check = await days.play(
        outcome.books.orders, wanted.days, seed=wanted.seed, tell=tell
    )
    outcome.checks.append(check)


async def _play(
    api: Api,
    wanted: Wanted,
    stage: Stage,
    timeline: Timeline,
    host: Host,
    crowd: Team,
    progress: Progress,
    watch: Watch,
) -> Outcome:
    samples: list[dict[str, float]] = []
    sampling = asyncio.create_task(_sample(timeline, crowd, progress, watch, samples))
    try:
        progress.phase = "people are coming"
        await crowd.guard(sleep_until(timeline.starts_at))
        await begin(api, wanted.script, stage)
        progress.phase = "live"
        await crowd.guard(host.play())
        await put_away(api, stage.session)
        seconds = time.time() - timeline.starts_at
        progress.phase = "checking"
        is_quiet = await crowd.guard(crowd.end(QUIET_SECONDS))
        session = await api.get(f"sessions/{stage.session}")
        results = await crowd.guard(crowd.results(session["last_seq"], SETTLE_SECONDS))
    finally:
        sampling.cancel()
    tally = Tally()
    for result in results:
        tally.merge(result["tally"])
    books = await checks.read_books(api, stage.session)
    acknowledged = [order for result in results for order in result["orders"]]
    behind = [viewer for result in results for viewer in result["behind"]]
    return Outcome(
        wanted=wanted,
        stage=stage,
        timeline=timeline,
        seconds=seconds,
        played=host.played,
        tally=tally,
        acknowledged=acknowledged,
        planned=[result["planned"] for result in results],
        samples=samples,
        session=session,
        books=books,
        checks=[
            checks.not_oversold(books, stage, [fault for result in results for fault in result["faults"]]),
            checks.nothing_lost(books, acknowledged),
            checks.everybody_up_to_date(behind, session["last_seq"]),
            checks.everybody_answered(
                tally, [failure for result in results for failure in result["failures"]], is_quiet=is_quiet
            ),
            await checks.audit_is_clean(api),
        ],
        stayed=sum(result["stayed"] for result in results),
        http_retries=api.retries + sum(result["http_retries"] for result in results),
    )


async def _people(api: Api, wanted: Wanted) -> list[tuple[int, Person]]:
    """Return the crowd's people, each with a fresh token."""
    people: list[tuple[int, Person]] = []
    try:
        for first in range(0, wanted.viewers, PEOPLE_AT_ONCE):
            count = min(PEOPLE_AT_ONCE, wanted.viewers - first)
            page = await api.post("sandbox/people", {"count": count, "seed": wanted.seed, "first": first})
            made = [Person(each["id"], each["username"], each["token"]) for each in page["data"]]
            people += enumerate(made, start=first)
    except Refused as no:
        if no.status == 404:  # noqa: PLR2004 - there is no such route in production
            raise NoStage(
                "This marketplace makes no people: it is not in sandbox mode (MARKETPLACE_MODE=sandbox)."
            ) from no
        raise NoStage(HINTS.get(no.code, f"The marketplace made no people: {no}.")) from no
    return people


def _tasks(
    wanted: Wanted, stage: Stage, timeline: Timeline, people: list[tuple[int, Person]]
) -> list[dict[str, Any]]:
    """Share the people out among the processes."""
    return [
        {
            "url": wanted.url,
            "session": stage.session,
            "seed": wanted.seed,
            "name": wanted.name,
            "script": wanted.text,
            "timeline": asdict(timeline),
            "people": [[number, asdict(person)] for number, person in people[part :: wanted.processes]],
        }
        for part in range(wanted.processes)
    ]


async def _sample(
    timeline: Timeline,
    crowd: Team,
    progress: Progress,
    watch: Watch,
    samples: list[dict[str, float]],
) -> None:
    """Tell whoever watches what is going on, and keep figures for the charts."""
    while True:
        progress.script_second = timeline.script_second(time.time())
        progress.figures = crowd.figures
        samples.append({"at": progress.script_second, **progress.figures})
        watch(progress)
        await asyncio.sleep(SAMPLE_SECONDS)
