"""Many orders at once, copied from one by the database itself: for tests of what lists cost."""

from django.db import connection
from django.db.models import Model

from orders.models import Order, OrderLine, Payment, Shipment
from tests.orders.shop import Shop, buy, caller, pay
from tests.people import sign_up


def crowd(shop: Shop, size: int) -> None:
    """Make ``size`` more orders of one buyer: one in sixteen is paid, the others are completed.

    Counters of stock stay as they are.
    """
    buyer = sign_up(f"crowd{Order.objects.count()}")
    first = buy(shop, buyer)
    assert pay(caller(buyer), first).status_code == 200
    parcel = Shipment.objects.create(
        order=first,
        brand=shop.brand,
        carrier="Post",
        tracking_number=f"X{first.id}",
        shipped_at=first.created_at,
    )
    counting = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size - 1})"
    key = f"'{buyer.username}-' || n.i"
    _copy(Order, f"orders_order t CROSS JOIN ({counting} SELECT i FROM n) n", first.id, id=_new_id(), key=key)
    _analyze(Order)
    of_crowd = f"JOIN orders_order o ON o.key LIKE '{buyer.username}-%%'"
    state = "CASE WHEN substr(CAST(o.id AS text), 1, 1) = '0' THEN 'paid' ELSE 'completed' END"
    copies: tuple[tuple[type[Model], str, dict[str, str]], ...] = (
        (OrderLine, first.lines.get().id, {"state": state}),
        (Payment, first.payments.get().id, {"gateway_id": "''"}),
        (Shipment, parcel.id, {"tracking_number": "o.key"}),
    )
    for model, row_id, changes in copies:
        rows = f"{model._meta.db_table} t {of_crowd}"
        _copy(model, rows, row_id, id=_new_id(), order_id="o.id", **changes)
        _analyze(model)


def _copy(model: type[Model], rows: str, row_id: str, **changes: str) -> None:
    """Insert copies of one row, one for each row of a join, with some columns changed."""
    columns = [str(field.column) for field in model._meta.concrete_fields]
    values = [changes.get(column, f"t.{column}") for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)})"
            f" SELECT {', '.join(values)} FROM {rows} WHERE t.id = %s",
            [model._meta.pk.get_db_prep_value(row_id, connection)],
        )


def _analyze(model: type[Model]) -> None:
    """Let PostgreSQL count a table, as it does by itself in time: its plans were made for an empty one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def _new_id() -> str:
    return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
