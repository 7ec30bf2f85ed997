"""Rows are written by actions, steps and states, by nothing else."""

import ast
import fnmatch
from collections.abc import Iterator

import pytest

from tests.architecture.sources import APPS, sources

pytestmark = pytest.mark.only_in("embedded")

WRITERS = (
    "*/actions/*.py",
    "*/actions.py",
    "*/states.py",
    "orders/payments/bank/*.py",  # outside companies with rows of their own
    "orders/payments/simulator/*.py",  # an outside company with rows of its own
)
STEP_GUARD = "require_transaction"  # a step calls it: outside a caller's transaction it refuses to write
ALWAYS_WRITES = {
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "acreate",
    "aupdate",
    "abulk_create",
    "abulk_update",
    "aget_or_create",
    "aupdate_or_create",
    "asave",
    "adelete",
    "create_user",
    "_raw_delete",
}
WRITES_ON_ROWS = {"create", "update", "delete"}
MAKES_ROWS = {"filter", "exclude", "all", "select_for_update", "order_by", "using", "objects", "annotate"}
WRITES_OF_LIB = {"add", "update"}  # of ``marketplace.lib.rows``
RUNS_SQL = {"execute", "executemany", "copy"}
SQL_WRITES = ("INSERT ", "UPDATE ", "DELETE ", "TRUNCATE ", "COPY ")


def writes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of every call that writes rows, as far as the text alone can tell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_write(node, node.func):
            yield node.lineno, node.func.attr


def _is_write(call: ast.Call, function: ast.Attribute) -> bool:
    name = function.attr
    if ast.unparse(function.value) == "rows":
        return name in WRITES_OF_LIB
    if name in WRITES_ON_ROWS:
        return _is_on_rows(function.value)
    if name in RUNS_SQL:
        return bool(call.args) and _is_sql_write(call.args[0])
    return name in ALWAYS_WRITES or (name == "save" and not call.args)


def _is_on_rows(receiver: ast.expr) -> bool:
    """Tell whether an expression is a manager or a queryset: a chain through ``objects``, ``filter()``."""
    return any(isinstance(part, ast.Attribute) and part.attr in MAKES_ROWS for part in ast.walk(receiver))


def _is_sql_write(statement: ast.expr) -> bool:
    texts = [part.value for part in ast.walk(statement) if isinstance(part, ast.Constant)]
    return any(isinstance(text, str) and text.lstrip().upper().startswith(SQL_WRITES) for text in texts)


def is_step(tree: ast.Module) -> bool:
    """Tell whether a module guards its writes by demanding a caller's transaction."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == STEP_GUARD
        for node in ast.walk(tree)
    )


def test_only_actions_steps_and_states_write() -> None:
    found = [
        f"{source.path}:{line} {name}"
        for source in sources(*APPS)
        if not any(fnmatch.fnmatch(source.path, pattern) for pattern in WRITERS) and not is_step(source.tree)
        for line, name in writes(source.tree)
    ]
    assert found == []


def test_no_model_hides_a_write_in_save_or_in_a_signal() -> None:
    found = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in sources(*APPS)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef)
        and (
            (node.name in {"save", "delete"} and "/models" in source.path)
            or any("receiver" in ast.unparse(decorator) for decorator in node.decorator_list)
        )
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    (
        "Order.objects.create(id=1)",
        "Order.objects.filter(id=1).update(state='paid')",
        "self.order.lines.all().delete()",
        "order.save(update_fields=['state'])",
        "Order.objects.bulk_create(rows)",
        "cursor.execute('update orders_order set state = 1')",
        "rows.update(Order, order.id, {'state': 'paid'})",
        "rows.add(order)",
    ),
)
def test_the_check_sees_a_write(code: str) -> None:
    assert [name for _, name in writes(ast.parse(code))] != []


@pytest.mark.parametrize(
    "code",
    (
        "counts.update(other)",
        "digest.update(b'x')",
        "cache.delete(key)",
        "Order.objects.filter(id=1).first()",
        "cursor.execute('select 1')",
        "storage.save('name', file)",
    ),
)
def test_the_check_lets_reads_pass(code: str) -> None:
    assert list(writes(ast.parse(code))) == []
