"""A host's script: what is sold and what happens when. Read from TOML, refused by line."""

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

LEAST_DEAL_SECONDS = 5
MOST_DEAL_SECONDS = 3_600
RETURN_POLICIES = ("standard", "perishable", "made_to_order", "none")
VERBS = ("say", "claim", "pin", "deal", "restock", "pause", "resume", "end")
#: What a beat may say beside ``at`` and its verb: true where it must.
FIELDS: dict[str, dict[str, bool]] = {
    "say": {"product": False},
    "claim": {"product": True, "attribute": True},
    "pin": {},
    "deal": {"price": True, "quota": True, "seconds": True, "per_buyer_limit": False},
    "restock": {"quantity": True},
    "pause": {},
    "resume": {},
    "end": {},
}
_NAMES_PRODUCT = frozenset({"pin", "deal", "restock"})
_CLOCK = re.compile(r"(\d+):([0-5]\d)")
_BEAT = re.compile(r"^\s*\[\[\s*beats\s*\]\]")


class BadScript(ValueError):
    """A script or preset cannot be played; the message says where it is wrong and what to write instead."""


@dataclass(frozen=True)
class Product:
    """A product of the show. Without a title it is one that the marketplace has, found by its SKU."""

    key: str
    sku: str
    live_price: int
    title: str = ""
    variant: str = ""
    category: str = ""
    list_price: int = 0
    stock: int = 0
    return_policy: str = "standard"
    per_buyer_limit: int | None = None


@dataclass(frozen=True)
class Beat:
    """One thing the host does, ``at`` seconds after the start. ``where`` names it in messages."""

    at: float
    verb: str
    where: str
    product: str = ""
    text: str = ""
    attribute: str = ""
    price: int = 0
    quota: int = 0
    seconds: float = 0
    per_buyer_limit: int | None = None
    quantity: int = 0


@dataclass(frozen=True)
class Script:
    """A whole show."""

    title: str
    streamer: str
    brand: str
    currency: str
    minutes: float
    products: tuple[Product, ...]
    beats: tuple[Beat, ...] = field(default=())
    description: str = ""
    payment_window_seconds: int = 900


def read_script(text: str, *, name: str) -> Script:
    """Return the script in a TOML text; ``name`` is the file's, for messages. Raises BadScript."""
    return parse_script(read_toml(text, name), text=text, name=name)


def read_toml(text: str, name: str) -> dict[str, Any]:
    """Return a TOML document; raises BadScript with the line where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScript(f"{name}: this is not TOML: {error}.") from None


def parse_script(document: dict[str, Any], *, text: str, name: str) -> Script:
    """Return the script in a document: the tables ``show``, ``products`` and ``beats``."""
    show = Table(document.get("show"), f"{name}: [show]")
    title, minutes = show.text("title"), show.number("minutes", low=0.05, high=24 * 60)
    streamer, brand = show.text("streamer"), show.text("brand")
    currency = show.text("currency", default="CNY")
    description = show.text("description", default="")
    window = int(show.number("payment_window_seconds", low=60, high=86_400, default=900))
    show.done()
    products = tuple(
        _product(Table(each, f"{name}: product {number}"))
        for number, each in enumerate(_tables(document, "products", name), start=1)
    )
    _refuse_doubles(products, name)
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _BEAT.match(line)]
    beats = []
    for number, each in enumerate(_tables(document, "beats", name), start=1):
        line = f", line {lines[number - 1]}" if number <= len(lines) else ""
        beats.append(_beat(Table(each, f"{name}{line}: beat {number}"), products, minutes * 60))
    _check_order(beats)
    return Script(title, streamer, brand, currency, minutes, products, tuple(beats), description, window)


class Table:
    """A TOML table whose values are taken one by one; what is left over is refused."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise BadScript(f"{where} is missing, or is no table.")
        self.where = where
        self._left = dict(values)

    def names(self) -> list[str]:
        """Return the names that have not been taken."""
        return list(self._left)

    def take(self, name: str) -> Any:
        """Return a raw value."""
        return self._left.pop(name, None)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there and not be empty."""
        value = self._left.pop(name, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise BadScript(f'{self.where}: write {name} = "some text".')
        return value

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        """Return a number between bounds."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadScript(f"{self.where}: {name} is a number from {low:g} to {high:g}, not {value!r}.")
        return value

    def whole(self, name: str, *, low: int = 1, high: int = 1_000_000_000, default: int | None = None) -> int:
        """Return a whole number between bounds."""
        value = self._left.pop(name, default)
        if type(value) is not int or not low <= value <= high:
            raise BadScript(f"{self.where}: {name} is a whole number from {low} to {high}, not {value!r}.")
        return value

    def done(self) -> None:
        """Refuse what nobody took."""
        if self._left:
            raise BadScript(f"{self.where}: there is no {', '.join(sorted(self._left))} here.")


def _tables(document: dict[str, Any], key: str, name: str) -> list[Any]:
    found = document.get(key)
    if not isinstance(found, list) or not found:
        raise BadScript(f"{name}: write at least one [[{key}]].")
    return found


def _product(table: Table) -> Product:
    key, sku, price = table.text("key"), table.text("sku"), table.whole("live_price")
    title = table.text("title", default="")
    made: dict[str, Any] = {}
    if title:
        made = {
            "title": title,
            "variant": table.text("variant", default=""),
            "category": table.text("category", default=""),
            "list_price": table.whole("list_price", low=price),
            "stock": table.whole("stock"),
            "return_policy": table.text("return_policy", default="standard"),
        }
        if made["return_policy"] not in RETURN_POLICIES:
            raise BadScript(f"{table.where}: return_policy is one of {', '.join(RETURN_POLICIES)}.")
    limit = table.whole("per_buyer_limit") if "per_buyer_limit" in table.names() else None
    table.done()
    return Product(key=key, sku=sku, live_price=price, per_buyer_limit=limit, **made)


def _refuse_doubles(products: tuple[Product, ...], name: str) -> None:
    for values, what in (([each.key for each in products], "key"), ([each.sku for each in products], "sku")):
        double = {value for value in values if values.count(value) > 1}
        if double:
            raise BadScript(f"{name}: two products have the {what} {', '.join(sorted(double))}.")


def _beat(table: Table, products: tuple[Product, ...], length: float) -> Beat:
    at = _moment(table)
    if at > length:
        raise BadScript(f"{table.where}: it comes after the show's {length / 60:g} minutes.")
    if "coupon" in table.names():
        raise BadScript(f"{table.where}: the marketplace has no coupons yet; write a deal instead.")
    verbs = [name for name in table.names() if name in VERBS]
    if len(verbs) != 1:
        raise BadScript(f"{table.where}: write exactly one of {', '.join(VERBS)}.")
    verb = verbs[0]
    beat = _filled(table, verb, at)
    by_key = {product.key: product for product in products}
    if beat.product and beat.product not in by_key:
        raise BadScript(f"{table.where}: no product has the key {beat.product!r}.")
    if verb == "deal" and beat.price > by_key[beat.product].live_price:
        raise BadScript(f"{table.where}: a deal's price is at most the live price.")
    if verb == "restock" and not by_key[beat.product].title:
        raise BadScript(f"{table.where}: only products that the script itself makes can be restocked.")
    table.done()
    return beat


def _filled(table: Table, verb: str, at: float) -> Beat:
    values: dict[str, Any] = {}
    if verb in ("pause", "resume", "end"):
        if table.take(verb) is not True:
            raise BadScript(f"{table.where}: write {verb} = true.")
    else:
        values["product" if verb in _NAMES_PRODUCT else "text"] = table.text(verb)
    for name, needed in FIELDS[verb].items():
        if not needed and name not in table.names():
            continue
        if name in ("product", "attribute"):
            values[name] = table.text(name)
        elif name == "seconds":
            values[name] = table.number(name, low=LEAST_DEAL_SECONDS, high=MOST_DEAL_SECONDS)
        else:
            values[name] = table.whole(name)
    return Beat(at=at, verb=verb, where=table.where, **values)


def _moment(table: Table) -> float:
    value = table.take("at")
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match:
        return int(match[1]) * 60 + int(match[2])
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadScript(f'{table.where}: at is seconds such as 90, or minutes and seconds such as "1:30".')
    return float(value)


def _check_order(beats: list[Beat]) -> None:
    """Refuse beats that go back in time, pauses out of turn, deals that overlap, and what follows the end."""
    before, paused, ended = 0.0, False, False
    deal_ends: dict[str, float] = {}
    for beat in beats:
        if beat.at < before:
            raise BadScript(f"{beat.where}: it comes before the beat above it; write beats in order.")
        if ended:
            raise BadScript(f"{beat.where}: nothing follows end.")
        if (beat.verb == "pause" and paused) or (beat.verb == "resume" and not paused):
            raise BadScript(f"{beat.where}: pause and resume take turns.")
        if beat.verb == "deal":
            if beat.at < deal_ends.get(beat.product, 0):
                raise BadScript(f"{beat.where}: the deal before on {beat.product!r} is still open then.")
            deal_ends[beat.product] = beat.at + beat.seconds
        before, ended = beat.at, beat.verb == "end"
        paused = beat.verb == "pause" or (paused and beat.verb != "resume")
