"""Figures for Prometheus, in a registry of this process's own.

Every process answers ``/metrics`` for itself, so several of them are scraped one by one. Labels are few by
construction: routes are templates, never paths, and no label holds an id.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "hawker_http_requests_total", "Answered HTTP requests.", ["method", "route", "status"], registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "hawker_http_request_seconds",
    "Time from the first middleware to the answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
RATE_LIMITED = Counter(
    "hawker_rate_limited_total", "Requests and commands refused by a limit.", ["limit"], registry=REGISTRY
)
LIMITER_FALLBACKS = Counter(
    "hawker_limiter_fallbacks_total",
    "Limits decided by this process alone: Redis was away.",
    registry=REGISTRY,
)
PURCHASES = Counter(
    "hawker_purchases_total", "Purchase requests by outcome: accepted, or a refusal's code.", ["outcome"],
    registry=REGISTRY,
)  # fmt: skip
ADMISSION_BATCH = Histogram(
    "hawker_admission_batch_size",
    "Purchase requests decided in one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    registry=REGISTRY,
)
ADMISSION_SECONDS = Histogram(
    "hawker_admission_batch_seconds",
    "Time of one admission transaction.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
ADMISSION_QUEUE = Gauge(
    "hawker_admission_queue_depth", "Purchase requests that wait for the next batch.", registry=REGISTRY
)
CHAT_MESSAGES = Counter(
    "hawker_chat_messages_total",
    "Decided chat messages: accepted, or a refusal's code.",
    ["outcome"],
    registry=REGISTRY,
)
ROOM_VIEWERS = Gauge("hawker_room_viewers", "Open room sockets of this process.", registry=REGISTRY)
HUB_DELIVERIES = Counter(
    "hawker_hub_deliveries_total",
    "Frames written to viewers: fact, ambient or reply.",
    ["kind"],
    registry=REGISTRY,
)
HUB_SLOW_VIEWERS = Counter(
    "hawker_hub_slow_viewers_total", "Viewers closed because they read too slowly.", registry=REGISTRY
)

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def observe_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request under its route template, such as ``/api/v1/orders/{order_id}``."""
    known = method if method in _METHODS else "OTHER"
    REQUESTS.labels(known, route, str(status)).inc()
    REQUEST_SECONDS.labels(known, route).observe(seconds)


def exposition() -> bytes:
    """Return every figure of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)
