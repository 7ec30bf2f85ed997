"""Pictures of products: rows that name files which ``marketplace.pictures`` has stored."""

from collections.abc import Sequence
from datetime import datetime

from marketplace import idempotency, outbox
from marketplace.actions.products import payload_of
from marketplace.errors import FieldError, Invalid, LimitReached
from marketplace.lib.atomic import action
from marketplace.models import Product, ProductPicture, User
from marketplace.queries.catalogue import get_own_picture_for, get_own_product_for

MAX_PICTURES = 20


def add_picture(*, product_id: str, file: str, alt: str, actor: User, now: datetime) -> ProductPicture:
    """Add a stored file to a product's pictures, as the last of them; ``alt`` says what it shows.

    Raises:
        NotFound: the person does not act for the product's brand.
        LimitReached: the product has 20 pictures.
    """
    with action():
        product = get_own_product_for(actor, product_id)
        positions = list(product.pictures.values_list("position", flat=True))
        if len(positions) >= MAX_PICTURES:
            raise LimitReached("The product has as many pictures as it may.", data={"limit": MAX_PICTURES})
        position = max(positions, default=-1) + 1
        picture = ProductPicture.objects.create(product=product, file=file, alt=alt, position=position)
        _tell(product, actor, now)
        idempotency.remember(picture)
    return picture


def describe_picture(*, picture_id: str, alt: str, actor: User, now: datetime) -> ProductPicture:
    """Change what is said of a picture. Raises NotFound when the person does not act for its brand."""
    with action():
        picture = get_own_picture_for(actor, picture_id)
        if picture.alt != alt:
            picture.alt = alt
            picture.save(update_fields=["alt"])
            _tell(picture.product, actor, now)
        idempotency.remember(picture)
    return picture


def order_pictures(*, product_id: str, picture_ids: Sequence[str], actor: User, now: datetime) -> Product:
    """Put a product's pictures in this order; the first is its cover.

    Raises:
        NotFound: the person does not act for the product's brand.
        Invalid: the ids are not those of the product's pictures, each once.
    """
    with action():
        product = get_own_product_for(actor, product_id)
        pictures = {picture.id: picture for picture in product.pictures.all()}
        if sorted(picture_ids) != sorted(pictures):
            detail = "Name every picture of the product once."
            raise Invalid(detail, param="pictures", errors=[FieldError("pictures", "invalid", detail)])
        for position, picture_id in enumerate(picture_ids):
            pictures[picture_id].position = position
        ProductPicture.objects.bulk_update(pictures.values(), ["position"])
        _tell(product, actor, now)
        idempotency.remember(product)
    return product


def delete_picture(*, picture_id: str, actor: User, now: datetime) -> str:
    """Take a picture off its product and return the name of its file, which the caller discards.

    Raises:
        NotFound: the person does not act for the product's brand.
    """
    with action():
        picture = get_own_picture_for(actor, picture_id)
        file = str(picture.file.name)
        ProductPicture.objects.filter(id=picture.id).delete()
        _tell(picture.product, actor, now)
        idempotency.remember(None)
    return file


def _tell(product: Product, actor: User, now: datetime) -> None:
    Product.objects.filter(id=product.id).update(updated_at=now)
    product.updated_at = now
    payload = {**payload_of(product, actor), "changed": ["pictures"]}
    outbox.append("product.updated", subject=product.id, payload=payload, now=now)
