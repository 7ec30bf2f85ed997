"""How far people went in a show: they came, bought, paid, kept something. Only what is recorded.

Who only looked into the bag, or tried to buy and was refused, is not written down.
"""

from dataclasses import dataclass

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace

from marketplace.reports.queries.sales import DELIVERABLE, paid
from orders.models import Order, OrderLine
from streams.models import Attendance


@dataclass(frozen=True, slots=True)
class Reach:
    """People of a show: ``buyers`` placed an order, ``came`` watched its room or bought without it."""

    came: int
    buyers: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many people were left at each step; nobody is counted twice in one."""

    came: int
    bought: int
    paid: int
    kept: int


def reach(session_id: str) -> Reach:
    """Return how many people a show reached; two queries."""
    watched = Attendance.objects.filter(session_id=session_id).order_by()
    digits = Replace(Cast("buyer", CharField()), Value("-"), Value(""))
    orders = Order.objects.filter(session_id=session_id).order_by()
    counted = orders.annotate(viewer=Concat(Value("usr_"), digits, output_field=CharField())).aggregate(
        buyers=Count("buyer", distinct=True),
        strangers=Count("buyer", distinct=True, filter=~Q(viewer__in=watched.values("viewer"))),
    )
    return Reach(came=watched.count() + counted["strangers"], buyers=counted["buyers"])


def funnel(session_id: str, lines: QuerySet[OrderLine]) -> Funnel:
    """Return how far people went who came to a show, and bought of these lines; three queries."""
    kept = Q(state__in=DELIVERABLE, refunded__lt=F("amount"))
    counted = lines.aggregate(
        bought=Count("buyer", distinct=True),
        paid=Count("buyer", distinct=True, filter=paid()),
        kept=Count("buyer", distinct=True, filter=kept),
    )
    return Funnel(came=reach(session_id).came, **counted)
