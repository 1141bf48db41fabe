"""The drawing of a course as shapes: a stave, notes and intervals, the same for the same code on any machine.

Pure geometry in a box of WIDTH x HEIGHT with the origin at the top left. Pages
draw it as SVG in the colours of the course's segments (cms.drawing),
certificates as PDF in their own; here colours are only roles: "line" (stave,
stems, notes), "spot" and "second" (great circles).
"""

import hashlib
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 240


@dataclass(frozen=True)
class Disc:
    """A filled circle; `is_outlined` gives it a stroke of role "line" besides."""

    x: int
    y: int
    r: float
    role: str
    is_outlined: bool = False


@dataclass(frozen=True)
class StaveLine:
    """One of five lines across: a cubic curve from x = 0 to WIDTH whose four heights stand at equal distances."""

    heights: tuple[int, int, int, int]


@dataclass(frozen=True)
class Stem:
    """An upright stroke that joins two notes."""

    x: int
    top: int
    bottom: int


def compose(code):
    """Return the shapes (list of Disc, StaveLine, Stem) of a code (str), from the back to the front."""
    choose = _Choices(code)
    stave = _Stave(choose)
    circles = list(_big_circles(choose, stave))
    return [*circles, *(StaveLine(stave.line(index)) for index in range(5)), *_notes(choose, stave)]


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
        """The four heights of one of the five lines, the top one first."""
        return tuple(point + (index - 2) * self.gap for point in self.points)


def _big_circles(choose, stave):
    """One or two great circles behind the lines."""
    x = choose.number(60, WIDTH - 60)
    yield Disc(x, stave.y(x, choose.number(-5, 5)), choose.number(42, 84), "spot")
    if choose.number(0, 2):
        x = (x + choose.number(110, 230)) % WIDTH
        yield Disc(x, stave.y(x, choose.number(-4, 4)), choose.number(18, 40), "second")


def _notes(choose, stave):
    """Intervals: pairs of notes above one another, each pair joined by its stem; some notes hollow."""
    radius = round(stave.gap * 0.46, 1)
    count = choose.number(3, 6)
    for place in range(count):
        x = round(WIDTH * (place + 0.5) / count) + choose.number(-12, 12)
        low = choose.number(-5, 2)
        high = low + choose.number(2, 6)
        bottom, top = stave.y(x, low), stave.y(x, high)
        yield Stem(x, top, bottom)
        yield Disc(x, bottom, radius, "line")
        yield Disc(x, top, radius, "line" if choose.number(0, 1) else "second", is_outlined=True)
