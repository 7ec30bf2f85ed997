"""Limits are exact, the same for everyone, and never the reason that nothing works."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from structlog.testing import capture_logs

from marketplace import limits, metrics
from marketplace.limits import Rate, Verdict
from marketplace.models import User
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token
from tests.servers import Server, Valkey, free_port

pytestmark = pytest.mark.urls("tests.marketplace.rest_site")


@pytest.fixture
def rates(settings: Any) -> Any:
    """Return the settings with small limits."""
    settings.RATE_LIMITS = {"default": "3/m", "anonymous": "2/m", "buy": "2/s", "chat": "5/m", "login": "2/m"}
    return settings


@pytest.fixture
def by_redis(rates: Any, server_folder: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run a Valkey of the test's own and let the limits live there, however long it takes to answer."""
    monkeypatch.setattr(limits, "REDIS_TIMEOUT", 10)
    with Valkey(server_folder) as server:
        assert isinstance(server, Valkey)
        rates.REDIS_URL = server.url()
        yield server
    limits._outage.retry_at = 0.0


@pytest.fixture
def without_redis(rates: Any) -> Any:
    """Let the limits live in this process."""
    rates.REDIS_URL = ""
    return rates


def test_a_burst_is_let_through_and_then_a_steady_flow(
    without_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000_000_000]
    monkeypatch.setattr("marketplace.limits.time.monotonic_ns", lambda: now[0])
    rate = Rate(count=3, period=60)

    assert [limits.check("default", "lin") for _ in range(4)] == [
        Verdict("default", rate, allowed=True, remaining=2, reset=20, retry_after=0),
        Verdict("default", rate, allowed=True, remaining=1, reset=40, retry_after=0),
        Verdict("default", rate, allowed=True, remaining=0, reset=60, retry_after=0),
        Verdict("default", rate, allowed=False, remaining=0, reset=60, retry_after=20),
    ]
    now[0] += 19_999_000_000
    assert limits.check("default", "lin").retry_after == 1
    now[0] += 1_000_000
    assert limits.check("default", "lin").allowed
    assert not limits.check("default", "lin").allowed
    now[0] += 60_000_000_000
    assert limits.check("default", "lin").remaining == 2


def test_a_refused_request_costs_nothing_and_a_dear_one_more(without_redis: Any) -> None:
    assert limits.check("chat", "lin", cost=4).remaining == 1
    assert not limits.check("chat", "lin", cost=2).allowed
    assert limits.check("chat", "lin").allowed


def test_limits_of_others_and_other_limits_are_apart(without_redis: Any) -> None:
    for _ in range(2):
        assert limits.check("login", "10.0.0.1").allowed
    assert not limits.check("login", "10.0.0.1").allowed
    assert limits.check("login", "10.0.0.2").allowed
    assert limits.check("default", "10.0.0.1").allowed


def test_redis_decides_as_this_process_would(by_redis: Server) -> None:
    verdicts = [limits.check("default", "lin") for _ in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert 19 <= verdicts[3].retry_after <= 20
    assert 59 <= verdicts[3].reset <= 60
    assert not limits._local._empty_at
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert 59_000 <= client.pttl("hawker:limit:default:lin") <= 60_001


async def test_redis_decides_on_a_loop_too(by_redis: Server) -> None:
    verdicts = [await limits.acheck("default", "lin") for _ in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert not limits.check("default", "lin").allowed
    await limits.aclose()


def test_a_limit_is_exact_under_parallel_requests(by_redis: Server) -> None:
    assert allowed_of_40_in_8_threads() == 5


def test_a_limit_of_this_process_is_exact_too(without_redis: Any) -> None:
    assert allowed_of_40_in_8_threads() == 5


def allowed_of_40_in_8_threads() -> int:
    allowed: list[bool] = []
    barrier = threading.Barrier(8)

    def knock() -> None:
        barrier.wait()
        allowed.extend(limits.check("chat", "lin").allowed for _ in range(5))

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(allowed)


def test_when_redis_is_away_this_process_decides_and_says_so_once(
    by_redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("marketplace.limits.time.monotonic", lambda: now[0])
    assert limits.check("default", "lin").remaining == 2
    by_redis.kill()
    with capture_logs() as lines:
        verdicts = [limits.check("default", "lin") for _ in range(4)]
        now[0] += limits.REDIS_RETRY
        limits.check("login", "lin")
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [line["event"] for line in lines] == ["limiter_redis_away"]

    by_redis.start()
    now[0] += limits.REDIS_RETRY
    with capture_logs() as lines:
        assert limits.check("default", "lin").remaining == 2
        assert limits.check("default", "lin").remaining == 1
    assert [line["event"] for line in lines] == ["limiter_redis_back"]


def test_a_redis_that_never_was_there_refuses_nobody(rates: Any) -> None:
    rates.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert limits.check("default", "lin").allowed
    limits._outage.retry_at = 0.0


def test_memory_has_a_bound(without_redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOCAL_ENTRIES", 100)
    for number in range(1000):
        limits.check_local("default", str(number))
    assert len(limits._local._empty_at) <= 100


@pytest.mark.parametrize("text", ("", "10", "10/x", "0/s", "-1/s", "1.5/s", "10/s "))
def test_a_malformed_rate_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="A rate is"):
        limits.parse_rate(text)


def test_an_unknown_limit_is_refused(rates: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="no limit 'sell'"):
        limits.check("sell", "lin")


def test_every_answer_says_what_is_left(without_redis: Any, outsider: User) -> None:
    caller = with_token(outsider)
    answers = [caller.get("/api/v1/tokens") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert answers[0].headers["RateLimit"] == '"default";r=2;t=20'
    assert problem_of(answers[3], 429, "rate_limited")["data"] == {"limit": "default"}
    assert answers[3].headers["Retry-After"] == "20"
    assert answers[3].headers["RateLimit"] == '"default";r=0;t=60'


def test_tokens_people_and_addresses_have_limits_of_their_own(without_redis: Any, outsider: User) -> None:
    callers = [with_token(outsider), with_token(outsider), with_cookie(outsider)]
    for caller in callers:
        assert [caller.get("/api/v1/tokens").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [Caller().get("/api/v1/brands").status_code for _ in range(3)] == [200, 200, 429]
    elsewhere = Caller(REMOTE_ADDR="10.1.2.3")
    assert elsewhere.get("/api/v1/brands").status_code == 200


def test_one_network_of_ipv6_is_one_address(without_redis: Any, db: None) -> None:
    addresses = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::1")
    callers = [Caller(REMOTE_ADDR=address) for address in addresses]
    assert [caller.get("/api/v1/brands").status_code for caller in callers] == [200, 200, 429, 200]


def test_refusals_are_counted(without_redis: Any) -> None:
    counter = metrics.RATE_LIMITED.labels(limit="buy")
    before = counter._value.get()
    for _ in range(3):
        limits.check("buy", "lin")
    assert counter._value.get() == before + 1
