"""Things to wear, and for the skin."""

from marketplace.demo.art.pen import Pen


def serum(pen: Pen) -> None:
    """A bottle of serum with a dropper."""
    pen.shadow(50, 90, 28, 5)
    pen.box(28, 44, 44, 46, fill="#f2c9b6", to="#d99a80", radius=9)
    pen.box(31, 58, 38, 29, fill="#e58d6d", to="#c96a49", radius=6)
    pen.box(43, 36, 14, 10, fill="#f6e3d8", to="#dcbcab", radius=2)
    pen.box(40, 24, 20, 14, fill="#d4a85a", to="#a87a31", radius=3)
    pen.lathe([(5, 6), (8, 12), (7, 24), (0, 25)], "#4a3b35", "#2c221e")
    pen.box(36, 60, 28, 19, fill="#fff6ef", radius=2)
    pen.leaf(50, 77, 13, 0, "#c9a05f")
    for y, side in ((73, -1), (70, 1), (67, -1)):
        pen.ellipse(50 + side * 3.6, y, 2, 2.8, fill="#c9a05f")
    pen.box(32, 48, 6, 38, fill="#ffffff", radius=3, alpha=0.4)
    pen.smooth([(84, 58), (90, 70), (84, 77), (78, 70)], "#f0a688", "#d97f5d")
    pen.smooth([(16, 70), (20, 78), (16, 83), (12, 78)], "#f0a688", "#d97f5d")


def lip_balm(pen: Pen) -> None:
    """Two sticks of lip balm and osmanthus blossom."""
    pen.shadow(50, 90, 34, 5)
    for x, case, deep in ((24, "#f0b64a", "#cf8a1f"), (54, "#e88f7a", "#c2604b")):
        pen.box(x + 3, 26, 16, 30, fill="#fbe0d2", to="#f0bfa9", radius=3)
        pen.smooth([(x + 3, 34), (x + 5, 20), (x + 16, 13), (x + 19, 18), (x + 19, 34)], "#fde8dd", "#f3c8b3")
        pen.box(x + 1, 48, 20, 12, fill="#e9e3dc", to="#bdb4aa", radius=2)
        pen.box(x - 1, 56, 24, 34, fill=case, to=deep, radius=3)
        pen.box(x + 2, 58, 4, 30, fill="#ffffff", radius=2, alpha=0.35)
    for x, y, size in ((84, 30, 6), (90, 44, 4.6), (12, 22, 5), (84, 80, 5), (14, 78, 4.4)):
        for dx, dy in ((0.6, 0), (0, 0.6), (-0.6, 0), (0, -0.6)):
            pen.ellipse(x + dx * size, y + dy * size, size * 0.5, fill="#f7bf3f")
        pen.ellipse(x, y, size * 0.26, fill="#d48a17")


def shawl(pen: Pen) -> None:
    """A folded shawl with fringes."""
    pen.shadow(50, 86, 40, 6)
    for x in range(16, 87, 5):
        pen.line([(x, 76), (x + (x - 50) * 0.05, 88)], 1.8, "#a92519")
    pen.box(12, 56, 76, 22, fill="#cf3b28", to="#a92519", radius=6)
    pen.box(14, 40, 72, 22, fill="#dc4a33", to="#b92b18", radius=7)
    pen.box(17, 24, 66, 22, fill="#e65c42", to="#c4301f", radius=8)
    for y, x, width in ((34, 17, 66), (50, 14, 72), (66, 12, 76)):
        pen.box(x, y, width, 3, fill="#f7d9a8", alpha=0.9)
        pen.box(x, y + 4.6, width, 1.2, fill="#f7d9a8", alpha=0.7)
    pen.smooth([(20, 28), (34, 25), (50, 27), (34, 30)], "#ffffff", alpha=0.25)
    pen.box(66, 58, 16, 11, fill="#fff6e2", radius=2)
    pen.line([(69, 62), (79, 62)], 1.2, "#b98443")
    pen.line([(69, 65.5), (76, 65.5)], 1.2, "#b98443")


def shirt(pen: Pen) -> None:
    """A linen shirt."""
    pen.shadow(50, 92, 30, 4)
    body = [
        (34, 14),
        (66, 14),
        (82, 24),
        (96, 50),
        (82, 58),
        (74, 46),
        (75, 90),
        (25, 90),
        (26, 46),
        (18, 58),
        (4, 50),
        (18, 24),
    ]
    pen.shape(body, "#a9c7d8", "#7ea5bc")
    for side in (-1, 1):
        pen.stroke([(50 + side * 24, 46), (50 + side * 25, 60), (50 + side * 24, 74)], 1, "#6b93ab")
        pen.shape(
            [(50, 26), (50 + side * 17, 13), (50 + side * 20, 18), (50 + side * 9, 34)], "#c3dae6", "#a5c5d6"
        )
    pen.shape([(38, 14), (62, 14), (50, 25)], "#5d8299")
    pen.box(48, 26, 4, 64, fill="#96b8ca")
    for y in (36, 48, 60, 72, 84):
        pen.ellipse(50, y, 1.7, fill="#f6fafc")
    pen.box(58, 40, 13, 15, fill="#96b8ca", to="#89adc1", radius=2)
    pen.line([(58, 44), (71, 44)], 0.9, "#7297ad")


def dress(pen: Pen) -> None:
    """A summer dress with flowers."""
    pen.shadow(50, 94, 32, 4)
    outline = [
        (38, 10),
        (41, 20),
        (50, 24),
        (59, 20),
        (62, 10),
        (66, 11),
        (66, 26),
        (60, 46),
        (84, 90),
        (16, 90),
        (40, 46),
        (34, 26),
        (34, 11),
    ]
    pen.shape(outline, "#e9a43c", "#d47f22")
    pen.box(39, 43, 22, 5, fill="#a9531a", radius=2)
    pen.stroke([(44, 50), (36, 70), (30, 89)], 0.9, "#bb6c1b")
    pen.stroke([(56, 50), (64, 70), (70, 89)], 0.9, "#bb6c1b")
    for x, y in ((44, 32), (56, 34), (50, 58), (38, 68), (61, 66), (49, 76), (30, 82), (70, 82), (58, 85)):
        for dx, dy in ((0, -2), (1.9, -0.5), (1.2, 1.7), (-1.2, 1.7), (-1.9, -0.5)):
            pen.ellipse(x + dx, y + dy, 1.5, fill="#fff3dd")
        pen.ellipse(x, y, 1.1, fill="#c4301f")


def straw_hat(pen: Pen) -> None:
    """A hat of straw with a ribbon."""
    pen.shadow(50, 76, 46, 7)
    pen.ellipse(50, 64, 46, 15, fill="#e5c07c", to="#c99b52")
    pen.ellipse(50, 62, 40, 11.5, fill="#f0d196", to="#dcb46b")
    pen.lathe([(0, 22), (14, 24), (22, 34), (25, 60), (0, 66)], "#f3d9a3", "#dbb56f")
    pen.shape(
        [(26, 50), (74, 50), (75.4, 60), (62, 64), (50, 65), (38, 64), (24.6, 60)], "#2f6f7e", "#22535f"
    )
    for y in (32, 38, 44):
        pen.stroke([(31, y), (50, y + 3), (69, y)], 0.9, "#c99b52")
    pen.smooth([(72, 56), (84, 50), (88, 56), (80, 62)], "#2f6f7e", "#22535f")
    pen.smooth([(73, 59), (84, 64), (86, 72), (77, 68)], "#2a6472", "#1d4852")


def tote(pen: Pen) -> None:
    """A canvas bag with a leaf on it."""
    pen.shadow(50, 91, 34, 5)
    for x, width in ((34, 3.4), (37, 3.4)):
        pen.stroke([(x, 42), (x + 2, 20), (50, 10), (98 - x, 20), (100 - x, 42)], width, "#8a6a45")
    pen.shape([(18, 38), (82, 38), (86, 90), (14, 90)], "#f2e7d2", "#d9c7a3")
    pen.shape([(18, 38), (82, 38), (82.4, 43), (17.6, 43)], "#e0cfae")
    pen.leaf(50, 82, 34, 0, "#4d8a5f", "#dfe9d2")
    pen.leaf(50, 82, 26, -44, "#77ad7d", "#dfe9d2")
    pen.leaf(50, 82, 26, 44, "#77ad7d", "#dfe9d2")
