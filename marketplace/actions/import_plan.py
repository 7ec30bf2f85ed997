"""What an import of a catalogue file comes to: which products and variants are new, which change, and how."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marketplace.actions import products, variants
from marketplace.catalogue_csv import BadCell, Errors, Row, to_money
from marketplace.lib.ids import new_id
from marketplace.models import Category, Product, User, Variant
from marketplace.outbox import NewFact

State = Product.State

PRODUCT_COLUMNS = (
    "title", "description", "category", "return_policy", "perishable", "state", "updated_at",
)  # fmt: skip
VARIANT_COLUMNS = ("title", "list_price", "currency", "weight_grams", "active")

_OF_PRODUCT = {
    "title": "title",
    "description": "description",
    "category": "category_id",
    "return_policy": "return_policy",
    "perishable": "perishable",
}
_OF_VARIANT = {"variant_title": "title", "weight_grams": "weight_grams", "active": "active"}
_CHUNK = 1_000


@dataclass(slots=True)
class Plan:
    """Rows with their new values, ids included; levels to open, counts to set, facts to tell."""

    new_products: list[Product] = field(default_factory=list)
    changed_products: list[Product] = field(default_factory=list)
    new_variants: list[Variant] = field(default_factory=list)
    changed_variants: list[Variant] = field(default_factory=list)
    opened: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    counted: dict[str, Variant] = field(default_factory=dict)
    facts: list[NewFact] = field(default_factory=list)

    def stock_facts(self, differences: Mapping[str, int], actor: User) -> Iterator[NewFact]:
        """Yield a fact for every level that differed from its count."""
        for variant_id, difference in differences.items():
            variant = self.counted[variant_id]
            payload = {
                "variant": variant_id,
                "product": variant.product_id,
                "brand": variant.brand_id,
                "sku": variant.sku,
                "difference": difference,
                "on_hand": self.counts[variant_id],
                "note": "CSV import",
                "by": actor.id,
            }
            yield NewFact("stock.corrected", variant_id, payload)


def make(brand_id: str, rows: list[Row], errors: Errors, *, actor: User, now: datetime) -> Plan:
    """Return what the lines come to, and note in ``errors`` all that stands against it. Writes nothing."""
    planner = _Planner(brand_id, rows, errors, actor, now)
    for product, lines in planner.group().items():
        planner.plan_product(product, lines)
    return planner.plan


class _Planner:
    def __init__(self, brand_id: str, rows: list[Row], errors: Errors, actor: User, now: datetime) -> None:
        self.brand_id, self.rows, self.errors, self.actor, self.now = brand_id, rows, errors, actor, now
        self.plan = Plan()
        self.planned: dict[str, list[Variant]] = {}
        self.categories = set(Category.objects.values_list("slug", flat=True))
        self.variants = {variant.sku: variant for variant in self._known_variants()}
        self.products = {product.id: product for product in self._known_products()}

    def group(self) -> dict[str, list[Row]]:
        """Return the lines of each product, by the id of a known product or a fresh id of a new one."""
        groups: dict[str, list[Row]] = {}
        by_title = self._products_by_title()
        for row in self.rows:
            if row.get("sku") is None:
                continue
            variant = self.variants.get(row.get("sku"))
            named, title = row.get("product_id"), row.get("title")
            if named is not None and named not in self.products:
                self.errors.add(row.line, "product_id", "unknown", "The brand has no such product.")
            elif variant is not None:
                if named not in (None, variant.product_id):
                    detail = "The variant with this SKU belongs to another product."
                    self.errors.add(row.line, "product_id", "mismatch", detail)
                groups.setdefault(variant.product_id, []).append(row)
            elif named is not None:
                groups.setdefault(named, []).append(row)
            elif title is None:
                self.errors.add(row.line, "title", "missing", "A new product needs a title.")
            else:
                ids = by_title.setdefault(title, {new_id("prd")})
                if len(ids) > 1:
                    detail = "Several products have this title; say in product_id which one is meant."
                    self.errors.add(row.line, "title", "ambiguous", detail)
                groups.setdefault(min(ids), []).append(row)
        return groups

    def plan_product(self, product_id: str, lines: list[Row]) -> None:
        """Plan a product and the variants on its lines."""
        known = self.products.get(product_id)
        product = known or Product(id=product_id, brand_id=self.brand_id, created_at=self.now)
        said = self._said(lines)
        if known is None:
            self._need(("title", "category"), lines[0], said)
        changed = _apply(
            product, {_OF_PRODUCT[name]: said[name] for name in said.keys() & _OF_PRODUCT.keys()}
        )
        for row in lines:
            self._plan_variant(product, row)
        moved = self._move(product, said.get("state"), lines[0])
        if known is None or changed or moved:
            product.updated_at = self.now
            (self.plan.changed_products if known else self.plan.new_products).append(product)
        payload = products.payload_of(product, self.actor)
        if known is None:
            self._tell("product.created", product.id, payload)
        elif changed:
            self._tell("product.updated", product.id, {**payload, "changed": changed})
        if moved:
            self._tell(f"product.{product.state}", product.id, payload)

    def _plan_variant(self, product: Product, row: Row) -> None:
        known = self.variants.get(row.get("sku"))
        variant = known or Variant(product=product, brand_id=self.brand_id, sku=row.get("sku"), list_price=1)
        if known is None:
            self._need(("price", "currency"), row, row.cells)
        said = {_OF_VARIANT[name]: row.get(name) for name in _OF_VARIANT if row.get(name) is not None}
        changed = _apply(variant, said | self._price(variant, known, row))
        self.planned.setdefault(product.id, []).append(variant)
        if known is not None:
            self._count(known, row)
        if not variant.currency:
            return  # the file is refused: it lacks the price of a new variant
        payload = variants.payload_of(variant, self.actor)
        if known is None:
            on_hand = self.plan.opened[variant.id] = row.get("on_hand") or 0
            self.plan.new_variants.append(variant)
            self._tell("variant.created", variant.id, {**payload, "on_hand": on_hand})
        elif changed:
            self.plan.changed_variants.append(variant)
            self._tell_variant_changes(variant, changed, payload)

    def _tell_variant_changes(self, variant: Variant, changed: list[str], payload: dict[str, Any]) -> None:
        if "active" in changed:
            type_ = "variant.activated" if variant.active else "variant.deactivated"
            self._tell(type_, variant.id, payload)
        others = sorted({name for name in changed if name not in ("active", "list_price", "currency")})
        if {"list_price", "currency"} & set(changed):
            others.append("price")
        if others:
            self._tell("variant.updated", variant.id, {**payload, "changed": others})

    def _price(self, variant: Variant, known: Variant | None, row: Row) -> dict[str, Any]:
        """Return the columns of the price that a line gives, in the variant's currency if it names none."""
        price, currency = row.get("price"), row.get("currency") or variant.currency
        if price is None:
            alone = known and not self.errors.has(row.line, "price")
            if alone and row.get("currency") not in (None, variant.currency):
                self.errors.add(row.line, "currency", "alone", "A currency changes together with the price.")
            return {}
        if not currency:
            return {}
        try:
            money = to_money(price, currency)
        except BadCell as error:
            self.errors.add(row.line, "price", "invalid", str(error))
            return {}
        return {"list_price": money.amount, "currency": money.currency}

    def _count(self, variant: Variant, row: Row) -> None:
        units = row.get("on_hand")
        if units is None or units == variant.stock.on_hand:
            return
        if units < variant.stock.held:
            detail = f"{variant.stock.held} units are held for orders; the count includes them."
            self.errors.add(row.line, "on_hand", "held", detail)
        self.plan.counts[variant.id] = units
        self.plan.counted[variant.id] = variant

    def _said(self, lines: list[Row]) -> dict[str, Any]:
        """Return what the lines say of their product; a line that contradicts one before it is an error."""
        said: dict[str, Any] = {}
        told_by: dict[str, int] = {}
        for row in lines:
            for name in (*_OF_PRODUCT, "state"):
                value = row.get(name)
                if value is None:
                    continue
                if name == "category" and value not in self.categories:
                    self.errors.add(row.line, name, "unknown", "There is no such category.")
                elif said.setdefault(name, value) != value:
                    detail = f"Line {told_by[name]} says otherwise of the same product."
                    self.errors.add(row.line, name, "mismatch", detail)
                told_by.setdefault(name, row.line)
        return said

    def _move(self, product: Product, state: str | None, row: Row) -> bool:
        if state is None or state == product.state:
            return False
        if product.state not in products.MOVES.get(state, ()):
            self.errors.add(
                row.line, "state", "invalid", f"From {product.state} a product never becomes {state}."
            )
        if state == State.PUBLISHED and not self._has_active_variant(product):
            self.errors.add(row.line, "state", "not_publishable", "The product has no active variant.")
        product.state = state
        return True

    def _has_active_variant(self, product: Product) -> bool:
        planned = self.planned.get(product.id, [])
        if any(variant.active for variant in planned):
            return True
        ids = [variant.id for variant in planned]
        return Variant.objects.filter(product_id=product.id, active=True).exclude(id__in=ids).exists()

    def _need(self, columns: Iterable[str], row: Row, said: Mapping[str, Any]) -> None:
        for name in columns:
            if said.get(name) is None and not self.errors.has(row.line, name):
                kind = "product" if name in _OF_PRODUCT else "variant"
                self.errors.add(row.line, name, "missing", f"A new {kind} needs this.")

    def _tell(self, type_: str, subject: str, payload: dict[str, Any]) -> None:
        self.plan.facts.append(NewFact(type_, subject, payload))

    def _known_variants(self) -> Iterator[Variant]:
        own = Variant.objects.filter(brand_id=self.brand_id).select_related("stock")
        for skus in _chunks([row.get("sku") for row in self.rows if row.get("sku")]):
            yield from own.filter(sku__in=skus)

    def _known_products(self) -> Iterator[Product]:
        named = {row.get("product_id") for row in self.rows if row.get("product_id")}
        named |= {variant.product_id for variant in self.variants.values()}
        for ids in _chunks(sorted(named)):
            yield from Product.objects.filter(brand_id=self.brand_id, id__in=ids)

    def _products_by_title(self) -> dict[str, set[str]]:
        """Return ids of products by the title under which a line with a new SKU finds them.

        A line of the file with a known SKU, and thus a known product, speaks for its title first.
        """
        found: dict[str, set[str]] = {}
        for row in self.rows:
            variant = self.variants.get(row.get("sku"))
            if variant is not None and row.get("title") is not None:
                found.setdefault(row.get("title"), set()).add(variant.product_id)
        titles = [row.get("title") for row in self.rows if row.get("sku") not in self.variants]
        for some in _chunks(sorted({title for title in titles if title and title not in found})):
            own = Product.objects.filter(brand_id=self.brand_id, title__in=some).exclude(state=State.ARCHIVED)
            for product in own:
                found.setdefault(product.title, set()).add(product.id)
                self.products[product.id] = product
        return found


def _apply(target: Product | Variant, values: Mapping[str, Any]) -> list[str]:
    """Set the values that differ and return their names."""
    changed = sorted(name for name, value in values.items() if getattr(target, name) != value)
    for name in changed:
        setattr(target, name, values[name])
    return changed


def _chunks(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
