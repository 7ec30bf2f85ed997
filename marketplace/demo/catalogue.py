"""What the demo's brands sell. Prices are in fen, 1/100 CNY."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streams.simulator
from marketplace.models import Product
from streams.simulator.script import Script, read_script

CURRENCY = "CNY"
SCRIPT = Path(streams.simulator.__file__).parent / "presets" / "taobao_live.toml"

_PERISHABLE = Product.ReturnPolicy.PERISHABLE

#: Slug, name and the platform's fee in basis points.
CATEGORIES = {
    "tea": ("Tea", 300),
    "fruit": ("Fresh fruit", 200),
    "pantry": ("Pantry", 250),
    "snacks": ("Snacks", 300),
    "kitchen": ("Kitchen", 500),
    "home": ("Home", 500),
    "beauty": ("Beauty", 500),
    "clothing": ("Clothing", 500),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant: its SKU, name, price without a show, and units on the shelf."""

    sku: str
    name: str
    list_price: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class Good:
    """A product: what is drawn of it, where it stands, what is said of it, and its variants."""

    motif: str
    category: str
    title: str
    description: str
    choices: Sequence[Choice]
    return_policy: str = Product.ReturnPolicy.STANDARD


@dataclass(frozen=True, slots=True)
class BrandSheet:
    """A brand: who owns it, what it says of itself, and the commission of its open plan in basis points."""

    name: str
    owner: str
    description: str
    rate_bp: int
    goods: Sequence[Good]


VALLEY = BrandSheet(
    "Green Valley Farm",
    "brand",
    "Eleven families in one valley. What they grow leaves the farm the day after the show.",
    1_500,
    (
        Good(
            "apples",
            "fruit",
            "Highland apples",
            "Picked ripe at 1,900 metres, crisp and a little sour.",
            (Choice("AP-5KG", "5 kg crate", 5990, 2000), Choice("AP-2KG", "2 kg box", 2990, 600)),
            _PERISHABLE,
        ),
        Good(
            "oranges",
            "fruit",
            "Honey oranges",
            "Thin skin, hardly a pip, and juice to the last slice.",
            (Choice("OR-5KG", "5 kg crate", 6490, 900),),
            _PERISHABLE,
        ),
        Good(
            "honey",
            "pantry",
            "Linden blossom honey",
            "Spun once a year, in June, and never heated.",
            (Choice("HN-500", "500 g jar", 7800, 400), Choice("HN-1000", "1 kg jar", 13800, 150)),
        ),
        Good(
            "mushrooms",
            "pantry",
            "Dried forest mushrooms",
            "Shiitake from oak logs, dried over beech wood.",
            (Choice("MU-250", "250 g bag", 6800, 320),),
        ),
        Good(
            "rice",
            "pantry",
            "Terrace rice, new harvest",
            "Short grain from the upper terraces, milled to order.",
            (Choice("RI-5KG", "5 kg sack", 8900, 700),),
        ),
        Good(
            "chilli_sauce",
            "pantry",
            "Stone-ground chilli sauce",
            "Fermented for ninety days. Warm rather than hot.",
            (Choice("CH-280", "280 g jar", 3200, 800),),
        ),
    ),
)

LOOM = BrandSheet(
    "Cloud Loom",
    "brand",
    "Linen and straw, cut and sewn in a workshop of twenty.",
    2_200,
    (
        Good(
            "shirt",
            "clothing",
            "Washed linen shirt",
            "Pre-washed, so that it neither shrinks nor needs an iron.",
            (
                Choice("SH-S", "Sky blue, S", 25900, 60),
                Choice("SH-M", "Sky blue, M", 25900, 90),
                Choice("SH-L", "Sky blue, L", 25900, 70),
            ),
        ),
        Good(
            "dress",
            "clothing",
            "Marigold summer dress",
            "Cotton with a hand-printed flower, and pockets in both seams.",
            (Choice("DR-S", "S", 32900, 40), Choice("DR-M", "M", 32900, 45)),
        ),
        Good(
            "straw_hat",
            "clothing",
            "Straw hat with ribbon",
            "Woven from wheat straw. Rolls up for the suitcase.",
            (Choice("HT-57", "57 cm", 14900, 80),),
        ),
        Good(
            "tote",
            "clothing",
            "Canvas market bag",
            "Carries twelve kilos and folds into its own pocket.",
            (Choice("TO-1", "Natural", 8900, 300),),
        ),
    ),
)

KILN = BrandSheet(
    "Kiln & Copper",
    "brand",
    "Tableware from a wood-fired kiln, and what belongs around it.",
    2_000,
    (
        Good(
            "bowls",
            "kitchen",
            "Glazed rice bowls",
            "Each glaze runs its own way. Safe in oven and dishwasher.",
            (Choice("BO-3", "set of three", 19800, 90),),
        ),
        Good(
            "vase",
            "home",
            "River vase",
            "Thrown and painted by hand. Twenty-two centimetres tall.",
            (Choice("VA-22", "22 cm", 28900, 35),),
        ),
        Good(
            "thermos",
            "kitchen",
            "Mountain flask",
            "Keeps tea hot for twelve hours. Steel inside, no taste.",
            (Choice("TH-500", "500 ml", 16900, 160), Choice("TH-800", "800 ml", 19900, 110)),
        ),
        Good(
            "candle",
            "home",
            "Fig and cedar candle",
            "Soy wax in a glass that becomes a tumbler. Burns for fifty hours.",
            (Choice("CA-220", "220 g", 11900, 140),),
        ),
    ),
)

#: What is drawn and said of the products of the simulated show, by SKU.
_SCRIPTED = {
    "LL-TEA-250": ("tea_tin", "Pan-fired by hand. Chestnut and fresh beans in the cup."),
    "LL-SERUM-30": ("serum", "Fermented rice water, no perfume. For the evening."),
    "LL-PERS-3KG": ("persimmons", "Soft and sweet, each in its own paper nest."),
    "LL-SHAWL-RED": ("shawl", "Lambswool with cashmere, one size for everybody."),
    "LL-WOK-32": ("wok", "One sheet of iron, no coating. For gas and induction."),
    "LL-MOON-8": ("mooncakes", "Lotus seed paste around a whole salted yolk."),
    "LL-NUT-1KG": ("walnuts", "Dried in the sun. Opens between two fingers."),
    "LL-POT-220": ("teapot", "Thrown by hand from purple clay, for two cups."),
    "LL-BALM-2": ("lip_balm", "Beeswax and osmanthus oil. Two in a pack."),
    "LL-LAMP-S": ("lantern", "Bamboo and mulberry paper, folds flat."),
}


@cache
def script() -> Script:
    """Return the script of the show that is played again and again while the demo runs."""
    return read_script(SCRIPT.read_text(encoding="utf-8"), name=SCRIPT.name)


def lantern() -> BrandSheet:
    """Return the brand of the simulated show, with the products of its script."""
    goods = []
    for product in script().products:
        motif, description = _SCRIPTED.get(product.sku, ("parcel", ""))
        choice = Choice(product.sku, product.variant, product.list_price, product.stock)
        goods.append(
            Good(motif, product.category, product.title, description, (choice,), product.return_policy)
        )
    text = "A small house on Lantern Lane that goes on air every evening."
    return BrandSheet(script().brand, "lulu", text, 2_000, goods)


def brands() -> list[BrandSheet]:
    """Return all brands of the demo."""
    return [VALLEY, LOOM, KILN, lantern()]
