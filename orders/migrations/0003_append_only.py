"""Transfers and entries are written once, accounts are never deleted: the database itself refuses.

SQLite rebuilds a table to alter it, and its triggers go with the old one: a later migration that alters one of
these tables makes them again. ``manage.py audit`` looks whether they are there.
"""

from django.db import migrations

REFUSED = (
    ("ledger_transfer", "UPDATE"),
    ("ledger_transfer", "DELETE"),
    ("ledger_entry", "UPDATE"),
    ("ledger_entry", "DELETE"),
    ("ledger_account", "DELETE"),
)
WHY = "rows of the ledger are written once"

FUNCTION = f"""
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{WHY}' USING ERRCODE = 'restrict_violation';
END $$
"""


def refuse(_apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    if postgres:
        schema_editor.execute(FUNCTION)
    for table, what in REFUSED:
        body = (
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
            if postgres
            else f"BEGIN SELECT RAISE(ABORT, '{WHY}'); END"
        )
        schema_editor.execute(f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} {body}")


def allow(_apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for table, what in REFUSED:
        schema_editor.execute(
            f"DROP TRIGGER {table}_no_{what.lower()}" + (f" ON {table}" if postgres else "")
        )
    if postgres:
        schema_editor.execute("DROP FUNCTION ledger_refuse()")


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_ledger")]

    operations = [migrations.RunPython(refuse, allow)]
