"""Access to brands, products, variants and stock: the only way an interface fetches what belongs to somebody.

``get_…_for`` returns what a person may see, ``get_own_…_for`` what a person may change. Both raise NotFound
for everything else, so that nobody learns what exists elsewhere.
"""

from collections.abc import Container
from typing import TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet

from marketplace.errors import NotFound, SignInRequired
from marketplace.models import (
    Brand,
    BrandMember,
    Category,
    Product,
    ProductPicture,
    StockLevel,
    StockMovement,
    User,
    Variant,
)
from marketplace.permissions import Person, acts_for, brands_of, is_platform_staff, require_member

M = TypeVar("M", bound=Model)

ANY_STATE = "all"
MAX_WORDS = 8


def get_brand(brand_id: str) -> Brand:
    """Return a brand; brands are public."""
    return _one(Brand.objects.all(), brand_id)


def get_brand_by_slug(slug: str) -> Brand:
    """Return a brand by its slug."""
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        raise NotFound
    return brand


def get_own_brand_for(person: Person, brand_id: str) -> Brand:
    """Return a brand that the person acts for."""
    return _one(brands_of(person), brand_id)


def get_own_brand_by_slug(person: Person, slug: str) -> Brand:
    """Return a brand that the person acts for, by its slug."""
    brand = brands_of(person).filter(slug=slug).first()
    if brand is None:
        raise NotFound
    return brand


def members_for(person: Person, brand_id: str) -> QuerySet[BrandMember]:
    """Return who acts for a brand, to those who act for it; at most 100."""
    require_member(person, brand_id)
    members = BrandMember.objects.filter(brand_id=brand_id)
    return members.select_related("user").order_by("user__username")


def categories() -> QuerySet[Category]:
    """Return the shelves of the catalogue."""
    return Category.objects.order_by("slug")


def get_category(slug: str) -> Category:
    """Return a category."""
    return _one(Category.objects.all(), slug)


def products_for(person: Person) -> QuerySet[Product]:
    """Return the products that a person may see: published ones, and those of brands the person acts for."""
    if is_platform_staff(person):
        return Product.objects.all()
    return Product.objects.filter(Q(state=Product.State.PUBLISHED) | Q(brand__in=brands_of(person)))


def own_products_for(person: Person) -> QuerySet[Product]:
    """Return the products of the brands that a person acts for."""
    return Product.objects.filter(brand__in=brands_of(person))


def find_products(
    person: Person, *, q: str = "", brand: str = "", category: str = "", state: str = Product.State.PUBLISHED
) -> QuerySet[Product]:
    """Return products that hold every word of ``q`` in title, brand name or SKU.

    A state other than published, or ``all``, looks among the person's own brands only.

    Raises:
        SignInRequired: nobody is signed in and the state is not published.
    """
    if state == Product.State.PUBLISHED:
        found = Product.objects.filter(state=state)
    elif not person.is_authenticated:
        raise SignInRequired
    else:
        found = own_products_for(person)
        found = found if state == ANY_STATE else found.filter(state=state)
    if brand:
        found = found.filter(brand_id=brand)
    if category:
        found = found.filter(category_id=category)
    for word in q.split()[:MAX_WORDS]:
        with_sku = Variant.objects.filter(sku__iexact=word).values("product_id")
        found = found.filter(Q(title__icontains=word) | Q(brand__name__icontains=word) | Q(id__in=with_sku))
    return found


def loaded(products: QuerySet[Product], *, expand: Container[str], inactive: bool) -> QuerySet[Product]:
    """Return products with what their answer shows: pictures, and brand, category and variants where wanted.

    ``inactive`` says whether the variants include those that are not offered.
    """
    products = products.prefetch_related("pictures")
    products = products.select_related(*[name for name in ("brand", "category") if name in expand])
    if "variants" not in expand:
        return products
    variants = Variant.objects.order_by("id")
    variants = variants if inactive else variants.filter(active=True)
    return products.prefetch_related(Prefetch("variants", queryset=variants))


def get_product_for(person: Person, product_id: str) -> Product:
    """Return a product that the person may see."""
    return _one(products_for(person), product_id)


def get_loaded_product_for(person: Person, product_id: str, *, expand: Container[str]) -> Product:
    """Return a product that the person may see with what its answer shows, own ones with all variants."""
    product = get_product_for(person, product_id)
    own = acts_for(person, product.brand_id)
    return loaded(Product.objects.filter(id=product.id), expand=expand, inactive=own).get()


def get_own_product_for(person: Person, product_id: str) -> Product:
    """Return a product of a brand that the person acts for."""
    return _one(own_products_for(person), product_id)


def get_variant_for(person: Person, variant_id: str) -> Variant:
    """Return a variant of a product that the person may see; an inactive one only to who may change it."""
    variant = _one(Variant.objects.select_related("product"), variant_id)
    is_public = variant.active and variant.product.state == Product.State.PUBLISHED
    return variant if is_public else get_own_variant_for(person, variant_id)


def get_own_variant_for(person: Person, variant_id: str) -> Variant:
    """Return a variant of a brand that the person acts for."""
    own = Variant.objects.filter(brand__in=brands_of(person))
    return _one(own.select_related("product"), variant_id)


def variants_for(person: Person, product_id: str) -> QuerySet[Variant]:
    """Return the variants of a product that the person may see; the inactive ones only of own products."""
    product = get_product_for(person, product_id)
    variants = product.variants.order_by("id")
    return variants if acts_for(person, product.brand_id) else variants.filter(active=True)


def get_own_picture_for(person: Person, picture_id: str) -> ProductPicture:
    """Return a picture of a product of a brand that the person acts for."""
    return _one(ProductPicture.objects.filter(product__brand__in=brands_of(person)), picture_id)


def get_stock_for(person: Person, variant_id: str) -> StockLevel:
    """Return the stock level of a variant of a brand that the person acts for."""
    variant = get_own_variant_for(person, variant_id)
    return StockLevel.objects.get(variant_id=variant.id)


def movements_for(person: Person, variant_id: str) -> QuerySet[StockMovement]:
    """Return everything that moved the stock of a variant of a brand that the person acts for."""
    return StockMovement.objects.filter(level_id=get_stock_for(person, variant_id).id)


def get_user_named(username: str) -> User:
    """Return the active person with this name."""
    user = User.objects.filter(username=User.normalize_username(username), is_active=True).first()
    if user is None:
        raise NotFound(f"There is nobody called {username}.")
    return user


def _one(rows: QuerySet[M], key: str) -> M:
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound
    return found
