"""Limits on how often somebody may do something: atomic, smooth, shared by all processes through Redis.

The algorithm is GCRA (the generic cell rate algorithm, ITU-T I.371): one number per caller, the time at which
the bucket would be empty again. ``"600/m"`` lets 600 requests through at once and then ten a second.

With ``REDIS_URL`` the number lives in Redis and a Lua script moves it, by Redis' own clock. When Redis is
away this process decides alone, by the same rules, and says so once: a limiter must never be the reason that
nothing works.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from redis.commands.core import AsyncScript

from marketplace import metrics
from marketplace.errors import RateLimited

logger = structlog.get_logger(__name__)

REDIS_TIMEOUT = 0.25
REDIS_RETRY = 5.0
LOCAL_ENTRIES = 100_000

_MICRO = 1_000_000
_PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE = re.compile(r"([1-9][0-9]{0,8})/([smhd])")
_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local empty_at = tonumber(redis.call('GET', KEYS[1])) or now
if empty_at < now then empty_at = now end
local next_at = empty_at + step * cost
local wait = next_at - step * burst - now
if wait > 0 then return {wait, empty_at - now} end
redis.call('SET', KEYS[1], string.format('%.0f', next_at), 'PX', math.ceil((next_at - now) / 1000) + 1)
return {0, next_at - now}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a period, in seconds; all of them may come at once."""

    count: int
    period: int

    @property
    def step(self) -> int:
        """Return the microseconds after which one more request is free."""
        return self.period * _MICRO // self.count


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limit says about one request. ``reset`` and ``retry_after`` are whole seconds, rounded up."""

    name: str
    rate: Rate
    allowed: bool
    remaining: int
    reset: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers, and Retry-After for a refusal."""
        fields = {
            "RateLimit-Policy": f'"{self.name}";q={self.rate.count};w={self.rate.period}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.reset}',
        }
        return fields if self.allowed else {**fields, "Retry-After": str(self.retry_after)}

    def refusal(self) -> RateLimited:
        """Return the error for a request that is not allowed."""
        return RateLimited(data={"limit": self.name}, retry_after=self.retry_after)


def check(name: str, subject: str, *, cost: int = 1) -> Verdict:
    """Count one request of ``subject``, a public id or an address, against a limit of RATE_LIMITS."""
    rate = rate_of(name)
    if _redis_is_wanted():
        try:
            answer = _sync_script(settings.REDIS_URL)([_key(name, subject)], [rate.step, rate.count, cost])
        except redis.RedisError as error:
            _redis_failed(error)
        else:
            _redis_answered()
            return _verdict(name, rate, *answer)
    return check_local(name, subject, cost=cost)


async def acheck(name: str, subject: str, *, cost: int = 1) -> Verdict:
    """Do what ``check`` does, on an event loop."""
    rate = rate_of(name)
    if _redis_is_wanted():
        try:
            answer = await _async_script(settings.REDIS_URL)(
                [_key(name, subject)], [rate.step, rate.count, cost]
            )
        except redis.RedisError as error:
            _redis_failed(error)
        else:
            _redis_answered()
            return _verdict(name, rate, *answer)
    return check_local(name, subject, cost=cost)


def check_local(name: str, subject: str, *, cost: int = 1) -> Verdict:
    """Count against this process's own numbers only: no input or output, for callers on a hot event loop."""
    rate = rate_of(name)
    return _verdict(name, rate, *_local.take(_key(name, subject), rate, cost, time.monotonic_ns() // 1000))


def rate_of(name: str) -> Rate:
    """Return the rate that settings give a limit; raises ImproperlyConfigured for one they do not know."""
    text = settings.RATE_LIMITS.get(name)
    if text is None:
        raise ImproperlyConfigured(f"RATE_LIMITS has no limit {name!r}.")
    return parse_rate(text)


@cache
def parse_rate(text: str) -> Rate:
    """Return the rate that ``"20/s"`` writes; the unit is s, m, h or d."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ImproperlyConfigured(f"A rate is a count and a unit, such as 20/s or 600/m, not {text!r}.")
    return Rate(count=int(match[1]), period=_PERIODS[match[2]])


def forget_local() -> None:
    """Empty this process's own numbers."""
    _local.clear()


async def aclose() -> None:
    """Close this event loop's connections to Redis; the next check opens new ones."""
    script = _async_scripts.pop(asyncio.get_running_loop(), None)
    if script is not None:
        await script.registered_client.aclose()


class _Local:
    """Bucket times of this process, at most LOCAL_ENTRIES of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._empty_at: dict[str, int] = {}

    def take(self, key: str, rate: Rate, cost: int, now: int) -> tuple[int, int]:
        """Return microseconds to wait (0: taken) and microseconds until the bucket is empty."""
        with self._lock:
            empty_at = max(self._empty_at.get(key, now), now)
            next_at = empty_at + rate.step * cost
            wait = next_at - rate.step * rate.count - now
            if wait > 0:
                return wait, empty_at - now
            if key not in self._empty_at and len(self._empty_at) >= LOCAL_ENTRIES:
                self._make_room(now)
            self._empty_at[key] = next_at
            return 0, next_at - now

    def clear(self) -> None:
        with self._lock:
            self._empty_at.clear()

    def _make_room(self, now: int) -> None:
        self._empty_at = {key: empty_at for key, empty_at in self._empty_at.items() if empty_at > now}
        for key in list(self._empty_at)[: max(0, len(self._empty_at) - LOCAL_ENTRIES * 9 // 10)]:
            del self._empty_at[key]


class _Outage:
    """Whether Redis was away at the last try, and when to try again."""

    def __init__(self) -> None:
        self.retry_at = 0.0

    @property
    def on(self) -> bool:
        return self.retry_at > 0


_local = _Local()
_outage = _Outage()
_Script = Callable[[list[str], list[int]], list[int]]
_async_scripts: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncScript] = WeakKeyDictionary()


def _key(name: str, subject: str) -> str:
    return f"hawker:limit:{name}:{subject}"


def _verdict(name: str, rate: Rate, wait: int, filled: int) -> Verdict:
    if wait > 0:
        metrics.RATE_LIMITED.labels(limit=name).inc()
    return Verdict(
        name=name,
        rate=rate,
        allowed=wait <= 0,
        remaining=max(0, rate.count - ceil(filled / rate.step)),
        reset=ceil(filled / _MICRO),
        retry_after=ceil(wait / _MICRO),
    )


def _redis_is_wanted() -> bool:
    return bool(settings.REDIS_URL) and (not _outage.on or time.monotonic() >= _outage.retry_at)


def _redis_failed(error: redis.RedisError) -> None:
    if not _outage.on:
        logger.warning("limiter_redis_away", error=str(error))
    _outage.retry_at = time.monotonic() + REDIS_RETRY
    metrics.LIMITER_FALLBACKS.inc()


def _redis_answered() -> None:
    if _outage.on:
        _outage.retry_at = 0.0
        logger.info("limiter_redis_back")


@cache
def _sync_script(url: str) -> _Script:
    client = redis.Redis.from_url(url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT)
    return client.register_script(_SCRIPT)


def _async_script(url: str) -> AsyncScript:
    loop = asyncio.get_running_loop()
    if loop not in _async_scripts:
        client = redis.asyncio.Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT
        )
        _async_scripts[loop] = client.register_script(_SCRIPT)
    return _async_scripts[loop]
