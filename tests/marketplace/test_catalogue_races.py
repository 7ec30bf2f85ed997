"""Two people do the same thing at once: on real databases, each with the guard switched off beside it."""

import contextlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from marketplace import audit
from marketplace.actions import brands, import_catalogue, import_plan, variants
from marketplace.actions.accounts import create_account
from marketplace.actions.errors import LastOwner, NameTaken, SkuTaken
from marketplace.actions.memberships import Memberships
from marketplace.actions.stock import correct_stock, restock_variant
from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Brand, BrandMember, Category, Product, StockLevel, User, Variant
from tests.people import PASSWORD

pytestmark = pytest.mark.usefixtures("transactional_db")

MEETING_SECONDS = 1.0


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Run each in a thread with a connection of its own; return results and refusals in order."""

    def alone(deed: Callable[[], object]) -> object:
        try:
            return deed()
        except DomainError as refusal:
            return type(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(alone, deeds))


def meet(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Make two threads wait for each other after a call; where a lock keeps one out, the other goes on."""
    barrier, original = threading.Barrier(2), getattr(module, name)

    def meeting(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(MEETING_SECONDS)
        return result

    monkeypatch.setattr(module, name, meeting)


@pytest.fixture
def two_owners(brand: Brand, brand_owner: User, buyer: User) -> tuple[User, User]:
    BrandMember.objects.create(brand=brand, user=buyer, role=BrandMember.Role.OWNER)
    return brand_owner, buyer


def leave(brand: Brand, person: User) -> Callable[[], object]:
    return lambda: brands.members.remove(brand.id, user_id=person.id, actor=person, now=clock.now())


def test_of_two_owners_who_leave_at_once_one_stays(
    brand: Brand, two_owners: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(monkeypatch, Memberships, "_refuse_last_owner")
    outcomes = at_once(*(leave(brand, person) for person in two_owners))
    assert sorted(map(str, outcomes)) == sorted(map(str, [None, LastOwner]))
    assert audit.findings(clock.now()) == []


def test_without_the_lock_both_owners_would_leave(
    brand: Brand, two_owners: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memberships, "_lock", lambda _, brand_id, __, **___: Brand.objects.get(id=brand_id))
    meet(monkeypatch, Memberships, "_refuse_last_owner")
    at_once(*(leave(brand, person) for person in two_owners))
    found = [finding.code for finding in audit.findings(clock.now())]
    one_writer_at_a_time = connection.vendor == "sqlite"
    assert found == ([] if one_writer_at_a_time else ["catalogue.brand_without_owner"])


def test_one_name_goes_to_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def sign_up() -> User:
        return create_account(username="bella", password=PASSWORD, now=clock.now())

    outcomes = at_once(*[sign_up] * 4)
    assert outcomes.count(NameTaken) == 3
    assert User.objects.filter(username="bella").count() == 1


def test_one_sku_goes_to_one_variant(
    draft: Product, brand_owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(monkeypatch, variants, "_refuse_taken")

    def add() -> Variant:
        return variants.create_variant(
            product_id=draft.id, sku="A-1", price=Money(1, "CNY"), actor=brand_owner, now=clock.now()
        )

    assert at_once(add, add).count(SkuTaken) == 1
    assert Variant.objects.filter(sku="A-1").count() == 1
    assert StockLevel.objects.count() == 1


def test_every_restock_counts(variant: Variant, brand_owner: User) -> None:
    def restock() -> None:
        for _ in range(5):
            restock_variant(variant_id=variant.id, quantity=1, note="x", actor=brand_owner, now=clock.now())

    def recount() -> None:
        for number in range(5):
            correct_stock(
                variant_id=variant.id, on_hand=100 + number, note="x", actor=brand_owner, now=clock.now()
            )

    at_once(*[restock] * 4)
    assert StockLevel.objects.get(variant=variant).on_hand == 30
    at_once(restock, recount, restock, recount)
    assert audit.findings(clock.now()) == []


FILE = b"title,category,sku,price,currency,on_hand\n" + b"".join(
    b"Tea %d,tea,S-%d,1,CNY,5\n" % (number // 2, number) for number in range(20)
)


def load(brand: Brand, person: User) -> Callable[[], object]:
    return lambda: import_catalogue.import_catalogue(
        brand_id=brand.id, file=io.BytesIO(FILE), actor=person, now=clock.now()
    )


def test_one_file_imported_twice_at_once_is_imported_once(
    brand: Brand, brand_owner: User, category: Category
) -> None:
    first, second = at_once(load(brand, brand_owner), load(brand, brand_owner))
    assert isinstance(first, import_catalogue.Import)
    assert isinstance(second, import_catalogue.Import)
    assert sorted([first.variants_created, second.variants_created]) == [0, 20]
    assert (Product.objects.count(), Variant.objects.count()) == (10, 20)
    assert audit.findings(clock.now()) == []


def test_without_the_lock_the_second_import_would_be_refused(
    brand: Brand, brand_owner: User, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_catalogue, "_one_at_a_time", lambda _brand_id: None)
    meet(monkeypatch, import_plan, "make")
    outcomes = at_once(load(brand, brand_owner), load(brand, brand_owner))
    one_writer_at_a_time = connection.vendor == "sqlite"
    assert outcomes.count(SkuTaken) == (0 if one_writer_at_a_time else 1)
    assert (Product.objects.count(), Variant.objects.count()) == (10, 20)
    assert audit.findings(clock.now()) == []
