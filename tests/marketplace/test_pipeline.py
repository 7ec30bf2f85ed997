"""Statements that are sent together: what they return, and what happens when one of them fails."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection

from marketplace import outbox
from marketplace.errors import StockConflict
from marketplace.lib import bulk, pipeline, rows
from marketplace.lib.atomic import OutsideTransaction, action
from marketplace.lib.ids import new_uuid7_hex
from marketplace.models import Category, Fact
from tests.plugin import mode

NOW = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
RENAME = "UPDATE marketplace_category SET name = %s WHERE slug = %s"
FACT = ("id", "subject", "payload", "type", "at")
AWKWARD = 'a "quoted" \\ back\nslash,\t{braces} NULL 茶'

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tea() -> Category:
    return Category.objects.create(slug="tea", name="Tea", fee_bp=300)


def name_of(category: Category) -> str:
    return Category.objects.get(pk=category.pk).name


def write_facts(*subjects: str) -> None:
    at = connection.ops.adapt_datetimefield_value(NOW)
    bulk.insert(
        Fact, FACT, [(new_uuid7_hex(), subject, "{}") for subject in subjects], shared=("test.made", at)
    )


def test_answers_come_in_the_order_of_asking(tea: Category) -> None:
    question = "SELECT name FROM marketplace_category WHERE slug = %s"
    with action(), pipeline.pipeline():
        before = pipeline.ask(question, ["tea"], lambda found: found[0][0])
        pipeline.change(RENAME, ["Leaf", "tea"], otherwise=StockConflict())
        after = pipeline.ask(question, ["tea"], lambda found: found[0][0])
        assert (after.get(), before.get()) == ("Leaf", "Tea")
    assert name_of(tea) == "Leaf"


def test_a_change_of_nothing_raises_at_the_end_and_undoes_all(tea: Category) -> None:
    passed: list[str] = []

    def rename_both() -> None:
        with action():
            with pipeline.pipeline():
                pipeline.change(RENAME, ["Gone", "coffee"], otherwise=StockConflict())
                passed.append("the change of nothing")
                pipeline.change(RENAME, ["Leaf", "tea"], otherwise=IntegrityError())
            passed.append("the end")

    with pytest.raises(StockConflict):
        rename_both()
    assert passed == ["the change of nothing"]
    assert name_of(tea) == "Tea"


def test_a_broken_constraint_is_named_and_undoes_all(tea: Category) -> None:
    def break_one() -> None:
        with action(), pipeline.pipeline():
            pipeline.change(RENAME, ["Leaf", "tea"], otherwise=StockConflict())
            connection.cursor().execute("UPDATE marketplace_category SET fee_bp = -1 WHERE slug = 'tea'")
            write_facts("never")

    with pytest.raises(IntegrityError):
        break_one()
    assert name_of(tea) == "Tea"
    assert not Fact.objects.exists()


def test_outside_of_a_pipeline_a_change_is_checked_at_once(tea: Category) -> None:
    passed: list[str] = []

    def rename_none() -> None:
        with action():
            pipeline.change(RENAME, ["Gone", "coffee"], otherwise=StockConflict())
            passed.append("the change of nothing")

    with pytest.raises(StockConflict):
        rename_none()
    assert passed == []


def test_a_pipeline_wants_a_transaction() -> None:
    with pytest.raises(OutsideTransaction), pipeline.pipeline():
        pytest.fail("it ran")


def test_rows_are_stored_letter_by_letter_and_in_order() -> None:
    subjects = [AWKWARD[:40], "", "NULL", "{}", "plain"]
    with action(), pipeline.pipeline():
        write_facts(*subjects)
    stored = Fact.objects.order_by("id")
    assert [fact.subject for fact in stored] == subjects
    assert {(fact.type, fact.at, str(fact.payload)) for fact in stored} == {("test.made", NOW, "{}")}


def test_what_is_too_long_is_refused_not_cut() -> None:
    if mode() == "scaled":
        with pytest.raises(DataError), action():
            write_facts("x" * 41)
    else:  # SQLite keeps text of any length
        with action():
            write_facts("x" * 41)
        assert Fact.objects.get().subject == "x" * 41


def test_no_ids_find_nothing(tea: Category) -> None:
    assert rows.fetch(Fact, []) == []
    with action():
        assert rows.lock(Fact, set()) == []


def test_a_row_is_inserted_and_found_as_the_model_has_it() -> None:
    payload = {"said": AWKWARD, "number": 1}
    with action():
        outbox.append("test.made", subject=AWKWARD[:40], payload=payload, now=NOW)
    fact = Fact.objects.get()
    found = rows.get(Fact, fact.id)
    assert (found.id, found.subject, found.payload, found.at) == (fact.id, AWKWARD[:40], payload, NOW)
    assert rows.find(Fact, f"evt_{new_uuid7_hex()}") is None
    with pytest.raises(Fact.DoesNotExist):
        rows.get(Fact, f"evt_{new_uuid7_hex()}")
    with pytest.raises(OutsideTransaction):
        outbox.append("test.made", subject="", payload={}, now=NOW)


def test_the_earliest_moment_is_that_of_all_columns() -> None:
    later = NOW + timedelta(microseconds=1)
    with action():
        for at in (later, NOW):
            outbox.append("test.made", subject="", payload={}, now=at)
    first, last = "SELECT MIN(at) FROM marketplace_fact WHERE at > %s", "SELECT MAX(at) FROM marketplace_fact"
    moments = f"SELECT ({last}), ({first})"
    assert rows.earliest(moments, [NOW - timedelta(days=1)]) == NOW
    assert rows.earliest(moments, [NOW]) == later
    assert rows.earliest(first, [later]) is None


def test_a_row_is_changed_only_as_it_was_seen() -> None:
    tea = Category(slug="tea", name="Tea", fee_bp=300)
    with action():
        rows.add(tea)
        assert not rows.update(Category, tea.pk, {"name": "Leaf", "fee_bp": 1}, name="Coffee")
        assert rows.update(Category, tea.pk, {"name": "Leaf"}, name="Tea", fee_bp=300)
        assert not rows.update(Category, "coffee", {"name": "Beans"})
    assert list(Category.objects.values_list("name", "fee_bp")) == [("Leaf", 300)]
    with pytest.raises(OutsideTransaction):
        rows.update(Category, tea.pk, {"name": "Tea"})


def test_a_row_that_was_added_reads_as_it_was() -> None:
    added = Fact(type="test.made", subject="tea", payload={"a": [AWKWARD]}, at=NOW)
    with action():
        rows.add(added)
    [kept] = Fact.objects.all()
    assert (kept.id, kept.type, kept.subject) == (added.id, "test.made", "tea")
    assert (kept.payload, kept.at) == ({"a": [AWKWARD]}, NOW)
    with pytest.raises(OutsideTransaction):
        rows.add(Fact(type="test.made", subject="tea", payload={}, at=NOW))
