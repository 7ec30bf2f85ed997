"""What a buyer asks for and what becomes of it: the values that flow through admission."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from marketplace.lib.money import Money

#: A buyer's id and idempotency key: together they name one order for good.
ReplayKey = tuple[str, str]


@dataclass(slots=True, frozen=True)
class PurchaseRequest:
    """One tap on “buy”: units of a slot, at the price the buyer saw, under the buyer's idempotency key."""

    buyer_id: str
    slot_id: str
    deal_id: str | None
    quantity: int
    price: Money
    key: str

    @property
    def replay_key(self) -> ReplayKey:
        """Return what makes a second request a repetition of this one."""
        return (self.buyer_id, self.key)

    @property
    def input_hash(self) -> str:
        """Return a digest of everything but the key: same key and other inputs is a mistake of the caller."""
        asked = f"{self.slot_id}|{self.deal_id}|{self.quantity}|{self.price.amount}|{self.price.currency}"
        return blake2b(asked.encode(), digest_size=16).hexdigest()


@dataclass(slots=True, frozen=True)
class Accepted:
    """The order exists and is durable; ``replayed`` when it did before this request."""

    order_id: str
    amount: Money
    pay_by: datetime
    replayed: bool = False


@dataclass(slots=True, frozen=True)
class Refused:
    """Nothing was sold; ``code`` says why, ``data`` what the buyer may need to know."""

    code: str
    data: dict[str, Any] = field(default_factory=dict)


Outcome = Accepted | Refused


@dataclass(slots=True, frozen=True)
class Placed:
    """An order as a later request under the same key meets it."""

    input_hash: str
    accepted: Accepted

    def answer(self, request: PurchaseRequest) -> Outcome:
        """Return the first outcome again, or a refusal when the inputs differ."""
        if request.input_hash != self.input_hash:
            return Refused("idempotency_mismatch", {"order": self.accepted.order_id})
        return replace(self.accepted, replayed=True)
