"""What a simulation is asked to do, from the command line; refused with what to write instead."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from streams.simulator.presets import preset_names, preset_path
from streams.simulator.rates import Rates, read_rates
from streams.simulator.regrets import Regrets, read_regrets
from streams.simulator.script import Script, parse_script, read_toml

MOST_SEED = 2**31 - 1
BOUNDS: dict[str, tuple[float, float]] = {
    "viewers": (1, 100_000),
    "minutes": (0.05, 24 * 60),
    "speed": (0.1, 1_000),
    "seed": (0, MOST_SEED),
    "processes": (1, 64),
    "days": (0, 60),
}


class BadOption(ValueError):
    """An option has a value that cannot be; the message says what can."""


@dataclass(frozen=True)
class Options:
    """One simulation."""

    preset: str
    viewers: int
    minutes: float | None
    speed: float
    seed: int
    report: str
    url: str
    token: str
    processes: int
    loop: bool
    days: int = 0


@dataclass(frozen=True)
class Play:
    """A script as it will be played. ``pace`` is how many real seconds a script second takes."""

    options: Options
    name: str
    text: str
    script: Script
    rates: Rates
    regrets: Regrets
    pace: float
    page: Path


def read_options(options: Options) -> Play:
    """Return what to play. Raises BadOption and BadScript."""
    for name, (low, high) in BOUNDS.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:
            raise BadOption(f"--{name} is from {low:g} to {high:,}, not {value}.")
    if options.processes > options.viewers:
        raise BadOption("--processes is at most --viewers: each process needs somebody.")
    address = urlsplit(options.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadOption(f"--url is an address such as http://127.0.0.1:8000, not {options.url!r}.")
    page = Path(options.report)
    if page.suffix != ".html":
        raise BadOption(
            f"--report is the path of a page to write, such as report.html, not {options.report!r}."
        )
    path = _script_path(options.preset)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadOption(f"--preset: {path} cannot be read: {error}.") from None
    document = read_toml(text, path.name)
    script = parse_script(document, text=text, name=path.name)
    pace = (options.minutes or script.minutes) / script.minutes / options.speed
    rates, regrets = read_rates(document, name=path.name), read_regrets(document, name=path.name)
    return Play(options, path.name, text, script, rates, regrets, pace, page)


def _script_path(preset: str) -> Path:
    known = preset_path(preset)
    if known is not None:
        return known
    if preset.endswith(".toml"):
        return Path(preset)
    names = ", ".join(preset_names())
    raise BadOption(f"--preset is one of {names}, or a script's path ending in .toml, not {preset!r}.")
