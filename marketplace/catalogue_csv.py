"""A brand's products, variants and stock as CSV: what a file says, how one is written (docs/catalogue.md).

One line is one variant; lines of one product repeat what they say of the product. A file is UTF-8, with or
without a byte order mark, with commas. A cell that a spreadsheet would take for a formula is written with an
apostrophe before it, which is taken away again when the file is read.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from marketplace.errors import FieldError, Invalid, TooLarge
from marketplace.lib.ids import is_id
from marketplace.lib.money import Money, exponent
from marketplace.lib.text import is_one_line
from marketplace.models import Product, Variant
from marketplace.stock import MAX_UNITS

MAX_ROWS = 10_000
MAX_BYTES = 16 * 1024 * 1024
#: Errors of one file that are reported; a file with more has a common cause.
MAX_ERRORS = 1_000
MAX_PRICE = 1_000_000_000_000
MAX_WEIGHT = 100_000_000

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20'")  # the last but one are the full-width forms
_PRICE = re.compile(r"[0-9]{1,13}(\.[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,10}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class BadCatalogueFile(Invalid):
    """Something is wrong with a CSV file; nothing of it was imported."""

    code = "bad_catalogue_file"
    message = "The file has errors; nothing was imported."
    cure = "Correct every place named in errors (line.column) and send the whole file again."


class BadCell(ValueError):
    """A cell does not hold what its column takes; the message says what that is."""


@dataclass(slots=True)
class Row:
    """One line: what it says by column, without the empty cells, which leave things as they are."""

    line: int
    cells: dict[str, Any] = field(default_factory=dict)

    def get(self, column: str) -> Any:
        """Return what the line says, None when it says nothing."""
        return self.cells.get(column)


class Errors:
    """Everything that is wrong with a file: line and column of each, the first thousand kept."""

    def __init__(self) -> None:
        self.kept: list[FieldError] = []
        self.count = 0
        self._places: set[tuple[int, str]] = set()

    def add(self, line: int, column: str, code: str, detail: str) -> None:
        """Note one error; ``column`` is empty when it concerns the whole line."""
        self.count += 1
        self._places.add((line, column))
        if len(self.kept) < MAX_ERRORS:
            self.kept.append(FieldError(f"{line}.{column}" if column else str(line), code, detail))

    def has(self, line: int, column: str) -> bool:
        """Tell whether something is wrong at this place already."""
        return (line, column) in self._places

    def raise_if_any(self) -> None:
        """Raise BadCatalogueFile with what was noted."""
        if self.count:
            raise BadCatalogueFile(param="file", errors=self.kept, data={"errors": self.count})


def read_rows(file: IO[bytes]) -> tuple[list[Row], Errors]:
    """Return what a file says, line by line, and what is wrong with its cells.

    Raises:
        TooLarge: it has more than 16 MB or 10,000 lines of data.
        BadCatalogueFile: it is not CSV in UTF-8 with the columns documented.
    """
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        raise TooLarge("The file is too large.", param="file", data={"limit": MAX_BYTES})
    errors = Errors()
    _check_encoding(file, errors)
    errors.raise_if_any()
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows: list[Row] = []
    try:
        for row in _parse(text, errors):
            if len(rows) == MAX_ROWS:
                detail = "The file has too many lines."
                raise TooLarge(detail, param="file", data={"rows": MAX_ROWS, "limit": MAX_BYTES})
            rows.append(row)
    finally:
        text.detach()
    _refuse_repeated_skus(rows, errors)
    return rows, errors


def write_rows(chunks: Iterable[list[Variant]]) -> Iterator[str]:
    """Yield an export piece by piece; the variants come with their product and stock."""
    yield "\ufeff" + _lines([list(COLUMNS)])
    for variants in chunks:
        yield _lines([_guard(show(variant)) for show in _SHOWN.values()] for variant in variants)


def to_money(price: Decimal, currency: str) -> Money:
    """Return the amount of a price such as 39.90; raises BadCell for more digits than the currency has."""
    minor = price.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise BadCell(f"{currency} has {exponent(currency)} digits behind the point.")
    if not 1 <= minor <= MAX_PRICE:
        raise BadCell(f"A price is from {Money(1, currency)} to {Money(MAX_PRICE, currency)}.")
    return Money(int(minor), currency)


def _lines(rows: Iterable[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def _parse(text: io.TextIOWrapper, errors: Errors) -> Iterator[Row]:
    reader = csv.reader(text, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if header is None:
                header = _header(cells, errors)
            elif any(cell.strip() for cell in cells):
                yield _row(line, header, cells, errors)
            line = reader.line_num + 1
    except csv.Error as error:
        errors.add(line, "", "malformed", f"This is not CSV: {error}.")
    if header is None:
        errors.add(1, "", "empty", "The file is empty; its first line names the columns.")


def _check_encoding(file: IO[bytes], errors: Errors) -> None:
    file.seek(0)
    for line, raw in enumerate(file, start=1):
        try:
            raw.decode()
        except UnicodeDecodeError:
            errors.add(line, "", "encoding", "This line is not UTF-8.")


def _header(cells: list[str], errors: Errors) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    for name in sorted({name for name in names if name not in COLUMNS}):
        errors.add(1, name[:100], "unknown_column", f"The columns are {', '.join(COLUMNS)}.")
    for name in sorted({name for name in names if names.count(name) > 1}):
        errors.add(1, name[:100], "repeated_column", "This column is there twice.")
    if "sku" not in names:
        errors.add(
            1, "sku", "missing", "The first line must name the column sku, with commas between columns."
        )
    return names


def _row(line: int, header: list[str], cells: list[str], errors: Errors) -> Row:
    row = Row(line)
    if len(cells) != len(header):
        errors.add(line, "", "cells", f"This line has {len(cells)} cells, the first one {len(header)}.")
    for name, cell in zip(header, cells, strict=False):
        parse = COLUMNS.get(name)
        value = _unguard(cell.strip())
        if parse is None or not value:
            continue
        try:
            row.cells[name] = parse(value)
        except BadCell as error:
            errors.add(line, name, "invalid", str(error))
    if "sku" in header and not row.get("sku") and not errors.has(line, "sku"):
        errors.add(line, "sku", "missing", "Every line needs a SKU.")
    return row


def _refuse_repeated_skus(rows: list[Row], errors: Errors) -> None:
    first: dict[str, int] = {}
    for row in rows:
        sku = row.get("sku")
        if sku is None:
            continue
        if sku in first:
            errors.add(row.line, "sku", "repeated", f"Line {first[sku]} has this SKU too.")
        first.setdefault(sku, row.line)


def _guard(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _unguard(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(_FORMULA) else value


def _text(most: int, *, lines: bool = False) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if len(value) > most:
            raise BadCell(f"At most {most} characters.")
        if not lines and not is_one_line(value):
            raise BadCell("One line, without control characters.")
        if "\0" in value:
            raise BadCell("Text must not hold NUL characters.")
        return value

    return parse


def _word(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        word = value.lower()
        if word not in allowed:
            raise BadCell(f"One of {', '.join(allowed)}.")
        return word

    return parse


def _truth(value: str) -> bool:
    return _word("true", "false")(value) == "true"


def _price(value: str) -> Decimal:
    if not _PRICE.fullmatch(value):
        raise BadCell("A price such as 39.90: digits, and a point before the last two or three of them.")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise BadCell("A price such as 39.90.") from None


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise BadCell("Three capital letters of ISO 4217, such as CNY.")
    return value


def _whole(most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not _WHOLE.fullmatch(value) or int(value) > most:
            raise BadCell(f"A whole number from 0 to {most}.")
        return int(value)

    return parse


def _product_id(value: str) -> str:
    if not is_id(value, "prd"):
        raise BadCell("An id of a product such as prd_…, or nothing.")
    return value


#: The columns in the order of an export, and what reads their cells.
COLUMNS: dict[str, Callable[[str], Any]] = {
    "product_id": _product_id,
    "title": _text(120),
    "description": _text(8_000, lines=True),
    "category": _text(40),
    "return_policy": _word(*Product.ReturnPolicy.values),
    "perishable": _truth,
    "state": _word(*Product.State.values),
    "sku": _text(64),
    "variant_title": _text(120),
    "price": _price,
    "currency": _currency,
    "weight_grams": _whole(MAX_WEIGHT),
    "active": _truth,
    "on_hand": _whole(MAX_UNITS),
}

_SHOWN: dict[str, Callable[[Variant], str]] = {
    "product_id": lambda variant: variant.product_id,
    "title": lambda variant: variant.product.title,
    "description": lambda variant: variant.product.description,
    "category": lambda variant: variant.product.category_id,
    "return_policy": lambda variant: variant.product.return_policy,
    "perishable": lambda variant: str(variant.product.perishable).lower(),
    "state": lambda variant: variant.product.state,
    "sku": lambda variant: variant.sku,
    "variant_title": lambda variant: variant.title,
    "price": lambda variant: str(variant.price).partition(" ")[0],
    "currency": lambda variant: variant.currency,
    "weight_grams": lambda variant: str(variant.weight_grams),
    "active": lambda variant: str(variant.active).lower(),
    "on_hand": lambda variant: str(variant.stock.on_hand),
}
