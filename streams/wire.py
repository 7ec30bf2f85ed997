"""How sessions, slots and deals look to the outside: one form for API, snapshot and facts."""

from typing import Any

from marketplace.lib.clock import to_wire
from marketplace.lib.money import Money
from streams.models import Deal, Slot


def slot_to_wire(slot: Slot, *, left: int) -> dict[str, Any]:
    """Return a slot as the room shows it; needs ``variant__product__brand`` loaded."""
    variant = slot.variant
    product = variant.product
    return {
        "id": slot.id,
        "position": slot.position,
        "product": {"id": product.id, "title": product.title, "return_policy": product.return_policy},
        "variant": {"id": variant.id, "sku": variant.sku, "title": variant.title},
        "brand": {"id": product.brand.id, "name": product.brand.name},
        "price": slot.price.to_wire(),
        "full_price": slot.full_price.to_wire(),
        "discounts": [discount.to_wire() for discount in slot.discounts],
        "list_price": variant.price.to_wire(),
        "per_buyer_limit": slot.per_buyer_limit,
        "on_sale": slot.on_sale,
        "pinned": slot.pinned,
        "left": left,
        "sold": slot.taken,
    }


def deal_to_wire(deal: Deal, *, currency: str, left: int) -> dict[str, Any]:
    """Return a deal as the room shows it."""
    return {
        "id": deal.id,
        "slot": deal.slot_id,
        "price": Money(deal.price, currency).to_wire(),
        "quota": deal.quota,
        "per_buyer_limit": deal.per_buyer_limit,
        "opens_at": to_wire(deal.opens_at),
        "closes_at": to_wire(deal.closes_at),
        "left": left,
        "sold": deal.taken,
    }
