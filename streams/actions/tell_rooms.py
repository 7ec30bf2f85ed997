"""Tells rooms about units that moved outside of them, or faster than they may hear."""

from collections.abc import Iterable
from datetime import datetime

from marketplace.lib.atomic import action
from streams import factlog, stock_facts
from streams.models import Session


def tell_rooms(*, variant_ids: Iterable[str], now: datetime) -> None:
    """Tell every room on air that sells one of these variants what is left of it."""
    with action():
        rooms = factlog.lock_all(stock_facts.rooms_selling(variant_ids))
        stock_facts.tell(rooms.values(), now=now)


def tell_stale_rooms(*, session_ids: Iterable[str], now: datetime) -> list[str]:
    """Tell those of these rooms that have not heard of the latest counts yet.

    Returns the ids of the rooms that have heard from another process just now, and are still stale.
    """
    with action():
        stale = Session.objects.filter(id__in=set(session_ids), stock_stale=True).values_list("id", flat=True)
        return stock_facts.tell(factlog.lock_all(stale).values(), now=now)


def tell_rooms_again(*, session_ids: Iterable[str], now: datetime) -> None:
    """Tell these rooms what moved without a bell; a room whose counts are as it heard them hears nothing."""
    with action():
        stock_facts.tell(factlog.lock_all(session_ids).values(), now=now)
