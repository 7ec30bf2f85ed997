"""What must be true of the rows after any race: nothing oversold, counters are the lines, audits agree."""

import contextlib
from collections import Counter
from io import StringIO
from itertools import pairwise

from django.core.management import call_command
from django.db.models import QuerySet, Sum

from marketplace.models import Fact, StockLevel
from orders.models import Order, OrderLine
from orders.states import TAKES_UNITS
from streams.models import Deal, RoomEvent, Session, Slot
from streams.stock_facts import LEAST_PAUSE
from tests.servers import wait_until


def audit() -> str:
    """Return what ``manage.py audit`` prints."""
    output = StringIO()
    with contextlib.suppress(SystemExit):  # its exit code when there are findings
        call_command("audit", stdout=output)
    return output.getvalue()


def check_books(session_id: str) -> int:
    """Hold every counter of a session's line-up against its lines; return how many units are sold."""
    lines = OrderLine.objects.filter(session_id=session_id, state__in=TAKES_UNITS)
    units = int(lines.aggregate(units=Sum("quantity", default=0))["units"])
    assert _counted(lines, "slot_id") == _kept(Slot, session_id)
    assert _counted(lines.exclude(deal=None), "deal_id") == _kept(Deal, session_id)
    for variant_id in Slot.objects.filter(session_id=session_id).values_list("variant_id", flat=True):
        level = StockLevel.objects.get(variant_id=variant_id)
        held = OrderLine.objects.filter(variant_id=variant_id, state="pending_payment")
        assert level.held == held.aggregate(units=Sum("quantity", default=0))["units"]
        assert 0 <= level.held <= level.on_hand
    orders = set(Order.objects.values_list("id", flat=True))
    facts = Counter(Fact.objects.filter(type="order.placed").values_list("subject", flat=True))
    assert facts == dict.fromkeys(orders, 1)
    assert audit() == "0 findings\n"
    return units


def last_seq(session_id: str) -> int:
    """Return the number of the room's last fact, once nothing that moved is still to be told."""
    session = Session.objects.filter(id=session_id)
    wait_until(
        lambda: not session.filter(stock_stale=True).exists(), seconds=5, what="the room has heard everything"
    )
    return session.get().last_seq


def check_pauses(session_id: str) -> None:
    """Hold a room's log against the promise of at most ten ``stock.changed`` a second."""
    facts = RoomEvent.objects.filter(session_id=session_id, type="stock.changed").order_by("seq")
    moments = list(facts.values_list("at", flat=True))
    assert min(later - earlier for earlier, later in pairwise(moments)) >= LEAST_PAUSE


def last_counts(session_id: str) -> dict[str, tuple[int, int]]:
    """Return (left, sold) of each slot, or open deal, as the room last heard of it."""
    told = {}
    for event in RoomEvent.objects.filter(session_id=session_id, type="stock.changed").order_by("seq"):
        for change in event.payload["changes"]:
            told[change["deal"] or change["slot"]] = (change["left"], change["sold"])
    return told


def _counted(lines: QuerySet[OrderLine], by: str) -> dict[str, int]:
    return dict(lines.order_by().values_list(by).annotate(units=Sum("quantity")))


def _kept(model: type[Slot] | type[Deal], session_id: str) -> dict[str, int]:
    counters = model._default_manager.filter(session_id=session_id).exclude(taken=0)
    return dict(counters.values_list("id", "taken"))
