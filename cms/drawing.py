"""The drawing of a course: a stave, notes and intervals in the colours of its segments.

Pure: the same code and segments always give the same drawing, on any machine.
It carries its own ground, so that it looks the same on a light and on a dark page.
"""

import hashlib
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 240
# Raise it when the drawings change, so that addresses change with them.
VERSION = "1"


@dataclass(frozen=True)
class Palette:
    """Three flat colours (hex): the ground, the lines on it, one spot."""

    ground: str
    line: str
    spot: str


PALETTES = (
    Palette("#2333c4", "#fdfcf9", "#ff7a5c"),
    Palette("#d9432b", "#1a1410", "#fbe9cf"),
    Palette("#e8b23a", "#1b1a17", "#2333c4"),
    Palette("#12564a", "#f3efe6", "#f2b632"),
    Palette("#6b2149", "#f7e9e1", "#ff8f6b"),
    Palette("#9cc3e6", "#14213d", "#d9432b"),
    Palette("#f0b5b0", "#2b1220", "#12564a"),
    Palette("#23211d", "#f3efe6", "#e8b23a"),
    Palette("#a9d5b9", "#10302a", "#6b2149"),
    Palette("#dccfb4", "#1b1a17", "#c2331f"),
    Palette("#bcb0e6", "#1f1747", "#f6e04b"),
    Palette("#1f7a8c", "#fdfcf9", "#f5c396"),
)


class _Choices:
    """An endless row of choices that follow from one text."""

    def __init__(self, text):
        self._text = text
        self._bytes = b""
        self._round = 0

    def number(self, low, high):
        """The next whole number between low and high, both included."""
        if not self._bytes:
            self._bytes = hashlib.sha256(f"{self._text}/{self._round}".encode()).digest()
            self._round += 1
        value, self._bytes = int.from_bytes(self._bytes[:2]), self._bytes[2:]
        return low + value % (high - low + 1)


def palette_of(segment):
    """Return the Palette of a segment (its slug). The number was chosen so that common slugs differ."""
    return PALETTES[int.from_bytes(hashlib.sha256(f"{segment}/39".encode()).digest()[:4]) % len(PALETTES)]


def digest(code, segments):
    """Return eight hex digits (str) that change whenever the drawing does."""
    return hashlib.sha256("/".join([VERSION, code, *segments]).encode()).hexdigest()[:8]


def address(code, segments):
    """Return the address (str) under which the drawing may be cached for ever."""
    return f"/drawing/{code}.svg?v={digest(code, segments)}"


def draw(code, segments):
    """Return the SVG (str) of a course; the first of its segments (list of slugs) gives the ground."""
    palette = palette_of(segments[0]) if segments else PALETTES[7]
    second = palette_of(segments[1]).ground if len(segments) > 1 else palette.spot
    if second == palette.ground:
        second = palette.spot
    choose = _Choices(code)
    stave = _Stave(choose)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<path fill="{palette.ground}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>',
        *_big_circles(choose, stave, palette.spot, second),
        f'<g fill="none" stroke="{palette.line}">',
        *[f'<path d="{stave.line(index)}"/>' for index in range(5)],
        "</g>",
        *_notes(choose, stave, palette.line, second),
        "</svg>",
    ]
    return "".join(parts)


class _Stave:
    """Five lines that run across the sheet as one bent band."""

    def __init__(self, choose):
        self.gap = choose.number(16, 27)
        middle = choose.number(95, 145)
        bend = (0, 26, 40, 58)[choose.number(0, 3)]
        # Heights of the middle line at the four points of a cubic curve, whose x runs evenly.
        self.points = [
            middle + choose.number(-bend, bend),
            middle - choose.number(0, bend),
            middle + choose.number(0, bend),
            middle + choose.number(-bend, bend),
        ]

    def y(self, x, step):
        """Height at x of a pitch: 0 is the middle line, 1 the space above it, 2 the next line."""
        t = x / WIDTH
        a, b, c, d = self.points
        middle = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t * t * (1 - t) * c + t**3 * d
        return round(middle - step * self.gap / 2)

    def line(self, index):
        """The path data of one of the five lines, the top one first."""
        a, b, c, d = (point + (index - 2) * self.gap for point in self.points)
        return f"M0 {a}C{WIDTH // 3} {b} {2 * WIDTH // 3} {c} {WIDTH} {d}"


def _big_circles(choose, stave, spot, second):
    """One or two great circles behind the lines."""
    x = choose.number(60, WIDTH - 60)
    yield f'<circle cx="{x}" cy="{stave.y(x, choose.number(-5, 5))}" r="{choose.number(42, 84)}" fill="{spot}"/>'
    if choose.number(0, 2):
        x = (x + choose.number(110, 230)) % WIDTH
        yield f'<circle cx="{x}" cy="{stave.y(x, choose.number(-4, 4))}" r="{choose.number(18, 40)}" fill="{second}"/>'


def _notes(choose, stave, line, second):
    """Intervals: pairs of notes above one another, each pair joined by its stem; some notes hollow."""
    radius = round(stave.gap * 0.46, 1)
    count = choose.number(3, 6)
    for place in range(count):
        x = round(WIDTH * (place + 0.5) / count) + choose.number(-12, 12)
        low = choose.number(-5, 2)
        high = low + choose.number(2, 6)
        bottom, top = stave.y(x, low), stave.y(x, high)
        yield f'<path stroke="{line}" stroke-width="2" d="M{x} {top}V{bottom}"/>'
        yield f'<circle cx="{x}" cy="{bottom}" r="{radius}" fill="{line}"/>'
        fill = line if choose.number(0, 1) else second
        yield f'<circle cx="{x}" cy="{top}" r="{radius}" fill="{fill}" stroke="{line}" stroke-width="2"/>'
