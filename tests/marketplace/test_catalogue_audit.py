"""The audit of the catalogue: empty after whatever people do, and not blind."""

import io
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import audit, stock
from marketplace.actions.import_catalogue import import_catalogue
from marketplace.actions.stock import correct_stock, restock_variant
from marketplace.actions.variants import create_variant
from marketplace.errors import DomainError, StockConflict
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.findings import Finding
from marketplace.lib.money import Money
from marketplace.models import Brand, BrandMember, Product, StockLevel, StockMovement, User, Variant

DEEDS = ("restock", "correct", "import", "hold", "release", "ship", "take_back")
numbers = count()


def findings() -> list[Finding]:
    return audit.findings(clock.now())


def do(deed: str, units: int, variant: Variant, person: User) -> None:
    """Do one thing to a shelf, through its door: an action of the brand, or the step that an order takes."""
    now, one = clock.now(), {variant.id: units}
    match deed:
        case "restock":
            restock_variant(variant_id=variant.id, quantity=units, note="x", actor=person, now=now)
        case "correct":
            correct_stock(variant_id=variant.id, on_hand=units, note="x", actor=person, now=now)
        case "import":
            file = io.BytesIO(f"sku,on_hand\n{variant.sku},{units}\n".encode())
            import_catalogue(brand_id=variant.brand_id, file=file, actor=person, now=now)
        case _:
            step = {"hold": stock.hold, "release": stock.release, "ship": stock.ship}.get(
                deed, stock.take_back
            )
            with action():
                step(one, reference="ord_test", now=now)


def after(deed: str, units: int, on_hand: int, held: int) -> tuple[int, int] | None:
    """Return what the shelf should hold after a deed, None when the deed must be refused."""
    on_hand, held = {
        "restock": (on_hand + units, held),
        "correct": (units, held),
        "import": (units, held),
        "hold": (on_hand, held + units),
        "release": (on_hand, held - units),
        "ship": (on_hand - units, held - units),
        "take_back": (on_hand + units, held),
    }[deed]
    return (on_hand, held) if 0 <= held <= on_hand else None


@pytest.mark.usefixtures("transactional_db")
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(1, 9)), min_size=1, max_size=15))
def test_whatever_happens_to_a_shelf_the_audit_finds_nothing(
    draft: Product, brand_owner: User, deeds: list[tuple[str, int]]
) -> None:
    variant = create_variant(
        product_id=draft.id,
        sku=f"S-{next(numbers)}",
        price=Money(1, "CNY"),
        on_hand=5,
        actor=brand_owner,
        now=clock.now(),
    )
    expected = (5, 0)
    for deed, units in deeds:
        wanted = after(deed, units, *expected)
        if wanted is None:
            with pytest.raises(DomainError):
                do(deed, units, variant, brand_owner)
        else:
            do(deed, units, variant, brand_owner)
            expected = wanted
        level = StockLevel.objects.get(variant=variant)
        assert (level.on_hand, level.held) == expected
    assert findings() == []


def test_a_refused_step_leaves_nothing_behind(variant: Variant) -> None:
    with pytest.raises(StockConflict), action():
        stock.hold({variant.id: 11}, reference="ord_test", now=clock.now())
    assert StockMovement.objects.filter(level__variant=variant).count() == 1
    assert findings() == []


def test_steps_refuse_to_run_without_an_action(transactional_db: None, variant: Variant) -> None:
    for step in (stock.hold, stock.release, stock.ship, stock.take_back):
        with pytest.raises(RuntimeError):
            step({variant.id: 1}, reference="x", now=clock.now())
    with pytest.raises(RuntimeError):
        stock.restock(variant.id, 1, reference="x", now=clock.now())
    with pytest.raises(RuntimeError):
        stock.count({variant.id: 1}, reference="x", now=clock.now())


def test_a_level_that_is_not_the_sum_of_its_movements_is_found(variant: Variant) -> None:
    StockLevel.objects.filter(variant=variant).update(on_hand=11)
    assert findings() == [
        Finding(
            "stock.not_sum_of_movements",
            variant.id,
            "11 on hand, 0 held, but the movements sum to 10 on hand, 0 held.",
        )
    ]


def test_a_variant_without_a_level_is_found(draft: Product) -> None:
    variant = Variant.objects.create(
        product=draft, brand_id=draft.brand_id, sku="X", list_price=1, currency="CNY"
    )
    assert [(found.code, found.subject) for found in findings()] == [("stock.no_level", variant.id)]


def test_a_variant_of_another_brand_is_found(variant: Variant, buyer: User) -> None:
    other = Brand.objects.create(name="Other", slug="other", created_at=clock.now())
    BrandMember.objects.create(brand=other, user=buyer, role=BrandMember.Role.OWNER)
    Variant.objects.filter(id=variant.id).update(brand=other)
    assert [(found.code, found.subject) for found in findings()] == [
        ("catalogue.variant_of_other_brand", variant.id)
    ]


def test_a_brand_without_an_owner_is_found(brand: Brand) -> None:
    BrandMember.objects.filter(brand=brand).update(role=BrandMember.Role.STAFF)
    assert [str(found) for found in findings()] == [
        f"catalogue.brand_without_owner {brand.id}: Nobody owns Mountain Tea."
    ]
