"""Query sets that are compiled once: what they return, and for which values."""

import gc
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from weakref import ref

import pytest
from django.db import connection, transaction
from django.db.models import Count, F, Min, Q, QuerySet

from marketplace.lib.prepared import prepared, prepared_values
from marketplace.models import Brand, Fact, User
from tests.people import sign_up

NOW = datetime(2026, 11, 11, 12, 0, 0, 123_456, tzinfo=UTC)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


def test_each_call_asks_with_its_own_values_what_was_built_once() -> None:
    built = []

    @prepared
    def between(after: datetime, before: datetime) -> QuerySet[Fact]:
        built.append(1)
        return Fact.objects.filter(type="test.made", at__gt=after, at__lte=before).order_by("-at")

    for seconds in range(5):
        Fact.objects.create(type="test.made", subject=f"{seconds}", payload={}, at=NOW + seconds * SECOND)
    assert [fact.subject for fact in between(NOW, NOW + 2 * SECOND)] == ["2", "1"]
    assert [fact.subject for fact in between(NOW + 3 * SECOND, before=NOW + 9 * SECOND)] == ["4"]
    assert list(between(NOW, NOW)) == []
    assert built == [1]


def test_rows_are_whole_and_carry_what_was_annotated(brand: Brand) -> None:
    @prepared
    def with_members(word: str) -> QuerySet[Any]:
        counted = Brand.objects.annotate(people=Count("members"))
        return counted.filter(Q(people__gt=0) & ~Q(name=F("slug")), name__contains="100%").exclude(name=word)

    assert list(with_members("")) == []
    Brand.objects.update(name="100% tea")
    (found,) = with_members("another's")
    assert (found.id, found.people, found.created_at) == (brand.id, 1, brand.created_at)
    assert list(with_members("100% tea")) == []


def test_columns_and_sums_come_as_they_do_from_django(brand: Brand) -> None:
    for seconds, kind in enumerate(("made", "made", "broken")):
        Fact.objects.create(type=kind, subject=brand.id, payload={}, at=NOW + seconds * SECOND)

    def by_kind(after: datetime) -> QuerySet[Fact, tuple[str, datetime, int]]:
        facts = Fact.objects.filter(at__gt=after, type__in=["made", "broken"]).order_by("type").values("type")
        return facts.annotate(first=Min("at"), number=Count("id")).values_list("type", "first", "number")

    def founded(name: str) -> QuerySet[Brand, tuple[str, datetime]]:
        return Brand.objects.filter(name=name).values_list("id", "created_at")

    asked = prepared_values(by_kind)
    for after in (NOW, NOW - SECOND, NOW + 3 * SECOND):
        assert asked(after) == list(by_kind(after))
    assert [row[0::2] for row in asked(NOW - SECOND)] == [("broken", 1), ("made", 2)]
    assert prepared_values(founded)(brand.name) == [(brand.id, brand.created_at)]


def test_it_sees_what_was_written_since() -> None:
    @prepared
    def everybody() -> QuerySet[User]:
        return User.objects.order_by("username")

    assert everybody() == []
    sign_up("bella")
    assert [person.username for person in everybody()] == ["bella"]
    sign_up("anna")
    assert [person.username for person in everybody()] == ["anna", "bella"]


@pytest.mark.django_db(transaction=True)
def test_what_one_thread_asked_first_another_asks_over_its_own_connection() -> None:
    sign_up("bella")
    asked, connections = [], []

    @prepared
    def everybody() -> QuerySet[User]:
        return User.objects.order_by("username")

    @prepared_values
    def joined() -> QuerySet[User, tuple[str, datetime]]:
        return User.objects.order_by("username").values_list("id", "date_joined")

    def ask() -> None:
        asked.append([[(person.id, person.date_joined) for person in everybody()], joined()])
        connections.append(ref(transaction.get_connection()))
        connection.close()

    for _ in range(2):
        thread = Thread(target=ask)
        thread.start()
        thread.join()
    ask()
    gc.collect()
    assert asked == [[list(joined())] * 2] * 3
    assert [kept() is None for kept in connections] == [True, True, False]


def test_a_value_too_few_is_refused() -> None:
    @prepared
    def since(moment: datetime) -> QuerySet[Fact]:
        return Fact.objects.filter(at__gt=moment)

    with pytest.raises(TypeError, match="moment"):
        since()  # type: ignore[call-arg]  # that is the test
