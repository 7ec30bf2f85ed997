"""Probes: alive, ready, figures."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.executor import MigrationExecutor
from django.test import AsyncClient, Client

from marketplace import health, metrics
from marketplace.health import Probe
from tests.servers import free_port


@pytest.fixture
def unchecked_migrations() -> Iterator[None]:
    """Forget that the migrations were seen to be applied."""
    health._seen.clear()
    yield
    health._seen.clear()


def test_alive_needs_no_database_no_host_and_no_session() -> None:
    response = Client().get("/healthz", headers={"Host": "10.0.0.7:8000"})
    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert not response.cookies


async def test_alive_on_the_event_loop() -> None:
    response = await AsyncClient().get("/healthz")
    assert (response.status_code, response.content) == (200, b'{"status":"alive"}')


@pytest.mark.django_db(transaction=True)
def test_ready_when_database_migrations_and_redis_are(unchecked_migrations: None) -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "migrations": "ok", "redis": "ok"}},
    )


@pytest.mark.django_db(transaction=True)
async def test_ready_on_the_event_loop() -> None:
    response = await AsyncClient().get("/readyz")
    assert response.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_redis(settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "not_ready")
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "redis": "ConnectionError"}


@pytest.mark.django_db(transaction=True)
def test_not_ready_before_the_migrations(unchecked_migrations: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = MigrationExecutor.migration_plan

    def one_missing(self: MigrationExecutor, targets: Any, clean_start: bool = False) -> Any:
        return plan(self, targets, clean_start=True)[:1]

    monkeypatch.setattr(MigrationExecutor, "migration_plan", one_missing)
    checks = Client().get("/readyz").json()["checks"]
    assert checks["migrations"].startswith("1 not applied, the first is ")


def test_a_check_that_hangs_is_given_up_and_not_started_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    started: list[int] = []

    def hang() -> str:
        started.append(1)
        go_on.wait(20)
        return ""

    monkeypatch.setattr(health, "BOUND", 0.05)
    monkeypatch.setattr(health, "_probes", {"database": Probe(hang)})
    for _ in range(3):
        response = Client().get("/readyz")
        assert (response.status_code, response.json()["checks"]) == (
            503,
            {"database": "no answer within 0.05 s"},
        )
    assert started == [1]
    go_on.set()
    health._probes["database"].start().result(5)
    assert Client().get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.urls("tests.marketplace.rest_site")
def test_figures_count_requests_by_template() -> None:
    def seen() -> float:
        labels = {"method": "GET", "route": "/api/v1/brands/{brand_id}", "status": "404"}
        return metrics.REGISTRY.get_sample_value("hawker_http_requests_total", labels) or 0.0

    before = seen()
    for number in range(2):
        Client(raise_request_exception=False).get(f"/api/v1/brands/brd_{number:032x}")
    Client().get("/api/v1/brands/17")
    labels = {"method": "GET", "route": "unmatched", "status": "404"}
    assert metrics.REGISTRY.get_sample_value("hawker_http_requests_total", labels) is not None
    assert seen() == before + 2

    response = Client().get("/metrics")
    assert response.headers["Content-Type"] == metrics.CONTENT_TYPE
    text = response.content.decode()
    assert (
        'hawker_http_request_seconds_bucket{le="0.005",method="GET",route="/api/v1/brands/{brand_id}"}'
        in text
    )
    for name in ("purchases_total", "admission_batch_size", "admission_queue_depth", "room_viewers"):
        assert f"# HELP hawker_{name}" in text
    assert "/api/v1/brands/17" not in text


def test_figures_may_want_a_token(settings: Any) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer scrape-me"}).status_code == 200


@pytest.mark.django_db
def test_the_migrations_of_the_code_are_all_there() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
