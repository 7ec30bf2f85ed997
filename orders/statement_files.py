"""A statement as a file: CSV, JSON or JSON lines, written a piece at a time."""

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator

from orders.models import Statement
from orders.settlement.statement_lines import AMOUNTS, COLUMNS, StatementLine, every_line

#: Lines that are written out at once.
PIECE = 500

Lines = Iterator[StatementLine]


def write_statement(statement: Statement, form: str) -> tuple[Iterator[str], str]:
    """Return the pieces of a statement's file in one of ``FORMS``, and its media type."""
    write, media_type = _WRITERS[form]
    return write(every_line(statement)), media_type


def _csv(lines: Lines) -> Iterator[str]:
    text = io.StringIO()
    write = csv.writer(text).writerow
    write(COLUMNS)
    for number, line in enumerate(lines, start=1):
        write([_harmless(cell) for cell in line.as_text()])
        if number % PIECE == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _json(lines: Lines) -> Iterator[str]:
    """Yield one array of objects; amounts are numbers."""
    start = "["
    while group := list(itertools.islice(lines, PIECE)):
        yield start + ",".join(_object(line) for line in group)
        start = ","
    yield "]" if start == "," else "[]"


def _json_lines(lines: Lines) -> Iterator[str]:
    """Yield an object on each line; amounts are numbers."""
    while group := list(itertools.islice(lines, PIECE)):
        yield "".join(_object(line) + "\n" for line in group)


def _object(line: StatementLine) -> str:
    words = dict(zip(COLUMNS, line.as_text(), strict=True))
    numbers = {name: int(words[name]) for name in AMOUNTS}
    return json.dumps({**words, **numbers}, ensure_ascii=False, separators=(",", ":"))


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; negative amounts stay numbers."""
    formula = cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not cell.removeprefix("-").isdigit()
    return f"'{cell}" if formula else cell


_WRITERS: dict[str, tuple[Callable[[Lines], Iterator[str]], str]] = {
    "csv": (_csv, "text/csv"),
    "json": (_json, "application/json"),
    "jsonl": (_json_lines, "application/jsonl"),
}

FORMS = tuple(_WRITERS)
