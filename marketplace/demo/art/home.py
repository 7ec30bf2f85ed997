"""Things for the kitchen, the table and the house."""

from marketplace.demo.art.pen import Pen, ellipse


def wok(pen: Pen) -> None:
    """An iron wok with a wooden handle."""
    pen.shadow(46, 84, 38, 6)
    pen.line([(74, 46), (95, 34)], 6.5, "#a26a38")
    pen.line([(76, 45), (94, 34.5)], 2, "#c98f57")
    pen.lathe([(40, 44), (36, 62), (22, 78), (0, 83)], "#4a4d52", "#24262a", middle=44)
    pen.ellipse(44, 44, 40, 13, fill="#6d7178", to="#555a60")
    pen.ellipse(44, 45.5, 36, 10.5, fill="#34373c", to="#4b4f55")
    for x, y, turn in ((30, 46, 30), (40, 49, -40), (52, 46, 60), (60, 49, -20)):
        pen.leaf(x, y, 12, turn, "#6fb25c", "#4a8a3e")
    for x, y in ((36, 43), (48, 51), (56, 44)):
        pen.ellipse(x, y, 3.6, 2.6, fill="#e2543a")
    pen.ellipse(44, 46, 3.4, 2.4, fill="#f3bd4b")
    for x in (30, 46, 60):
        pen.stroke([(x, 32), (x + 4, 25), (x, 18), (x + 4, 10)], 2, "#ffffff")


def teapot(pen: Pen) -> None:
    """A pot of purple clay and a cup."""
    pen.shadow(46, 85, 36, 6)
    pen.shapes([ellipse(76, 54, 14, 17), ellipse(76, 54, 8.5, 11)], "#7b4234", "#5f2f25")
    pen.smooth(
        [(22, 52), (12, 44), (6, 32), (11, 30), (20, 40), (30, 44), (30, 64), (24, 64)], "#8a4b3b", "#6b372b"
    )
    pen.lathe([(8, 36), (22, 40), (31, 54), (27, 72), (16, 83), (0, 84)], "#9c5745", "#63312a", middle=46)
    pen.smooth([(24, 50), (31, 44), (33, 54), (29, 68), (24, 64)], "#ffffff", alpha=0.18)
    pen.ellipse(46, 38, 19, 5, fill="#63312a")
    pen.lathe([(3, 24), (8, 29), (17, 34), (17, 38), (0, 39)], "#a86350", "#82473a", middle=46)
    pen.ellipse(46, 22, 5, fill="#82473a")
    pen.shadow(84, 91, 12, 3)
    pen.lathe([(10, 76), (9, 84), (5, 90), (0, 90)], "#9c5745", "#6b372b", middle=84)
    pen.ellipse(84, 76, 10, 3, fill="#c98a3c")


def lantern(pen: Pen) -> None:
    """A folding paper lantern that shines."""
    for radius, alpha in ((48, 0.12), (40, 0.14), (33, 0.16)):
        pen.ellipse(50, 50, radius, fill="#ffd98a", alpha=alpha)
    pen.line([(50, 2), (50, 16)], 1.6, "#5b3a1e")
    pen.lathe([(13, 20), (30, 30), (35, 49), (30, 68), (13, 78), (0, 79)], "#f06a45", "#c4301f")
    pen.lathe([(6, 20), (15, 32), (18, 49), (15, 66), (6, 78), (0, 79)], "#ffb36b", "#e8633a")
    for part in (-0.66, -0.33, 0.0, 0.33, 0.66):
        pen.stroke(
            [
                (50 + part * 22, 20),
                (50 + part * 46, 34),
                (50 + part * 53, 49),
                (50 + part * 46, 64),
                (50 + part * 22, 78),
            ],
            1,
            "#a32417",
        )
    pen.box(36, 15, 28, 7, fill="#d9a441", to="#a87523", radius=2.5)
    pen.box(36, 76, 28, 7, fill="#d9a441", to="#a87523", radius=2.5)
    for x in (44, 47, 50, 53, 56):
        pen.line([(x, 83), (50 + (x - 50) * 1.4, 97)], 1.4, "#c4301f")
    pen.ellipse(50, 85, 3.6, fill="#f4c35a")


def vase(pen: Pen) -> None:
    """A blue vase with branches of plum blossom."""
    pen.shadow(50, 91, 26, 5)
    pen.stroke([(50, 46), (42, 28), (26, 12)], 2.2, "#6b4a33")
    pen.stroke([(50, 46), (57, 24), (76, 8)], 2.2, "#6b4a33")
    pen.stroke([(45, 34), (52, 20), (50, 6)], 1.8, "#6b4a33")
    for x, y, size in (
        (26, 12, 6),
        (34, 20, 4.6),
        (76, 9, 6),
        (66, 17, 5),
        (50, 7, 5.4),
        (57, 27, 4.4),
        (41, 29, 4.6),
    ):
        for dx, dy in ((0, -0.7), (0.67, -0.2), (0.42, 0.6), (-0.42, 0.6), (-0.67, -0.2)):
            pen.ellipse(x + dx * size, y + dy * size, size * 0.52, fill="#f4a7b5", to="#ea8499")
        pen.ellipse(x, y, size * 0.28, fill="#fbe38e")
    pen.lathe([(10, 44), (8, 50), (13, 57), (24, 68), (22, 82), (13, 91), (0, 91)], "#4f86b8", "#285680")
    pen.ellipse(50, 44, 10, 2.6, fill="#1e4568")
    pen.stroke([(27, 70), (38, 75), (50, 71), (62, 75), (73, 70)], 2, "#dcebf6")
    pen.stroke([(30, 80), (40, 84), (50, 81), (60, 84), (70, 80)], 1.6, "#dcebf6")
    pen.smooth([(33, 64), (37, 60), (38, 68), (36, 80), (32, 80), (30, 72)], "#ffffff", alpha=0.25)


def bowls(pen: Pen) -> None:
    """A stack of glazed bowls with chopsticks."""
    pen.shadow(50, 88, 40, 6)
    for y, glaze, deep in (
        (66, "#6f9f8f", "#467568"),
        (53, "#e9d8b8", "#c8b086"),
        (40, "#d2785a", "#a9523a"),
    ):
        pen.lathe([(34, y), (31, y + 9), (20, y + 19), (13, y + 22), (0, y + 22)], glaze, deep)
        pen.ellipse(50, y, 34, 7.5, fill=glaze)
        pen.smooth([(20, y + 5), (24, y + 6), (29, y + 14), (26, y + 15)], "#ffffff", alpha=0.3)
    pen.ellipse(50, 40.4, 30.5, 5.6, fill="#f3e3d3", to="#e2c4ad")
    pen.line([(12, 30), (88, 20)], 2.8, "#8a4f2a")
    pen.line([(12, 34), (89, 27)], 2.8, "#6f3d1f")


def thermos(pen: Pen) -> None:
    """A steel flask with a cork-coloured lid."""
    pen.shadow(50, 90, 26, 5)
    pen.box(32, 26, 36, 64, fill="#3e8c8c", to="#23605f", radius=8)
    pen.box(36, 26, 7, 64, fill="#ffffff", radius=3, alpha=0.25)
    pen.box(60, 28, 6, 60, fill="#0f3736", radius=3, alpha=0.25)
    pen.box(35, 10, 30, 18, fill="#d7a870", to="#b5824a", radius=5)
    pen.box(32, 25, 36, 5, fill="#e8eded", to="#b9c4c4", radius=2)
    pen.box(32, 82, 36, 5, fill="#e8eded", to="#b9c4c4", radius=2)
    pen.ellipse(50, 56, 10, fill="#eef6f3")
    pen.smooth([(42, 59), (46, 52), (50, 56), (54, 50), (58, 59), (50, 63)], "#3e8c8c")
    pen.line([(38, 14), (62, 14)], 1.2, "#8f6234")


def candle(pen: Pen) -> None:
    """A candle in a glass that burns."""
    for radius, alpha in ((30, 0.14), (21, 0.18), (13, 0.22)):
        pen.ellipse(50, 26, radius, fill="#ffd27a", alpha=alpha)
    pen.shadow(50, 90, 30, 5)
    pen.box(26, 38, 48, 52, fill="#f7e9e2", to="#dfc3b8", radius=7)
    pen.box(29, 50, 42, 37, fill="#e7a48f", to="#c97761", radius=5)
    pen.ellipse(50, 50, 21, 4, fill="#f2bba8")
    pen.line([(50, 50), (50, 41)], 1.8, "#3b2a22")
    pen.smooth([(50, 16), (56, 28), (57, 36), (50, 43), (43, 36), (44, 28)], "#ffb53a", "#f07b1a")
    pen.smooth([(50, 26), (53, 33), (53, 38), (50, 41), (47, 38), (47, 33)], "#fff1b8")
    pen.box(36, 60, 28, 18, fill="#fff7f1", radius=2.5)
    pen.leaf(50, 76, 13, 0, "#9c6b5b")
    pen.leaf(50, 76, 10, -50, "#c08d7c")
    pen.leaf(50, 76, 10, 50, "#c08d7c")
    pen.box(28, 40, 6, 46, fill="#ffffff", radius=3, alpha=0.4)


def parcel(pen: Pen) -> None:
    """A parcel with a ribbon: what has no picture of its own."""
    pen.shadow(50, 88, 36, 6)
    pen.box(18, 38, 64, 50, fill="#d9a968", to="#b98443", radius=4)
    pen.box(14, 28, 72, 16, fill="#e6bb80", to="#cf9b58", radius=4)
    pen.box(44, 28, 12, 60, fill="#c4301f", to="#9c2216")
    for side in (-1, 1):
        pen.smooth(
            [(50, 28), (50 + side * 12, 12), (50 + side * 24, 14), (50 + side * 20, 25)], "#d8452f", "#a92519"
        )
    pen.ellipse(50, 27, 5, fill="#b92b18")
