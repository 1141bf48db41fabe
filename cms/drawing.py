"""The drawing of a course: a stave, notes and intervals in the colours of its segments.

Pure: the same code and segments always give the same drawing, on any machine.
The shapes come from academy.drawing. It carries its own ground, so that it looks the
same on a light and on a dark page.
"""

import hashlib
from dataclasses import dataclass

from academy.drawing import HEIGHT, WIDTH, StaveLine, Stem, compose

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
    colours = {"line": palette.line, "spot": palette.spot, "second": second}
    shapes = compose(code)
    stave = [shape for shape in shapes if isinstance(shape, StaveLine)]
    # The great circles come first, behind the stave; notes and their stems stand on it.
    behind, front = shapes[: shapes.index(stave[0])], shapes[shapes.index(stave[-1]) + 1 :]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<path fill="{palette.ground}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>',
        *[_shape(shape, colours) for shape in behind],
        f'<g fill="none" stroke="{palette.line}">',
        *[f'<path d="{_curve(line.heights)}"/>' for line in stave],
        "</g>",
        *[_shape(shape, colours) for shape in front],
        "</svg>",
    ]
    return "".join(parts)


def _shape(shape, colours):
    if isinstance(shape, Stem):
        return f'<path stroke="{colours["line"]}" stroke-width="2" d="M{shape.x} {shape.top}V{shape.bottom}"/>'
    outline = f' stroke="{colours["line"]}" stroke-width="2"' if shape.is_outlined else ""
    return f'<circle cx="{shape.x}" cy="{shape.y}" r="{shape.r}" fill="{colours[shape.role]}"{outline}/>'


def _curve(heights):
    a, b, c, d = heights
    return f"M0 {a}C{WIDTH // 3} {b} {2 * WIDTH // 3} {c} {WIDTH} {d}"
