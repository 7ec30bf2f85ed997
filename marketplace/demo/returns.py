"""How what was bought in past shows comes back: each purchase goes on along its course, step by step."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.demo.art.pictures import product_picture
from marketplace.demo.courses import Course
from marketplace.demo.purchases import Purchase
from marketplace.lib import rows
from orders.models import Order, OrderLine, Shipment
from refunds import evidence
from refunds import tasks as refunds_tasks
from refunds.actions.request_return import request_return
from refunds.actions.show_evidence import add_evidence
from refunds.eligibility import Wish
from refunds.models import Return

#: How long everybody takes for a step.
PAUSE = timedelta(hours=5)


def move_on(purchases: Sequence[Purchase], made: datetime, now: datetime) -> None:
    """Do for each purchase what is next, unless that has happened, and what deadlines do by themselves."""
    refunds_tasks.sweep_due_returns()
    lines = _bought(purchases)
    asked = rows.fetch(Return, [line.id for line in lines.values()], by="line")
    cases = {case.line_id: case for case in asked}
    waiting = {line.order_id for line in lines.values() if line.id not in cases}
    parcels = rows.fetch(Shipment, waiting, by="order")
    there = {each.order_id for each in parcels if each.delivered_at and now - each.delivered_at >= PAUSE}
    for purchase in purchases:
        line = lines.get((purchase.buyer.id, purchase.key))
        if line is None or purchase.course is None:
            continue
        case = cases.get(line.id)
        if case is None:
            if line.order_id in there:
                _ask(line, purchase.course, made, now)
        elif (step := purchase.course.path.get(case.state)) and now - case.updated_at >= PAUSE:
            step(case, now)


def _bought(purchases: Sequence[Purchase]) -> dict[tuple[str, str], OrderLine]:
    """Return the line of each purchase that was granted, by its buyer and its key."""
    keys = {purchase.key for purchase in purchases}
    orders = {order.id: order for order in rows.where(Order, f"key IN ({rows.marks(keys)})", [*keys])}
    lines = rows.fetch(OrderLine, orders, by="order")
    return {(line.buyer_id, orders[line.order_id].key): line for line in lines}


def _ask(line: OrderLine, course: Course, made: datetime, now: datetime) -> None:
    """Ask for the money of goods that are there, not sooner than the course says."""
    if course.waits is not None and now < made - course.waits:
        return
    request_return(
        line_id=line.id,
        buyer_id=line.buyer_id,
        wish=Wish(units=1, type=course.type, reason=course.reason, share=course.share),
        text=course.text,
        evidence=_shown(line, course.shows, now),
        now=now,
    )


def _shown(line: OrderLine, motif: str, now: datetime) -> list[str]:
    """Upload the picture of a motif; nothing for none."""
    if not motif:
        return []
    picture = SimpleUploadedFile("picture.png", product_picture(motif), "image/png")
    with evidence.stored(picture) as file:
        return [add_evidence(return_id=None, file=file, owner_id=line.buyer_id, now=now).id]
