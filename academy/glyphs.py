"""Which characters can be printed: every one that some vendored font has a glyph for.

The coverage is a text file made from the fonts (a test holds the two
together), so that a web worker that refuses a name need not load them.
"""

import functools
import unicodedata
from bisect import bisect_right
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
# C0, C1, surrogates, private use, unassigned; and format characters, which hide or turn text around.
REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}
# Letters that run right to left or join need shaping, which the built-in template does not do.
REFUSED_DIRECTIONS = {"R", "AL", "AN"}


@functools.cache
def _coverage():
    """Starts and ends (inclusive) of the ranges in coverage.txt, sorted."""
    starts, ends = [], []
    for line in (FONTS / "coverage.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            start, _dash, end = line.partition("-")
            starts.append(int(start, 16))
            ends.append(int(end or start, 16))
    return starts, ends


def has_glyph(character):
    """Return whether some vendored font can draw the character."""
    starts, ends = _coverage()
    index = bisect_right(starts, ord(character)) - 1
    return index >= 0 and ord(character) <= ends[index]


def is_printable(character):
    """Return whether the character may stand on a certificate."""
    return (
        unicodedata.category(character) not in REFUSED_CATEGORIES
        and unicodedata.bidirectional(character) not in REFUSED_DIRECTIONS
        and has_glyph(character)
    )


def unprintable(texts):
    """Return the first character (str) of any text that cannot be printed, or ""."""
    return next((character for text in texts for character in text if not is_printable(character)), "")


def code_point(character):
    """Return how a character is named to a person, whether or not their screen can show it: U+1F600 GRINNING FACE."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".strip()
