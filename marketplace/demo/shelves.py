"""Brands, their goods with pictures, and their plans: made when missing, left alone otherwise."""

from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace import pictures
from marketplace.actions.brands import create_brand
from marketplace.actions.categories import create_category
from marketplace.actions.pictures import add_picture
from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.demo.art.pictures import product_picture
from marketplace.demo.catalogue import CATEGORIES, CURRENCY, BrandSheet, Good
from marketplace.lib.money import Money
from marketplace.models import Brand, Category, Product, User, Variant
from streams.actions.collaborations import make_collaboration
from streams.models import Collaboration


def categories(actor: User, now: datetime) -> None:
    """Make the shelves of the catalogue."""
    known = set(Category.objects.values_list("slug", flat=True))
    for slug, (name, fee_bp) in CATEGORIES.items():
        if slug not in known:
            create_category(slug=slug, name=name, fee_bp=fee_bp, actor=actor, now=now)


def stock(sheet: BrandSheet, owner: User, now: datetime) -> None:
    """Make a brand with an open plan for every streamer, and everything that it sells."""
    brand = Brand.objects.filter(name=sheet.name).first() or create_brand(
        actor=owner, name=sheet.name, description=sheet.description, country="CN", now=now
    )
    if not Collaboration.objects.filter(brand=brand).exists():
        make_collaboration(
            brand=brand, kind=Collaboration.Kind.OPEN, rate_bp=sheet.rate_bp, actor=owner, now=now
        )
    for good in sheet.goods:
        _put_on_shelf(brand, good, owner, now)


def _put_on_shelf(brand: Brand, good: Good, owner: User, now: datetime) -> None:
    """Make a product step by step; what an earlier run has done is not done again."""
    product = _product(brand, good, owner, now)
    for choice in good.choices:
        if not Variant.objects.filter(brand=brand, sku=choice.sku).exists():
            create_variant(
                product_id=product.id,
                sku=choice.sku,
                title=choice.name,
                price=Money(choice.list_price, CURRENCY),
                on_hand=choice.on_hand,
                actor=owner,
                now=now,
            )
    if not product.pictures.exists():
        upload = SimpleUploadedFile(f"{good.motif}.png", product_picture(good.motif), "image/png")
        with pictures.stored(upload) as name:
            add_picture(product_id=product.id, file=name, alt=good.title, actor=owner, now=now)
    if product.state == Product.State.DRAFT:
        publish_product(product_id=product.id, actor=owner, now=now)


def _product(brand: Brand, good: Good, owner: User, now: datetime) -> Product:
    skus = [choice.sku for choice in good.choices]
    known = Product.objects.filter(brand=brand, variants__sku__in=skus).distinct().first()
    known = known or Product.objects.filter(brand=brand, title=good.title).first()
    return known or create_product(
        brand_id=brand.id,
        category=good.category,
        title=good.title,
        description=good.description,
        return_policy=good.return_policy,
        perishable=good.return_policy == Product.ReturnPolicy.PERISHABLE,
        actor=owner,
        now=now,
    )
