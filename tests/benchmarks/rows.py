"""How many rows a run has written, counted in the database itself."""

import contextlib
import sqlite3
from pathlib import Path

import psycopg
from psycopg import sql


def count_rows(env: dict[str, str]) -> dict[str, int]:
    """Return the number of rows of every table of a marketplace's database."""
    if env["DATABASE_URL"]:
        return _postgres(env["DATABASE_URL"])
    return _sqlite(Path(env["VAR_DIR"]) / "hawker.sqlite3")


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return how many rows each table has gained, without those that gained none."""
    return {
        table: count - before.get(table, 0) for table, count in after.items() if count != before.get(table, 0)
    }


def _postgres(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            name: _one(connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))))
            for (name,) in tables
        }


def _one(cursor: psycopg.Cursor[tuple[int]]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return row[0]


def _sqlite(path: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
            for (name,) in tables
        }
