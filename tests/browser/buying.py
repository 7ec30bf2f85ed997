"""What buyers do in a room, and what the marketplace's rows say of it afterwards."""

from playwright.sync_api import Locator, Page

from orders.models import Order, OrderLine, Payment
from streams.models import Slot
from tests.browser.person import Person
from tests.browser.site import Site

APPROVED = "Approved at once"


def enter(person: Person, session: str) -> Page:
    """Open a room and wait until its connection stands."""
    person.visit(f"/live/{session}")
    connected(person.page)
    return person.page


def connected(page: Page) -> None:
    """Wait until the room's connection stands: from then on Buy goes over it."""
    page.locator('[data-room][data-socket="open"]').wait_for()


def card_of(page: Page, slot: str) -> Locator:
    """Return a product's card in the bag."""
    return page.locator(f'[data-bag] [data-good="{slot}"]')


def button_of(card: Locator) -> Locator:
    """Return a card's button."""
    return card.get_by_role("button", name="Buy")


def pay(sheet: Page | Locator, card: str = APPROVED) -> None:
    """Choose a test card by its name and pay."""
    sheet.get_by_label(card).check()
    sheet.get_by_role("button", name="Pay").click()


def orders_of(site: Site, slot: str, buyer: str = "") -> list[tuple[str, int]]:
    """Return state and amount of the lines of a slot, of one buyer by user name or of all, oldest first."""
    lines = OrderLine.objects.filter(slot_id=slot).order_by("id")
    if buyer:
        lines = lines.filter(order__buyer__username=buyer)
    return site.ask(lambda: [(line.state, line.amount) for line in lines])


def payments_of(site: Site, order: str) -> list[str]:
    """Return the states of an order's payments, oldest first."""
    payments = Payment.objects.filter(order_id=order).order_by("id")
    return site.ask(lambda: [payment.state for payment in payments])


def last_order(site: Site) -> Order:
    """Return the newest order."""
    return site.ask(lambda: Order.objects.order_by("-id")[0])


def taken(site: Site, slot: str) -> int:
    """Return how many units of a slot are taken."""
    return site.ask(lambda: Slot.objects.values_list("taken", flat=True).get(id=slot))


def address_of(order: Order) -> dict[str, str]:
    """Return where an order ships to."""
    assert order.address is not None
    return dict(order.address)
