"""Which purchases have been made already: what an idempotency key stands for."""

from collections.abc import Iterable

from django.db import connection

from marketplace.lib import rows
from marketplace.lib.pipeline import Answer
from orders.models import Order
from orders.requests import Accepted, Placed, PurchaseRequest, ReplayKey


def find_replays(requests: Iterable[PurchaseRequest]) -> dict[ReplayKey, Placed]:
    """Return what is already ordered under these buyers and keys: one query, whatever their number."""
    return as_placed(ask_replays(requests).get())


def ask_replays(requests: Iterable[PurchaseRequest]) -> Answer[list[Order]]:
    """Ask for the orders under these buyers and keys without waiting for them."""
    pairs = sorted({request.replay_key for request in requests})
    if connection.vendor == "postgresql":
        wanted = "SELECT * FROM unnest(%s::uuid[], %s::text[])"
        parameters: list[object] = [[buyer[-32:] for buyer, _ in pairs], [key for _, key in pairs]]
    else:
        wanted = "VALUES " + ", ".join(["(%s, %s)"] * len(pairs))
        parameters = [value for buyer, key in pairs for value in (buyer[-32:], key)]
    return rows.ask_where(Order, f"(buyer_id, key) IN ({wanted})", parameters)


def as_placed(orders: Iterable[Order]) -> dict[ReplayKey, Placed]:
    """Return what a repeated request is answered, by buyer and key."""
    return {
        (order.buyer_id, order.key): Placed(order.input_hash, Accepted(order.id, order.total, order.pay_by))
        for order in orders
    }
