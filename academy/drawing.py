"""The site's own graphic: a few bars of an imaginary score, drawn from a code, always the same for the same code.

Pure geometry, in a box with the origin at the top left. Pages draw it as SVG,
certificates as PDF; each decides on colours, here are only roles.
"""

import hashlib
from dataclasses import dataclass

STAVE_LINES = 5


@dataclass(frozen=True)
class Line:
    """A straight stroke from (x1, y1) to (x2, y2)."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    role: str


@dataclass(frozen=True)
class Circle:
    """A disc, or a ring when `width` is more than zero."""

    x: float
    y: float
    r: float
    width: float
    role: str


@dataclass(frozen=True)
class Curve:
    """A cubic Bézier stroke; `points` are its start, two control points and end as (x, y)."""

    points: tuple[tuple[float, float], ...]
    width: float
    role: str


def compose(code, *, width=320.0, height=180.0):
    """Return the shapes (list of Line, Circle and Curve) of `code` (str) for a box of width x height.

    Roles: "stave" (quiet lines across), "ink" (rings, bars, slurs), "accent" (discs).
    """
    dice = _Dice(code)
    gap = height / (STAVE_LINES + 5)
    top = height / 2 - gap * (STAVE_LINES - 1) / 2 + gap * dice.between(-0.5, 0.5)
    hair = height / 180
    shapes = [Line(0, top + gap * line, width, top + gap * line, hair, "stave") for line in range(STAVE_LINES)]
    count = 5 + dice.pick(4)
    step = width / (count + 1)
    notes = []
    position = 2 + dice.pick(5)
    for index in range(count):
        # Intervals up to a sixth, turned back at the edges of the stave.
        position += dice.pick(11) - 5
        position = min(max(position, -2), 2 * STAVE_LINES)
        x = step * (index + 1) + step * dice.between(-0.18, 0.18)
        notes.append((x, top + gap * position / 2))
    rings = {dice.pick(count), dice.pick(count)}
    radii = [gap * (0.42, 0.42, 0.5, 0.95, 1.6)[dice.pick(5)] for _note in notes]
    for index, (x, y) in enumerate(notes):
        if index in rings:
            radii[index] = max(radii[index], gap * 0.95)
            shapes.append(Circle(x, y, radii[index], hair * 1.6, "ink"))
        else:
            shapes.append(Circle(x, y, radii[index], 0, "accent" if dice.pick(3) else "ink"))
    first = 0
    while first < count - 2:
        last = min(first + 2 + dice.pick(3), count - 1)
        side = 1 if notes[first][1] + notes[last][1] > height else -1
        shapes.append(_slur(notes, radii, first, last, side=side, lift=gap * dice.between(1.5, 3), height=height))
        first = last + dice.pick(2)
    bar = (step * (2 + dice.pick(count - 2))) + step / 2
    shapes.append(Line(bar, top, bar, top + gap * (STAVE_LINES - 1), hair * 1.6, "ink"))
    return shapes


def _slur(notes, radii, first, last, *, side, lift, height):
    """The arc over (side -1) or under (side 1) two notes, clear of them and inside the box."""
    (x1, y1), (x2, y2) = notes[first], notes[last]
    y1 += side * (radii[first] + 4 * height / 180)
    y2 += side * (radii[last] + 4 * height / 180)
    beyond = max(y1 * side, y2 * side) * side + side * lift
    beyond = min(max(beyond, 0), height)
    third = (x2 - x1) / 4
    return Curve(((x1, y1), (x1 + third, beyond), (x2 - third, beyond), (x2, y2)), height / 112, "ink")


class _Dice:
    """Numbers drawn from a hash: the same on every machine and in every version of Python."""

    def __init__(self, code):
        self.state = hashlib.sha256(code.encode()).digest()
        self.used = 0

    def byte(self):
        if self.used == len(self.state):
            self.state, self.used = hashlib.sha256(self.state).digest(), 0
        self.used += 1
        return self.state[self.used - 1]

    def pick(self, count):
        return self.byte() % count

    def between(self, low, high):
        return low + (high - low) * self.byte() / 255
