"""Import of a brand's products, variants and stock from CSV: everything in the file, or nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.db import connection

from marketplace import bells, idempotency, outbox, stock
from marketplace.actions import import_plan
from marketplace.actions.errors import SkuTaken, refusing_duplicates
from marketplace.catalogue_csv import read_rows
from marketplace.lib.atomic import action
from marketplace.models import Brand, Product, User, Variant
from marketplace.permissions import require_member

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Import:
    """What an import did, or in a dry run would do. Counts of lines, products, variants and stock levels."""

    rows: int
    products_created: int
    products_updated: int
    variants_created: int
    variants_updated: int
    stock_changed: int
    dry_run: bool


def import_catalogue(
    *, brand_id: str, file: IO[bytes], actor: User, now: datetime, dry_run: bool = False
) -> Import:
    """Bring a brand's catalogue to what a CSV file says. The same file again changes nothing.

    Variants are known by their SKU. An empty cell leaves things as they are. ``on_hand`` is a count of the
    shelf.

    Raises:
        NotFound: the person does not act for the brand.
        TooLarge: the file has more than 16 MB or 10,000 lines.
        BadCatalogueFile: the file has errors; all of them are named.
        SkuTaken: somebody added a variant of the file at the same moment.
        StockConflict: a buyer was faster, and more units are held than the file says are there.
    """
    require_member(actor, brand_id)
    rows, errors = read_rows(file)
    with refusing_duplicates(SkuTaken(param="file")), action():
        require_member(actor, brand_id)
        _one_at_a_time(brand_id)
        plan = import_plan.make(brand_id, rows, errors, actor=actor, now=now)
        errors.raise_if_any()
        done = Import(
            rows=len(rows),
            products_created=len(plan.new_products),
            products_updated=len(plan.changed_products),
            variants_created=len(plan.new_variants),
            variants_updated=len(plan.changed_variants),
            stock_changed=len(plan.counts) + sum(units > 0 for units in plan.opened.values()),
            dry_run=dry_run,
        )
        if not dry_run:
            _carry_out(plan, actor=actor, now=now)
        idempotency.remember(done)
    return done


def _one_at_a_time(brand_id: str) -> None:
    """Lock the brand's row, so that two imports do not both make what neither finds."""
    if connection.features.has_select_for_no_key_update:
        Brand.objects.select_for_update(no_key=True).get(id=brand_id)


def _carry_out(plan: import_plan.Plan, *, actor: User, now: datetime) -> None:
    """Write the plan; stock comes last, since buyers of these variants wait for its locks."""
    Product.objects.bulk_create(plan.new_products, batch_size=_BATCH)
    Product.objects.bulk_update(plan.changed_products, import_plan.PRODUCT_COLUMNS, batch_size=_BATCH)
    Variant.objects.bulk_create(plan.new_variants, batch_size=_BATCH)
    Variant.objects.bulk_update(plan.changed_variants, import_plan.VARIANT_COLUMNS, batch_size=_BATCH)
    stock.open_levels(plan.opened, reference="CSV import", now=now)
    outbox.append_many(plan.facts, now=now)
    differences = stock.count(plan.counts, reference="CSV import", now=now)
    outbox.append_many(plan.stock_facts(differences, actor), now=now)
    bells.ring_stock_moved(differences)
