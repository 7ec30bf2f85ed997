"""An order as it reads at a moment to the person who looks: what nobody but some may see is left out here."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any

from marketplace.lib.money import Money
from orders.models import LineHistory, Order, OrderLine, Payment, Shipment
from orders.states import line_state, order_state


class Role(Enum):
    """Why somebody may see an order."""

    BUYER = "buyer"
    STAFF = "staff"
    BRAND = "brand"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of an order somebody sees. A brand sees its own lines, the host of the show no address."""

    role: Role
    brands: frozenset[str] | None = None

    @property
    def address(self) -> bool:
        """Tell whether the address is shown: to the buyer, who ships, and platform staff."""
        return self.role is not Role.HOST

    @property
    def money(self) -> bool:
        """Tell whether payments are shown."""
        return self.role in {Role.BUYER, Role.STAFF}


AS_BUYER = Sight(Role.BUYER)
AS_STAFF = Sight(Role.STAFF)
AS_HOST = Sight(Role.HOST)


@dataclass(frozen=True)
class HistoryEntry:
    """One step in an order's life."""

    at: datetime
    line_id: str
    from_state: str | None
    to_state: str
    by: str


@dataclass
class OrderAt:
    """An order as it reads at a moment, to somebody. Relations are read on demand: prefetch in lists."""

    order: Order
    at: datetime
    sight: Sight = field(default=AS_BUYER)

    @property
    def id(self) -> str:
        """Return the order's id."""
        return self.order.id

    @property
    def buyer_id(self) -> str:
        """Return who bought."""
        return self.order.buyer_id

    @property
    def session_id(self) -> str:
        """Return the show it was bought in."""
        return self.order.session_id

    @cached_property
    def lines(self) -> list["LineAt"]:
        """Return the lines that may be seen, in their order."""
        lines = sorted(self.order.lines.all(), key=lambda line: line.id)
        brands = self.sight.brands
        return [LineAt(line, self.at) for line in lines if brands is None or line.brand_id in brands]

    @property
    def state(self) -> str:
        """Return the state, from the lines that may be seen."""
        return order_state([seen.line for seen in self.lines], at=self.at)

    @property
    def amount(self) -> Money:
        """Return the sum of the lines that may be seen."""
        return Money(sum(seen.line.amount for seen in self.lines), self.order.currency)

    @property
    def pay_by(self) -> datetime:
        """Return the end of the time to pay."""
        return self.order.pay_by

    @property
    def created_at(self) -> datetime:
        """Return when it was bought."""
        return self.order.created_at

    @property
    def address(self) -> dict[str, Any] | None:
        """Return where to ship, to those who may know."""
        return self.order.address if self.sight.address else None

    @property
    def payments(self) -> list[Payment]:
        """Return the tries to pay, to those who may know."""
        return sorted(self.order.payments.all(), key=lambda one: one.id) if self.sight.money else []

    @property
    def shipments(self) -> list[Shipment]:
        """Return the parcels; a brand sees its own, the host of the show none."""
        if self.sight.role is Role.HOST:
            return []
        brands = self.sight.brands
        parcels = sorted(self.order.shipments.all(), key=lambda one: one.id)
        return [parcel for parcel in parcels if brands is None or parcel.brand_id in brands]

    @property
    def history(self) -> list[HistoryEntry]:
        """Return what happened to the visible lines, oldest first; a purchase comes from no state."""
        placed = [
            HistoryEntry(line.created_at, line.id, None, OrderLine.State.PENDING_PAYMENT, "buyer")
            for line in (seen.line for seen in self.lines)
        ]
        moved = [self._entry(change) for seen in self.lines for change in seen.line.history.all()]
        return placed + sorted(moved, key=lambda entry: entry.at)

    def _entry(self, change: LineHistory) -> HistoryEntry:
        return HistoryEntry(
            change.at, change.line_id, change.from_state, change.to_state, self._who(change.actor)
        )

    def _who(self, actor: str) -> str:
        """Return who did it, naming nobody: the buyer, the seller's side, or a part of the marketplace."""
        if actor == self.order.buyer_id:
            return "buyer"
        return "seller" if actor.startswith("usr_") else actor


@dataclass(frozen=True)
class LineAt:
    """A line as it reads at a moment."""

    line: OrderLine
    at: datetime

    @property
    def state(self) -> str:
        """Return the state; unpaid is expired once the time to pay is over."""
        return line_state(self.line, at=self.at)

    @property
    def unit(self) -> Money:
        """Return what one unit costs the buyer."""
        return Money(self.line.unit_price, self.line.currency)

    @property
    def full_amount(self) -> Money:
        """Return what the line would cost without discounts."""
        return self.line.full_price * self.line.quantity
