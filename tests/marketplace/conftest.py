"""The brand's catalogue: one category, one published product, one variant with ten units."""

import pytest
from pytest_django import Settings

from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Brand, Category, Product, User, Variant
from tests.pictures import grey_dot


@pytest.fixture
def generous_limits(settings: Settings) -> None:
    """Let one address sign in as often as the tests do."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/s")


@pytest.fixture
def category(db: None) -> Category:
    return Category.objects.create(slug="tea", name="Tea", fee_bp=500)


@pytest.fixture
def draft(brand: Brand, brand_owner: User, category: Category) -> Product:
    """Return a product that only its brand sees."""
    return create_product(
        brand_id=brand.id, category=category.slug, title="Green tea", actor=brand_owner, now=clock.now()
    )


@pytest.fixture
def variant(draft: Product, brand_owner: User) -> Variant:
    """Return what can be bought: ten units of green tea at 39.90 yuan."""
    return create_variant(
        product_id=draft.id,
        sku="TEA-500",
        title="500 g",
        price=Money(3990, "CNY"),
        weight_grams=520,
        on_hand=10,
        actor=brand_owner,
        now=clock.now(),
    )


@pytest.fixture
def product(variant: Variant, brand_owner: User) -> Product:
    """Return the product of the variant, published."""
    return publish_product(product_id=variant.product_id, actor=brand_owner, now=clock.now())


@pytest.fixture
def png() -> bytes:
    """Return a picture of one grey dot."""
    return grey_dot()
