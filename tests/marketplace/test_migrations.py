"""An empty database gets its tables in one step an app; one that has taken single steps goes on with them."""

import pytest
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

Key = tuple[str, str]

OURS = {"marketplace", "streams", "orders", "refunds"}


def shortcuts() -> dict[Key, Migration]:
    """Return the migrations that stand for an app's first ones."""
    return MigrationLoader(None).replacements


def forget(*migrations: Key) -> None:
    """Take migrations from those that the database has."""
    for app, name in migrations:
        MigrationRecorder(connection).record_unapplied(app, name)


def missing() -> list[Key]:
    """Return what ``migrate`` would apply."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


def tables(state: ProjectState) -> dict[Key, object]:
    """Return what our tables are made from: the models, and their columns in order."""
    ours = {label: model for label, model in state.models.items() if label[0] in OURS}
    return {label: (model, list(model.fields)) for label, model in ours.items()}


@pytest.mark.only_in("embedded")
def test_the_one_step_comes_to_what_the_single_ones_do() -> None:
    last = [shortcut.replaces[-1] for shortcut in shortcuts().values()]
    single = tables(MigrationLoader(None, replace_migrations=False).project_state(last))
    at_once = tables(MigrationLoader(None).project_state(list(shortcuts())))
    assert {app for app, _ in single} == OURS
    assert single.keys() == at_once.keys()
    assert [label for label in single if single[label] != at_once[label]] == []


@pytest.mark.django_db
def test_a_database_with_all_of_the_single_steps_is_only_told_of_the_one() -> None:
    forget(*shortcuts())
    assert missing() == []
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert set(shortcuts()) <= set(MigrationRecorder(connection).applied_migrations())


@pytest.mark.django_db
def test_a_database_that_stopped_between_goes_on_with_the_single_steps() -> None:
    stopped = {"marketplace": 1, "streams": 3, "orders": 3, "refunds": 1}
    left: list[Key] = []
    for key, shortcut in shortcuts().items():
        forget(key, *shortcut.replaces[stopped[key[0]] :])
        left += shortcut.replaces[stopped[key[0]] :]
    found = missing()
    assert sorted(found) == sorted(left)
    assert [key for key in found if key[0] == "orders"] == [key for key in left if key[0] == "orders"]
