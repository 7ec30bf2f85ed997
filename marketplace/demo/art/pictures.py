"""Whole pictures: a product on its table, and the cover of a show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from marketplace.demo.art import food, home, wear
from marketplace.demo.art.canvas import Canvas
from marketplace.demo.art.pen import Pen

PRODUCT_SIZE = 320
COVER_WIDTH, COVER_HEIGHT = 640, 400

Draw = Callable[[Pen], None]

#: Every thing that can be drawn, and the colours of its room: wall, light, table.
MOTIFS: Mapping[str, tuple[Draw, str, str, str]] = {
    "tea_tin": (food.tea_tin, "#dfe9d3", "#f3f7ea", "#c9b48c"),
    "apples": (food.apples, "#fbe6cf", "#fff5e6", "#c9d6a2"),
    "oranges": (food.oranges, "#d9ecec", "#f0faf8", "#f4d7a4"),
    "persimmons": (food.persimmons, "#e3ead9", "#f6f8ee", "#cfb48a"),
    "honey": (food.honey, "#fdeec4", "#fffaea", "#d9b36f"),
    "mushrooms": (food.mushrooms, "#dde7d2", "#f2f6ea", "#b79f78"),
    "rice": (food.rice, "#dbe7ee", "#f2f8fb", "#c9b184"),
    "chilli_sauce": (food.chilli_sauce, "#fbe0c4", "#fff2e0", "#c99a5f"),
    "mooncakes": (food.mooncakes, "#e7dcec", "#f8f2fa", "#b99ac2"),
    "walnuts": (food.walnuts, "#e6e4cf", "#f8f7ea", "#a9b58a"),
    "wok": (home.wok, "#f7dcc6", "#fff0e2", "#b98a5c"),
    "teapot": (home.teapot, "#e8e2d2", "#faf7ee", "#b9a583"),
    "lantern": (home.lantern, "#3b2f4a", "#5b4763", "#2d2438"),
    "vase": (home.vase, "#f3e3e3", "#fff6f5", "#d3b9a5"),
    "bowls": (home.bowls, "#dde8e2", "#f3f8f5", "#c6ab84"),
    "thermos": (home.thermos, "#fbe9d0", "#fff7ea", "#d1b48b"),
    "candle": (home.candle, "#f6ddd6", "#fff3ee", "#b98f7d"),
    "parcel": (home.parcel, "#e9e3d8", "#faf7f1", "#c8b795"),
    "serum": (wear.serum, "#fbe3da", "#fff4ee", "#e3b9a5"),
    "lip_balm": (wear.lip_balm, "#e2eddf", "#f5faf2", "#cdbf96"),
    "shawl": (wear.shawl, "#f1e4cf", "#fdf6e9", "#c1a27b"),
    "shirt": (wear.shirt, "#f2e6d5", "#fdf7ed", "#d0b894"),
    "dress": (wear.dress, "#dcebe8", "#f1f9f6", "#bcd0bd"),
    "straw_hat": (wear.straw_hat, "#cfe6ec", "#eef8fa", "#efdcb4"),
    "tote": (wear.tote, "#dfe7d6", "#f4f8ee", "#c9b28a"),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A cover: up to three motifs on a table, in these colours of wall and table."""

    motifs: Sequence[str]
    wall: str
    wall_below: str
    table: str
    glow: str


@cache
def product_picture(motif: str) -> bytes:
    """Return a square PNG of a thing on a table; it is drawn once, several buyers show the same."""
    draw, wall, light, table = MOTIFS[motif]
    canvas = Canvas(PRODUCT_SIZE, PRODUCT_SIZE)
    room = Pen(canvas, x=0, y=0, size=PRODUCT_SIZE)
    room.box(0, 0, 100, 100, fill=light, to=wall)
    room.ellipse(50, 46, 40, fill="#ffffff", alpha=0.1 if motif == "lantern" else 0.45)
    room.box(0, 76, 100, 24, fill=table, to=table)
    room.box(0, 76, 100, 1.2, fill="#ffffff", alpha=0.35)
    draw(Pen(canvas, x=PRODUCT_SIZE * 0.14, y=PRODUCT_SIZE * 0.12, size=PRODUCT_SIZE * 0.72))
    return canvas.png()


def cover_picture(scene: Scene) -> bytes:
    """Return the PNG of a cover, 16 by 10."""
    canvas = Canvas(COVER_WIDTH, COVER_HEIGHT)
    room = Pen(canvas, x=0, y=0, size=COVER_WIDTH)
    room.box(0, 0, 100, 63, fill=scene.wall, to=scene.wall_below)
    for radius in (46, 36, 26):
        room.ellipse(50, 26, radius, fill=scene.glow, alpha=0.16)
    _garland(room)
    room.box(0, 48, 100, 15, fill=scene.table)
    room.box(0, 48, 100, 0.9, fill="#ffffff", alpha=0.3)
    places = ((0.055, 0.30, 0.42), (0.655, 0.30, 0.42), (0.29, 0.135, 0.60))
    for motif, (x, y, size) in zip(scene.motifs, places[-len(scene.motifs) :], strict=True):
        size_here = COVER_HEIGHT * size * 1.25
        MOTIFS[motif][0](Pen(canvas, x=COVER_WIDTH * x, y=COVER_HEIGHT * y * 1.1, size=size_here))
    return canvas.png()


def _garland(room: Pen) -> None:
    """Hang small lights along the upper edge."""
    room.stroke([(-2, 3), (25, 8), (50, 9.5), (75, 8), (102, 3)], 0.35, "#5b4636")
    for number, x in enumerate(range(6, 100, 11)):
        y = 3 + 6.6 * (1 - ((x - 50) / 52) ** 2)
        shade = ("#f6c453", "#ee7b5a", "#7fb7a6")[number % 3]
        room.ellipse(x, y + 1.7, 2.6, fill=shade, alpha=0.3)
        room.ellipse(x, y + 1.6, 1.4, fill=shade)
