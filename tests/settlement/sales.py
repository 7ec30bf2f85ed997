"""What the tests of settlement ask of it: sales that become final, and money that comes back of them."""

from datetime import datetime

from marketplace.lib import clock, ids
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User
from orders import claims
from orders.models import Order, SettledLine
from orders.settlement.claw_back import claw_back
from orders.settlement.periods import next_end
from orders.settlement.split import split
from orders.states import advance_lines, lock_order
from refunds.issue import issue
from refunds.models import Refund
from streams import figures
from streams.models import Agency, Streamer
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import PRICE, Shop, buy, caller, pay, ship
from tests.orders.times import later

DAY = 86_400


def sell(shop: Shop, buyer: User, *, quantity: int = 1, slot: int = 0) -> Order:
    """Return a paid order."""
    order = buy(shop, buyer, quantity=quantity, slot=shop.slots[slot])
    assert pay(caller(buyer), order).status_code == 200
    return order


def deliver(shop: Shop, *orders: Order, hours: Hours, days: int = 12) -> None:
    """Ship orders and let days go by: their return windows end within twelve."""
    for order in orders:
        assert ship(caller(shop.owner), order).status_code == 201
    for _ in range(days // 3):
        later(hours, 3 * DAY)


def end_period(hours: Hours) -> None:
    """Let the present period end, and its settlement run."""
    later(hours, (next_end(clock.now()) - clock.now()).total_seconds())


def give_back(order: Order, amount: int, *, now: datetime | None = None) -> str:
    """Refund a part of an order's first line, by the steps of a return, and return the refund's id."""
    now = now or clock.now()
    with action():
        _, [line, *_] = lock_order(order.id)
        payment = order.payments.get(state__in=["captured", "partly_refunded"])
        claims.count_refund(line, amount, units=0)
        refund = issue(payment, amount, reason=Refund.Reason.RETURNED, line=line, now=now)
        if line.refunded == line.amount:
            advance_lines([line], line.State.REFUNDED, actor="return", now=now)
        figures.add(line.session_id, now=line.created_at, given_back=amount)
        claw_back(line, refund.total, refund_id=refund.id, now=now)
    return refund.id


def back_for(ending: int) -> int:
    """Return what to give back of one unit, so that the brand's part ends in these digits.

    It is little: no reserve comes of it.
    """
    for back in range(1, 200):
        left = Money(PRICE.amount - back, PRICE.currency)
        if split(left, rate_bp=2_000, agency_share_bp=0, fee_bp=500).brand.amount % 100 == ending:
            return back
    raise AssertionError(f"no part ends in {ending}")


def represent(streamer: Streamer, *, share_bp: int) -> Agency:
    """Put a streamer under an agency."""
    agency = Agency.objects.create(name=f"Stars {ids.new_id('x')}", share_bp=share_bp, created_at=clock.now())
    Streamer.objects.filter(id=streamer.id).update(agency=agency)
    return agency


def parts_of(order: Order) -> list[tuple[int, int, int, int]]:
    """Return (brand, streamer, agency, platform) of each settled row of an order, in their order."""
    rows = SettledLine.objects.filter(order=order).order_by("id")
    return list(rows.values_list("brand_part", "streamer_part", "agency_part", "platform_part"))
