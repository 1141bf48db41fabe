"""Text on a page: vendored fonts, a fallback for every missing glyph, wrapping and shrinking.

All lengths are in points.
"""

import functools
import re
import unicodedata

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from .glyphs import FONTS

NO_BREAK_SPACE = "\u00a0"
# Each style falls back to the same two: Noto Serif for other scripts of Europe, DejaVu Sans for signs such as ♯ and ♭.
DISPLAY = ("YoungSerif-Regular", "NotoSerif-Regular", "DejaVuSans")
TEXT = ("PublicSans-Regular", "NotoSerif-Regular", "DejaVuSans")
BOLD = ("PublicSans-SemiBold", "NotoSerif-Regular", "DejaVuSans")


@functools.cache
def glyphs_of(font):
    """Register the font with reportlab once per process; return the code points it can draw."""
    face = TTFont(font, FONTS / f"{font}.ttf")
    pdfmetrics.registerFont(face)
    return frozenset(code for code, glyph in face.face.charToGlyph.items() if glyph)


def register():
    """Load all fonts, so that the first certificate is drawn as fast as the next."""
    for style in (DISPLAY, TEXT, BOLD):
        for font in style:
            glyphs_of(font)


@functools.lru_cache(maxsize=4096)
def runs(text, style):
    """Return ((font, part), ...): the text cut where the font has to change.

    A combining mark stays with the letter before it, in the first font that has both.
    """
    main = glyphs_of(style[0])
    if all(ord(character) in main for character in text):
        return ((style[0], text),)
    parts = []
    for cluster in _clusters(text):
        codes = {ord(character) for character in cluster}
        font = next((font for font in style if codes <= glyphs_of(font)), style[-1])
        if parts and parts[-1][0] == font:
            parts[-1][1] += cluster
        else:
            parts.append([font, cluster])
    return tuple((font, part) for font, part in parts)


def width(text, style, size):
    """Return how wide the text is."""
    return sum(pdfmetrics.stringWidth(part, font, size) for font, part in runs(text, style))


def draw(canvas, x, y, text, style, size):
    """Draw one line with its baseline at y; a no-break space is drawn as a plain one, so that copied text is plain."""
    for font, part in runs(text.replace(NO_BREAK_SPACE, " "), style):
        canvas.setFont(font, size)
        canvas.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, font, size)


def fit(text, style, *, most, least, max_width):
    """Return the largest size between `least` and `most` at which the text stands on one line, or `least`."""
    natural = width(text, style, 1)
    return min(most, max(least, max_width / natural)) if natural else most


def fit_lines(text, style, *, most, least, max_width):
    """Return (size, lines): one line at `least` or more if it can be, else two lines or more at the largest size."""
    size = fit(text, style, most=most, least=least, max_width=max_width)
    lines = wrap(text, style, size, max_width + 0.01)
    while len(lines) > 2 and size > 12:
        size -= 1
        lines = wrap(text, style, size, max_width)
    return size, lines


def wrap(text, style, size, max_width):
    """Return the lines (list of str) of a paragraph.

    One-letter words (Czech prepositions) and figures stay with what follows. A
    word wider than the line is cut.
    """
    glued = re.sub(r"(?<!\w)(\w|\d+\.?) (?=\S)", rf"\1{NO_BREAK_SPACE}", text)
    space = width(" ", style, size)
    lines, line, line_width = [], [], 0
    for word in glued.split(" "):
        for piece in _pieces(word, style, size, max_width):
            piece_width = width(piece, style, size)
            if line and line_width + space + piece_width > max_width:
                lines.append(" ".join(line))
                line, line_width = [], 0
            line_width += piece_width + (space if line else 0)
            line.append(piece)
    if line:
        lines.append(" ".join(line))
    return lines


def _pieces(word, style, size, max_width):
    """The word, cut where it would be wider than a line."""
    if width(word, style, size) <= max_width:
        return [word]
    if NO_BREAK_SPACE in word:
        return [piece for part in word.split(NO_BREAK_SPACE) for piece in _pieces(part, style, size, max_width)]
    pieces = [""]
    for cluster in _clusters(word):
        if width(pieces[-1] + cluster, style, size) > max_width:
            pieces.append("")
        pieces[-1] += cluster
    return pieces


def _clusters(text):
    """Letters, each with the combining marks that follow it."""
    found = []
    for character in text:
        if found and unicodedata.combining(character):
            found[-1] += character
        else:
            found.append(character)
    return found
