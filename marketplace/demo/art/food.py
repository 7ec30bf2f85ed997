"""Things to eat and drink."""

from marketplace.demo.art.pen import Pen


def tea_tin(pen: Pen) -> None:
    """A green tin of tea and a glass of it."""
    pen.shadow(42, 88, 30, 6)
    pen.box(18, 22, 44, 66, fill="#2f7d5b", to="#1f5d43", radius=5)
    pen.box(18, 22, 9, 66, fill="#ffffff", radius=5, alpha=0.12)
    pen.box(20, 12, 40, 14, fill="#d9b25f", to="#b98d3a", radius=4)
    pen.box(20, 21, 40, 3, fill="#8f6a25", alpha=0.5)
    pen.ellipse(40, 54, 16, fill="#f7efd9")
    pen.leaf(40, 66, 22, 0, "#3d9668", "#2a6b4a")
    pen.leaf(40, 66, 17, -42, "#5cb27f", "#2a6b4a")
    pen.leaf(40, 66, 17, 42, "#5cb27f", "#2a6b4a")
    pen.shadow(77, 89, 15, 4)
    pen.lathe([(12, 60), (12, 70), (10, 86), (0, 88)], "#ffffff", "#e5efe6", middle=77)
    pen.lathe([(10.4, 66), (10.2, 72), (8.5, 84), (0, 86)], "#c8d57a", "#9db44f", middle=77)
    pen.ellipse(77, 66, 10.4, 2.4, fill="#dbe594")
    for x, y in ((72, 46), (80, 44)):
        pen.stroke([(x, y + 10), (x + 3, y + 4), (x, y - 2), (x + 3, y - 8)], 1.5, "#ffffff")


def apple(pen: Pen, x: float = 50, y: float = 58, size: float = 1.0, red: str = "#d8402f") -> None:
    """One apple around a point."""

    def at(dx: float, dy: float) -> tuple[float, float]:
        return (x + dx * size, y + dy * size)

    outline = [(0, -21), (13, -26), (26, -18), (29, 0), (22, 19), (9, 29), (0, 26)]
    left = [(-dx, dy) for dx, dy in reversed(outline[1:-1])]
    pen.smooth([at(dx, dy) for dx, dy in [*outline, *left]], red, "#a8261d")
    pen.smooth([at(-20, -10), at(-14, -17), at(-11, -8), at(-16, 4), at(-21, 2)], "#ffffff", alpha=0.35)
    pen.ellipse(x, y - 20 * size, 8 * size, 2.6 * size, fill="#7c1a14", alpha=0.55)
    pen.stroke([at(0, -19), at(1, -28), at(5, -35)], 3 * size, "#5b3a1e")
    pen.leaf(x + 3 * size, y - 28 * size, 22 * size, 68, "#6aa84f", "#44793a")


def apples(pen: Pen) -> None:
    """Three apples in a wooden crate."""
    pen.shadow(50, 89, 44, 6)
    apple(pen, 50, 40, 0.82, "#e2573a")
    apple(pen, 28, 50, 0.78)
    apple(pen, 72, 50, 0.78, "#cf3a30")
    pen.box(7, 58, 86, 30, fill="#c98d4f", to="#a86c34", radius=3)
    for y in (58, 68.5, 79):
        pen.box(7, y, 86, 8.4, fill="#dca566", to="#c68a4b", radius=2)
    for x in (9, 83):
        pen.box(x, 55, 8, 34, fill="#b57a3f", to="#945c29", radius=2)


def oranges(pen: Pen) -> None:
    """Two oranges and a half one."""
    pen.shadow(50, 88, 42, 6)
    for x, y, radius in ((34, 60, 25), (64, 48, 24)):
        pen.ellipse(x, y, radius, fill="#f8a534", to="#e17a17")
        pen.ellipse(
            x - radius * 0.35, y - radius * 0.4, radius * 0.3, radius * 0.2, fill="#ffffff", alpha=0.35
        )
    pen.leaf(64, 27, 24, 60, "#5fa052", "#3b7536")
    pen.leaf(64, 27, 18, -35, "#78b765", "#3b7536")
    pen.ellipse(67, 70, 20, fill="#f0911f")
    pen.ellipse(67, 70, 18, fill="#fff1d6")
    for number in range(8):
        slice_ = [(67.0, 70.0), (67.0 + 5.2, 55.4), (67.0, 54.0), (67.0 - 5.2, 55.4)]
        pen.shape(_turned(slice_, 67, 70, number * 45 + 22), "#f9ab3f", "#f59322")
    pen.ellipse(67, 70, 2.4, fill="#fff1d6")


def persimmons(pen: Pen) -> None:
    """Three persimmons on a paper nest."""
    pen.shadow(50, 87, 42, 6)
    for x, y, size in ((50, 44, 23), (29, 64, 24), (71, 65, 24)):
        pen.ellipse(x, y, size, size * 0.84, fill="#f58a3c", to="#d95a17")
        pen.ellipse(x - size * 0.4, y - size * 0.25, size * 0.25, size * 0.16, fill="#ffffff", alpha=0.4)
        for turn in (-100, -35, 35, 100):
            pen.leaf(x, y - size * 0.62, size * 0.62, turn, "#7a9a4b", "#566f31")
        pen.ellipse(x, y - size * 0.64, size * 0.12, fill="#4c3a1c")
    pen.smooth(
        [(6, 78), (28, 82), (50, 79), (72, 82), (94, 78), (86, 91), (50, 94), (14, 91)], "#efe0c0", "#d9c398"
    )


def honey(pen: Pen) -> None:
    """A jar of honey with a dipper."""
    pen.shadow(46, 89, 32, 6)
    pen.box(20, 28, 54, 60, fill="#f7c65a", to="#dd8f1d", radius=11)
    pen.box(20, 28, 10, 60, fill="#ffffff", radius=8, alpha=0.28)
    pen.box(23, 15, 48, 15, fill="#fff6e2", to="#e8d4ab", radius=4)
    pen.box(23, 25, 48, 4, fill="#c9a869", radius=2)
    pen.box(29, 46, 36, 30, fill="#fff8ea", radius=4)
    for x, y in ((41, 55), (53, 55), (47, 65.5)):
        pen.shape(_hexagon(x, y, 6.4), "#e9a527")
        pen.shape(_hexagon(x, y, 3.6), "#fff8ea")
    pen.line([(92, 20), (82, 64)], 3, "#8b5a2b")
    for number in range(4):
        pen.ellipse(
            81.5 - number * 1.1, 66 + number * 4.6, 7.5 - abs(number - 1.5), 2.4, fill="#b37a3d", to="#8b5a2b"
        )
    pen.smooth([(78, 82), (81, 84), (82, 90), (78, 93), (74, 90), (75, 85)], "#e59b21")


def mushrooms(pen: Pen) -> None:
    """Three brown mushrooms."""
    pen.shadow(50, 88, 40, 6)
    for x, y, size in ((73, 52, 0.75), (27, 56, 0.7), (49, 42, 1.1)):
        foot = [(8, 0), (7, 16), (9, 32), (0, 34)]
        pen.lathe([(dx * size, y + dy * size) for dx, dy in foot], "#f6ead4", "#dcc7a0", middle=x)
        cap = [(0, -26), (17, -21), (27, -7), (28, 4), (14, 6), (0, 5)]
        pen.lathe([(dx * size, y + dy * size) for dx, dy in cap], "#a9713f", "#74441f", middle=x)
        for dx, dy, radius in ((-13, -10, 3.4), (2, -17, 4), (13, -6, 3)):
            pen.ellipse(
                x + dx * size, y + dy * size, radius * size, radius * 0.7 * size, fill="#e7cfa4", alpha=0.8
            )
    pen.leaf(18, 88, 20, 48, "#7aa95c", "#4f7a3c")
    pen.leaf(82, 88, 20, -48, "#7aa95c", "#4f7a3c")


def rice(pen: Pen) -> None:
    """A sack of rice with a bowl."""
    pen.shadow(44, 89, 36, 6)
    sack = [(20, 26), (44, 22), (68, 26), (73, 50), (71, 82), (58, 89), (30, 89), (17, 82), (15, 50)]
    pen.smooth(sack, "#f3e6cd", "#d8c29a")
    pen.smooth(
        [(26, 26), (20, 12), (34, 15), (44, 10), (54, 15), (68, 12), (62, 26), (44, 29)], "#eadbbd", "#cfb88c"
    )
    pen.stroke([(24, 26), (44, 30), (64, 26)], 3, "#b3542e")
    pen.ellipse(44, 58, 17, fill="#b3542e")
    pen.stroke([(44, 72), (43, 60), (47, 46)], 1.8, "#f8ecd2")
    for y, turn in ((66, 45), (60, -48), (56, 48), (52, -40), (48, 30)):
        pen.leaf(44, y, 10, turn, "#f8ecd2")
    pen.shadow(78, 90, 18, 4)
    pen.ellipse(78, 74, 15, 8, fill="#ffffff", to="#f1ece2")
    pen.lathe([(17, 74), (15, 82), (8, 90), (0, 90)], "#3f78a8", "#2b5a84", middle=78)


def chilli_sauce(pen: Pen) -> None:
    """A jar of chilli sauce and two chillies."""
    pen.shadow(45, 89, 32, 6)
    pen.box(20, 30, 48, 58, fill="#cf3423", to="#8f1c14", radius=9)
    for x, y in ((30, 80), (38, 83), (50, 81), (59, 78), (55, 84), (27, 38), (60, 38), (45, 37)):
        pen.ellipse(x, y, 1.8, 1.4, fill="#f4c35a")
    pen.box(20, 30, 8, 58, fill="#ffffff", radius=7, alpha=0.22)
    pen.box(23, 16, 42, 16, fill="#3a2b26", to="#241a16", radius=4)
    pen.box(24, 46, 40, 28, fill="#ffefd6", radius=3)
    pen.smooth([(33, 66), (38, 56), (48, 51), (55, 53), (48, 58), (42, 66), (36, 70)], "#d63a26")
    pen.leaf(53, 53, 8, 60, "#4d8a43")
    chilli = [(74, 60), (82, 62), (86, 74), (82, 88), (74, 94), (78, 84), (78, 74)]
    pen.smooth(chilli, "#e04b2f", "#b32418")
    pen.stroke([(78, 61), (80, 55), (85, 52)], 3, "#4d8a43")
    pen.smooth([(88, 68), (93, 72), (94, 82), (88, 92), (84, 94), (87, 84), (86, 76)], "#d63a26", "#a31e15")
    pen.stroke([(90, 69), (92, 63)], 2.4, "#4d8a43")


def mooncakes(pen: Pen) -> None:
    """Mooncakes, one of them cut."""
    pen.shadow(50, 87, 44, 6)
    for x, y in ((30, 46), (68, 44)):
        _mooncake(pen, x, y, 24)
    pen.ellipse(50, 72, 27, 20, fill="#8f4f1e")
    pen.ellipse(50, 68, 27, 19, fill="#d98f3d", to="#bf7128")
    pen.ellipse(50, 68, 21, 14, fill="#f0d8a5", to="#e3c385")
    pen.ellipse(50, 68, 10, 8, fill="#f6a623", to="#e07f12")
    pen.ellipse(47, 65, 3, 2, fill="#ffffff", alpha=0.5)


def walnuts(pen: Pen) -> None:
    """Walnuts, one of them open."""
    pen.shadow(50, 87, 42, 6)
    for x, y, size in ((34, 44, 22), (68, 46, 21)):
        pen.ellipse(x, y, size, size * 0.94, fill="#cf9f66", to="#a87640")
        pen.stroke([(x, y - size * 0.9), (x + 2, y), (x, y + size * 0.9)], 2, "#8a5c2e")
        for side in (-1, 1):
            pen.stroke(
                [
                    (x + side * 5, y - 12),
                    (x + side * 10, y - 3),
                    (x + side * 6, y + 6),
                    (x + side * 11, y + 12),
                ],
                1.4,
                "#96683a",
            )
    pen.ellipse(51, 69, 24, 20, fill="#b98450", to="#8d5c2d")
    pen.ellipse(51, 69, 20, 16, fill="#f0d9b2", to="#e2c08c")
    for side in (-1, 1):
        lobe = [
            (51 + side * 1.5, 57),
            (51 + side * 9, 57),
            (51 + side * 15, 64),
            (51 + side * 13, 74),
            (51 + side * 8, 81),
            (51 + side * 1.5, 80),
        ]
        pen.smooth(lobe, "#cf9a5c", "#b47b3f")
        pen.stroke(
            [(51 + side * 5, 61), (51 + side * 9, 66), (51 + side * 5, 71), (51 + side * 9, 76)],
            1.5,
            "#94602c",
        )


def _mooncake(pen: Pen, x: float, y: float, size: float) -> None:
    """Draw one mooncake with its scalloped edge and a flower."""
    pen.ellipse(x, y + 5, size, size * 0.88, fill="#8f4f1e")
    for number in range(12):
        petal = _turned([(x, y - size * 0.84)], x, y, number * 30)[0]
        pen.ellipse(petal[0], petal[1], size * 0.24, fill="#cf8335")
    pen.ellipse(x, y, size * 0.9, fill="#e3a050", to="#c97d31")
    pen.ellipse(x, y, size * 0.7, fill="#b86c26")
    pen.ellipse(x, y, size * 0.64, fill="#dd9847", to="#c97d31")
    for number in range(6):
        petal = _turned([(x, y - size * 0.32)], x, y, number * 60)[0]
        pen.ellipse(petal[0], petal[1], size * 0.17, fill="#b86c26")
    pen.ellipse(x, y, size * 0.13, fill="#f0bd75")


def _hexagon(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    return [_turned([(x, y - radius)], x, y, number * 60)[0] for number in range(6)]


def _turned(
    points: list[tuple[float, float]], x: float, y: float, degrees: float
) -> list[tuple[float, float]]:
    """Return points turned around (x, y)."""
    turn = complex(0, 1) ** (degrees / 90)
    turned = [complex(px - x, py - y) * turn for px, py in points]
    return [(x + point.real, y + point.imag) for point in turned]
