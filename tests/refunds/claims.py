"""Delivered orders, and the ways of asking money back that the tests of returns share."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from marketplace.lib import clock
from marketplace.models import User
from orders import tasks
from orders.models import Order, OrderLine
from refunds.models import Return
from refunds.tasks import sweep_due_returns
from tests.marketplace.rest_callers import Caller, again
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay, post, ship
from tests.pictures import grey_dot

HOUR, DAY = 3_600, 86_400
NOTE = {"note": "Look again."}
PARCEL = {"carrier": "Hawker Express", "tracking_number": "RET1002003"}
PART = {"amount": {"amount": 1000, "currency": "CNY"}}


def asker(person: User) -> Caller:
    """Return a client with a token of this person that may do everything with returns."""
    return again(person, "returns:write")


def bought(shop: Shop, buyer: User, *, quantity: int = 1) -> Order:
    """Return a paid order."""
    order = buy(shop, buyer, quantity=quantity)
    assert pay(caller(buyer), order).status_code == 200
    return order


def all_delivered(shop: Shop, buyer: User, hours: Hours, *, orders: int) -> list[OrderLine]:
    """Return a line of each of some orders that arrived within the last days."""
    shipped = [bought(shop, buyer) for _ in range(orders)]
    for order in shipped:
        assert ship(caller(shop.owner), order).status_code == 201
    hours.move(5 * DAY)
    tasks.sweep_parcels()
    return list(OrderLine.objects.filter(order__in=shipped, state=OrderLine.State.DELIVERED).order_by("id"))


def delivered(shop: Shop, buyer: User, hours: Hours, *, quantity: int = 1) -> OrderLine:
    """Return the line of an order that arrived just now."""
    order = bought(shop, buyer, quantity=quantity)
    assert ship(caller(shop.owner), order).status_code == 201
    hours.move(4 * DAY)
    tasks.sweep_parcels()
    line = OrderLine.objects.get(order=order)
    parcel = order.shipments.get()
    assert parcel.delivered_at is not None
    hours.move((parcel.delivered_at - clock.now()).total_seconds())
    return line


def wish(line: OrderLine, **wanted: Any) -> dict[str, Any]:
    """Return the body of a request: one unit sent back without a reason, unless it says otherwise."""
    return {
        "line": line.id, "units": 1, "type": "return_and_refund", "reason": "no_reason", **wanted,
    }  # fmt: skip


def ask(person: User, line: OrderLine, **wanted: Any) -> Any:
    """Return the answer to a request."""
    return post(asker(person), "/api/v1/returns", wish(line, **wanted))


def asked(person: User, line: OrderLine, **wanted: Any) -> Return:
    """Return a new return."""
    answer = ask(person, line, **wanted)
    assert answer.status_code == 201, answer.content
    return Return.objects.get(id=answer.json()["id"])


def step(person: User, case: Return, name: str, body: object = None, *, key: str = "") -> Any:
    """Return the answer to a step of a return."""
    return post(asker(person), f"/api/v1/returns/{case.id}/{name}", body, key=key)


def done(person: User, case: Return, name: str, body: object = None) -> dict[str, Any]:
    """Take a step and return the return as it is answered."""
    answer = step(person, case, name, body)
    assert answer.status_code == 200, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def uploaded(person: User, path: str = "/api/v1/evidence", content: bytes = b"") -> Any:
    """Return the answer to uploading a file, a picture unless it says otherwise."""
    body = encode_multipart("border", {"file": SimpleUploadedFile("a.png", content or grey_dot())})
    return asker(person).send("POST", path, body, content_type="multipart/form-data; boundary=border")


def wait(hours: Hours, by: timedelta) -> None:
    """Let time pass, to the microsecond, and run the sweep of deadlines."""
    hours.move(by.total_seconds())
    sweep_due_returns()
