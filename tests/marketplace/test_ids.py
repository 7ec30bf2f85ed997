"""Public ids: well formed, one of their kind, and in the order in which they were made."""

import time
import uuid

import pytest

from marketplace.lib import ids
from marketplace.lib.ids import as_id, as_uuid, is_id, new_id, new_uuid7_hex

pytestmark = pytest.mark.only_in("embedded")


def test_ids_are_uuids_of_version_7_that_know_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last_stamp", 0)  # another test may have been to the future
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(hex=new_uuid7_hex())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_made_one_after_another_sort_in_that_order() -> None:
    made = [new_uuid7_hex() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_names_its_kind() -> None:
    made = new_id("ord")
    assert is_id(made, "ord")
    assert as_id("ord", as_uuid(made)) == made
    for wrong in (
        made[4:],
        made.upper(),
        made + "0",
        made[:-1],
        f"pay{made[3:]}",
        f"{made[:-1]}g",
        None,
        7,
        b"ord",
    ):
        assert not is_id(wrong, "ord"), wrong
