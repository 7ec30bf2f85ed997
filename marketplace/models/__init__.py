"""Users, brands, products, stock, and the rows that every app writes: facts, tokens, idempotency records."""

from marketplace.models.brands import Brand, BrandMember
from marketplace.models.clock import SandboxClock
from marketplace.models.facts import Fact
from marketplace.models.idempotency import IdempotencyRecord
from marketplace.models.products import Category, Product, ProductPicture, Variant
from marketplace.models.stock import StockLevel, StockMovement
from marketplace.models.tokens import ApiToken
from marketplace.models.users import User

__all__ = [
    "ApiToken",
    "Brand",
    "BrandMember",
    "Category",
    "Fact",
    "IdempotencyRecord",
    "Product",
    "ProductPicture",
    "SandboxClock",
    "StockLevel",
    "StockMovement",
    "User",
    "Variant",
]
