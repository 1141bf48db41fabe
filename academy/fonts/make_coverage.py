"""Write coverage.txt: the characters for which at least one of the fonts here has a glyph.

Run it after changing a font: python academy/fonts/make_coverage.py
"""

from pathlib import Path

from reportlab.pdfbase.ttfonts import TTFontFile

FOLDER = Path(__file__).parent


def lines():
    """Return the lines of coverage.txt: ranges of code points in hexadecimal, ends included."""
    covered = set()
    # Beyond the basic plane DejaVu has a few emoji in outline; a name with one is refused like the others.
    basic_plane = 0xFFFF
    for path in sorted(FOLDER.glob("*.ttf")):
        covered |= {code for code, glyph in TTFontFile(str(path)).charToGlyph.items() if glyph and code <= basic_plane}
    ranges = []
    for code in sorted(covered):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return [f"{start:04X}" if start == end else f"{start:04X}-{end:04X}" for start, end in ranges]


if __name__ == "__main__":
    (FOLDER / "coverage.txt").write_text(
        "# Made by make_coverage.py from the fonts beside it.\n" + "\n".join(lines()) + "\n"
    )
