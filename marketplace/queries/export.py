"""What an export of a brand's catalogue reads."""

from collections.abc import Iterator

from django.db.models import Q

from marketplace.models import Variant

CHUNK = 500


def variants_to_export(brand_id: str) -> Iterator[list[Variant]]:
    """Yield all variants of a brand with their products and stock, product by product, 500 at a time."""
    ordered = Variant.objects.filter(brand_id=brand_id).select_related("product", "stock")
    ordered = ordered.order_by("product_id", "id")
    chunk = list(ordered[:CHUNK])
    while chunk:
        yield chunk
        last = chunk[-1]
        beyond = Q(product_id__gt=last.product_id) | Q(product_id=last.product_id, id__gt=last.id)
        chunk = list(ordered.filter(beyond)[:CHUNK])
