"""A second brand in the show: Otto's cups beside Olga's tea."""

from marketplace.actions.brands import create_brand
from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.models import User
from streams.actions.collaborations import make_collaboration
from streams.actions.lineup import add_slot
from streams.models import Collaboration, Slot
from tests.orders.shop import PRICE, Shop


def second_brand(shop: Shop, owner: User) -> Slot:
    """Return the slot of another brand's cup in the show."""
    now = clock.now()
    brand = create_brand(name="Cups", actor=owner, now=now)
    product = create_product(brand_id=brand.id, category="tea", title="Cup", actor=owner, now=now)
    variant = create_variant(
        product_id=product.id, sku="CUP", price=PRICE, actor=owner, now=now, on_hand=3, title=""
    )
    publish_product(product_id=product.id, actor=owner, now=now)
    make_collaboration(brand=brand, kind=Collaboration.Kind.OPEN, rate_bp=1_000, actor=owner, now=now)
    return add_slot(
        session_id=shop.session.id, variant_id=variant.id, live_price=PRICE, actor=shop.host, now=now
    )
