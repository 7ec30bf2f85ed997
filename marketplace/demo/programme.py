"""Which shows the demo has: past ones part by part, one that is live, and those to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from marketplace.demo.art.pictures import Scene
from marketplace.demo.people import MEI, THEO, Host, lulu


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the host about an attribute of the product."""

    attribute: str
    text: str


@dataclass(frozen=True, slots=True)
class Flash:
    """A deal: price in fen, units, seconds."""

    price: int
    quota: int
    seconds: int = 45
    per_buyer_limit: int | None = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A product is explained: what the host says of it, perhaps a deal, and how many orders come in."""

    sku: str
    live_price: int
    said: Sequence[str | Claim]
    orders: int = 0
    deal: Flash | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """A show. ``ahead`` is when it begins, counted from the demo's making; past shows lie before it.

    ``peak`` is how many watched at once; of a show to come, how many wait for it.
    """

    title: str
    description: str
    host: Host
    ahead: timedelta
    scene: Scene
    parts: Sequence[Part]
    chat: Sequence[str] = ()
    peak: int = 0
    sells: bool = False


_WARM = ("#fde9c9", "#f6cf98", "#a8713f", "#fff8e4")
_SKY = ("#d6ebf0", "#b9d9df", "#c9a878", "#ffffff")
_CLAY = ("#f3ddd0", "#e3bda8", "#9a6a4d", "#fff6ee")
_LEAF = ("#e4edd4", "#c5d8aa", "#8f7347", "#fbfff0")
_DUSK = ("#4a3a5e", "#83537a", "#3a2a3f", "#ffcf87")

APPLES = Show(
    "First apples of the year",
    "Straight from the orchard: apples, honey, and what one makes of both.",
    MEI,
    timedelta(days=-12, hours=-3),
    Scene(("honey", "oranges", "apples"), *_LEAF),
    (
        Part(
            "AP-5KG",
            4990,
            (
                "Good morning from the orchard! The ladder is still warm, these came down an hour ago.",
                Claim("origin", "Grown at 1,900 metres, on the south slope above our village."),
                "Listen to the crack. That is what an apple sounds like that has not seen a cold store.",
                "Forty crates at 39.90, one for each of you. Off we go!",
            ),
            7,
            Flash(3990, 40),
        ),
        Part(
            "HN-500",
            6900,
            (
                "And this goes on top. Linden honey, spun in June by my uncle.",
                Claim("processing", "It was never heated, so it turns solid in winter, as it should."),
                "Half a kilo in the jar. It lasts my family nine days; yours may be stronger.",
            ),
            5,
        ),
        Part(
            "OR-5KG",
            5490,
            (
                "A neighbour brought these up from the river: honey oranges.",
                Claim("harvest", "Picked yesterday, and the box goes out tomorrow morning."),
                "Twenty crates under fifty, for the quick ones.",
            ),
            6,
            Flash(4790, 20),
        ),
    ),
    (
        "Good morning Mei!",
        "Are they sour or sweet?",
        "Mine from last year lasted until March",
        "Do you ship to Harbin?",
        "Two crates please, the kids eat them like sweets",
        "That crunch!",
        "Is the honey from the same valley?",
        "Ordered. First time here, be nice to me :)",
        "How long until they arrive?",
        "Greetings from Xiamen",
        "The oranges look even better",
        "Got one at the deal price!",
        "Too slow again...",
        "Thanks Mei, see you next week",
    ),
    peak=214,
    sells=True,
)

LINEN = Show(
    "Linen, straw and an open window",
    "A visit to the workshop of Cloud Loom, with everything that was finished this week.",
    THEO,
    timedelta(days=-5, hours=-1),
    Scene(("dress", "straw_hat", "shirt"), *_SKY),
    (
        Part(
            "SH-M",
            21900,
            (
                "Hello from Cloud Loom! That rattle behind me is a loom from 1962, and she has the floor.",
                Claim("material", "Pure linen, from flax that was grown in Heilongjiang."),
                "I have worn mine all summer. This is what it looks like without an iron, ever.",
                "Fifteen shirts at 189, size M. After that it is 219.",
            ),
            6,
            Flash(18900, 15),
        ),
        Part(
            "DR-S",
            27900,
            (
                "The marigold dress. Every flower is printed by hand with a wooden block.",
                Claim("fit", "It falls wide: if you are between two sizes, take the smaller one."),
                "And yes. It has pockets. Both sides.",
            ),
            5,
        ),
        Part(
            "HT-57",
            11900,
            (
                "Last one: wheat straw, a ribbon, and it rolls up. Watch.",
                Claim("size", "One size, 57 centimetres, with a band inside that takes in two more."),
            ),
            5,
        ),
    ),
    (
        "Hi Theo, hi loom",
        "What is the blue called?",
        "Does it shrink?",
        "Show the back of the shirt please",
        "POCKETS",
        "I bought the dress in spring, the colour stays",
        "Is there an XL?",
        "How do I wash it?",
        "That hat survived my suitcase, can confirm",
        "In love with the yellow",
        "Ordered an M, fingers crossed",
        "Can we see the loom closer?",
    ),
    peak=167,
)

FOREST = Show(
    "After the rain: mushrooms, rice and a hot sauce",
    "What the wet week brought, cooked on a gas ring in the barn.",
    MEI,
    timedelta(days=-2, hours=-2),
    Scene(("rice", "chilli_sauce", "mushrooms"), *_WARM),
    (
        Part(
            "MU-250",
            5900,
            (
                "It has rained for five days and the logs went mad. Look at these caps!",
                Claim("processing", "Dried over beech wood for two days, nothing else was added."),
                "Soak them for half an hour and keep the water. The water is the best part.",
                "Thirty bags at 49, while the pan gets hot.",
            ),
            7,
            Flash(4900, 30, per_buyer_limit=2),
        ),
        Part(
            "RI-5KG",
            7900,
            (
                "You need something to put them on. New rice, milled on Tuesday.",
                Claim("harvest", "This autumn's harvest, from the upper terraces."),
            ),
            5,
        ),
        Part(
            "CH-280",
            2600,
            (
                "And the sauce. Ninety days in a clay jar, then between two stones.",
                Claim("ingredients", "Chilli, garlic, salt and rapeseed oil. No sugar, no colour."),
                "Fifty jars at 19.90. It is warm rather than hot, my grandmother eats it with a spoon.",
            ),
            6,
            Flash(1990, 50, per_buyer_limit=3),
        ),
    ),
    (
        "It smells through the screen",
        "How hot is the sauce from 1 to 10?",
        "Keep the water!! Learned something",
        "My order from the apple show arrived today, perfect",
        "Is the rice sticky?",
        "Three jars, no regrets",
        "What is in the pan besides mushrooms?",
        "Hello from Chengdu, we will judge the sauce",
        "How long do they keep?",
        "Bought!",
        "Recipe please",
        "The rain sound is so calming",
        "Your grandmother is a hero",
    ),
    peak=243,
    sells=True,
)

TABLE = Show(
    "A table for six",
    "Bowls, a vase, candlelight: Theo lays a table with what came out of the kiln on Monday.",
    THEO,
    timedelta(hours=-9),
    Scene(("vase", "candle", "bowls"), *_CLAY),
    (
        Part(
            "BO-3",
            16900,
            (
                "Six friends are coming on Friday, and I own two bowls. Let us fix that.",
                Claim("glaze", "Every glaze runs its own way, so yours will not look exactly like mine."),
                "Twelve sets at 149. That is four tables.",
            ),
            6,
            Flash(14900, 12),
        ),
        Part(
            "VA-22",
            24900,
            (
                "Something in the middle: the river vase. I put plum branches in, they open in a warm room.",
                Claim("origin", "Thrown and painted in Jingdezhen; the painter signs each one below."),
            ),
            4,
        ),
        Part(
            "CA-220",
            9900,
            (
                "And light. Fig and cedar, and when it has burned down you keep the glass.",
                Claim("material", "Soy wax and a cotton wick; it burns for about fifty hours."),
                "Twenty at 79, then I light the other one.",
            ),
            6,
            Flash(7900, 20, per_buyer_limit=2),
        ),
    ),
    (
        "Invite me on Friday",
        "Are the bowls dishwasher safe?",
        "The green one please",
        "How tall is the vase?",
        "Smells like autumn",
        "My set has arrived with a chip once, they replaced it in two days",
        "Beautiful light tonight",
        "Two candles, done",
        "Does the glaze contain lead?",
        "Good night from Dalian",
    ),
    peak=188,
    sells=True,
)

HARVEST = Show(
    "Harvest evening",
    "A room to try things in: everything from the valley, and a deal that is always open.",
    MEI,
    timedelta(),
    Scene(("oranges", "honey", "apples"), *_WARM),
    (
        Part("HN-500", 6900, ()),
        Part(
            "AP-5KG",
            3990,
            (
                "Good evening and welcome! The lamps are lit and the crates are full.",
                Claim("origin", "These apples grew at 1,900 metres, on the slope behind this barn."),
                "Take your time. The deal on the crate is open as long as you see it counting.",
            ),
            deal=Flash(2990, 200, 3_600, 2),
        ),
        Part("OR-5KG", 5490, ()),
        Part("RI-5KG", 7900, ()),
        Part("CH-280", 2600, ()),
    ),
    (
        "Good evening from Ningbo",
        "Are those the same apples as last week?",
        "The honey is back!",
        "How many fit into a crate?",
        "Just bought two",
        "Is the rice milled to order?",
        "That barn looks so cosy",
    ),
)


def past() -> list[Show]:
    """Return the shows that can be watched again, oldest first."""
    return [APPLES, LINEN, FOREST, TABLE]


def upcoming() -> list[Show]:
    """Return the shows that are announced, soonest first."""
    return [
        Show(
            "Steam and stone: an hour of tea",
            "Three pots, one kettle, and why the second cup is the good one.",
            THEO,
            timedelta(hours=2),
            Scene(("thermos", "bowls", "teapot"), *_LEAF),
            (Part("TH-500", 13900, ()), Part("BO-3", 16900, ())),
            peak=18,
        ),
        Show(
            "Rice harvest, live from the terraces",
            "We cut the last field together and mill the first sack on camera.",
            MEI,
            timedelta(days=1, hours=1),
            Scene(("mushrooms", "honey", "rice"), *_SKY),
            (Part("RI-5KG", 7500, ()), Part("MU-250", 5900, ()), Part("HN-1000", 11900, ())),
            peak=41,
        ),
        Show(
            "Moon night special",
            "Mooncakes, lanterns and the longest deals of the season.",
            lulu(),
            timedelta(days=2, hours=4),
            Scene(("mooncakes", "teapot", "lantern"), *_DUSK),
            (Part("LL-MOON-8", 6500, ()), Part("LL-LAMP-S", 5500, ())),
            peak=57,
        ),
        Show(
            "Packing for the sea",
            "A hat, a bag, a dress and a flask: what fits into one suitcase.",
            THEO,
            timedelta(days=3, hours=2),
            Scene(("tote", "dress", "straw_hat"), *_SKY),
            (Part("HT-57", 11900, ()), Part("TO-1", 6900, ()), Part("DR-M", 27900, ())),
            peak=26,
        ),
    ]
