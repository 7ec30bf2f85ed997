"""The catalogue: categories, products, pictures, variants."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from marketplace.models.brands import Brand


class Category(models.Model):
    """A shelf of the catalogue; the slug is its key."""

    slug = models.SlugField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    fee_bp = models.PositiveIntegerField(
        default=500, help_text="Platform fee in basis points of what the buyer paid."
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["slug"]
        verbose_name_plural = "categories"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(fee_bp__lte=10_000), name="category_fee_at_most_all"),
        ]

    def __str__(self) -> str:
        """Return the shelf's name."""
        return self.name


class Product(models.Model):
    """What a brand sells; what is bought is one of its variants."""

    class State(models.TextChoices):
        """Where a product stands in the catalogue."""

        DRAFT = "draft"
        PUBLISHED = "published"
        ARCHIVED = "archived"

    class ReturnPolicy(models.TextChoices):
        """What a buyer may send back, and why."""

        STANDARD = "standard", "7 days without a reason"
        PERISHABLE = "perishable", "damage claims within 48 hours"
        MADE_TO_ORDER = "made_to_order", "made to order"
        NONE = "none", "no returns where the law allows it"

    id = PrefixedIdField("prd", primary_key=True)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="products")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=8000, blank=True)
    return_policy = models.CharField(
        max_length=20, choices=ReturnPolicy.choices, default=ReturnPolicy.STANDARD
    )
    perishable = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["brand", "state"], name="product_brand_state")
        ]

    def __str__(self) -> str:
        """Return the product's title."""
        return self.title


class ProductPicture(models.Model):
    """A picture of a product; the first by position is its cover."""

    id = PrefixedIdField("pic", primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    file = models.FileField(upload_to="products/")
    alt = models.CharField(max_length=200, help_text="What the picture shows, for those who cannot see it.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]

    def __str__(self) -> str:
        """Return what the picture shows."""
        return self.alt


class Variant(models.Model):
    """One thing that can be bought: a size, a colour, a box of five kilograms."""

    id = PrefixedIdField("var", primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=64)
    title = models.CharField(max_length=120, blank=True, help_text="What sets it apart: “500 g”, “red, M”.")
    list_price = models.BigIntegerField(validators=[MinValueValidator(1)], help_text="In minor units.")
    currency = models.CharField(max_length=3)
    weight_grams = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["brand", "sku"], name="sku_once_per_brand"),
            models.CheckConstraint(condition=models.Q(list_price__gte=1), name="list_price_positive"),
        ]

    def __str__(self) -> str:
        """Return the SKU."""
        return self.sku

    @property
    def price(self) -> Money:
        """Return the list price."""
        return Money(self.list_price, self.currency)
