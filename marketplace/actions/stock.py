"""What a brand does to its shelf: put more on it, or set the count to what was found there."""

from datetime import datetime
from typing import Any

from marketplace import bells, idempotency, outbox, stock
from marketplace.lib.atomic import action
from marketplace.models import StockLevel, User, Variant
from marketplace.queries.catalogue import get_own_variant_for


def restock_variant(*, variant_id: str, quantity: int, note: str, actor: User, now: datetime) -> StockLevel:
    """Put ``quantity`` more units of a variant on the shelf; sessions that sell it hear of them.

    Raises:
        NotFound: the person does not act for the variant's brand.
    """
    with action():
        variant = get_own_variant_for(actor, variant_id)
        stock.restock(variant.id, quantity, reference=note, now=now)
        level = StockLevel.objects.get(variant_id=variant.id)
        payload = _payload(variant, level, quantity, note, actor)
        outbox.append("stock.restocked", subject=variant.id, payload=payload, now=now)
        idempotency.remember(level)
        bells.ring_stock_moved([variant.id])
    return level


def correct_stock(*, variant_id: str, on_hand: int, note: str, actor: User, now: datetime) -> StockLevel:
    """Set what is on the shelf to what was counted there; the count includes units held for orders.

    Raises:
        NotFound: the person does not act for the variant's brand.
        StockConflict: more units are held for orders than were counted.
    """
    with action():
        variant = get_own_variant_for(actor, variant_id)
        differences = stock.count({variant.id: on_hand}, reference=note, now=now)
        level = StockLevel.objects.get(variant_id=variant.id)
        if differences:
            payload = _payload(variant, level, differences[variant.id], note, actor)
            outbox.append("stock.corrected", subject=variant.id, payload=payload, now=now)
        idempotency.remember(level)
        bells.ring_stock_moved(differences)
    return level


def _payload(variant: Variant, level: StockLevel, units: int, note: str, actor: User) -> dict[str, Any]:
    return {
        "variant": variant.id,
        "product": variant.product_id,
        "brand": variant.brand_id,
        "sku": variant.sku,
        "difference": units,
        "on_hand": level.on_hand,
        "held": level.held,
        "note": note,
        "by": actor.id,
    }
