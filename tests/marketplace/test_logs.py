"""What stands in the logs, and what never does."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import AsyncClient, Client

from marketplace import logs
from marketplace.rest.request_ids import clean_request_id
from tests.marketplace.rest_callers import Caller

pytestmark = pytest.mark.urls("tests.marketplace.rest_site")

TOKEN = "hwk_" + "0123456789abcdef" * 4


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Configure the logs as in production and return what is written."""
    logs.configure({"level": "INFO", "format": "json"})
    written = io.StringIO()
    our_handler().setStream(written)
    yield written
    logs.configure(settings.LOGGING)


def our_handler() -> logging.StreamHandler[Any]:
    found = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    assert len(found) == 1
    return found[0]


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_line_is_json_with_what_was_bound(log: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("orders").info("sold", units=2)
        logging.getLogger("somewhere.else").warning("half %s", "full")
    ours, theirs = lines(log)
    assert ours.pop("at").endswith("Z")
    assert ours == {"event": "sold", "units": 2, "request_id": "r-1", "logger": "orders", "level": "info"}
    assert (theirs["event"], theirs["request_id"], theirs["level"]) == ("half full", "r-1", "warning")


def test_secrets_are_struck_out_wherever_they_stand(log: io.StringIO) -> None:
    logger = structlog.get_logger("payments")
    logger.info("token %s", TOKEN, header=f"Bearer {TOKEN}", token="abc", password="p", card={"n": "1"})
    logger.info("charged", note="card 4242 4242 4242 4242 and 4242424242424242", secret_name="whsec_MfKQ9r8G")
    try:
        raise ValueError(f"bad token {TOKEN}")
    except ValueError:
        logger.exception("failed")
    text = log.getvalue()
    for secret in (TOKEN, "4242424242424242", "4242 4242", "whsec_MfKQ", '"abc"', '"p"'):
        assert secret not in text
    assert text.count(logs.STRUCK_OUT) == 9
    assert "Traceback" in text


@pytest.mark.parametrize(
    "text",
    (
        "1234567812345678",
        "ord_019ab3c4d5e67f8091a2b3c4d5e6f708",
        "at 2026-11-11T12:00:00.000Z",
        "19900101 20261111 123",
        "0.4242424242424242",
    ),
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert logs.strike_out(text) == text


@pytest.mark.django_db
def test_a_request_is_one_line_without_its_secrets(
    log: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "marketplace.requests")
    caller = Caller(raise_request_exception=False)
    caller.send("POST", f"/api/v1/echo?ticket={TOKEN}", {"text": "private"}, headers={"X-Request-Id": "r-2"})
    caller.get("/api/v1/faults/other?ticket=hush", headers={"X-Request-Id": "r-3"})
    found = lines(log)
    requests = [line for line in found if line["event"] == "request"]
    assert [(line["request_id"], line["method"], line["route"], line["status"]) for line in requests] == [
        ("r-2", "POST", "/api/v1/echo", 400),
        ("r-3", "GET", "/api/v1/faults/{kind}", 500),
    ]
    faults = [line for line in found if line["level"] == "error"]
    assert [line["request_id"] for line in faults] == ["r-3"]
    assert "a fault of ours" in str(faults)
    for secret in ("private", "hush", TOKEN, "ticket"):
        assert secret not in str(found)


def test_console_lines_are_for_people(log: io.StringIO) -> None:
    logs.configure({"level": "INFO", "format": "console"})
    our_handler().setStream(log)
    structlog.get_logger("orders").info("sold", units=2, token="abc")
    line = log.getvalue()
    assert line.startswith("[info     ] sold ")
    assert "units=2" in line
    assert "abc" not in line


@pytest.mark.parametrize("given", (None, "", "a b", "é", "a" * 129, "a\n", "a\r\nSet-Cookie: x"))
def test_a_bad_request_id_is_replaced(given: str | None) -> None:
    assert uuid.UUID(clean_request_id(given)).version == 4


@pytest.mark.parametrize("given", ("a", "7f3c", "~" * 128, "req-1/2:3"))
def test_a_good_request_id_is_kept(given: str) -> None:
    assert clean_request_id(given) == given


@pytest.mark.django_db
def test_two_requests_do_not_share_an_id() -> None:
    first, second = (Client().get("/api/v1/brands").headers["X-Request-Id"] for _ in range(2))
    assert first != second
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.django_db(transaction=True)
async def test_the_middleware_runs_on_the_event_loop_too() -> None:
    response = await AsyncClient().get("/api/v1/nowhere", headers={"X-Request-Id": "r-4"})
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["request_id"] == response.headers["X-Request-Id"] == "r-4"
    assert structlog.contextvars.get_contextvars() == {}
