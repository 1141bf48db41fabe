"""The minutes as files: a PDF set in the house's fonts, and a spreadsheet whose cells are texts and numbers only."""

import io

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from academy.typesetting import BOLD, DISPLAY, TEXT, draw, register, width, wrap

PAGE_WIDTH, PAGE_HEIGHT = landscape(A4)
LEFT, RIGHT, TOP, BOTTOM = 48, PAGE_WIDTH - 48, PAGE_HEIGHT - 56, 56
MEASURE = RIGHT - LEFT
SIZE, LEADING, GAP = 8.5, 11.5, 10
INK, SOFT, LINE = HexColor("#17150f"), HexColor("#575247"), HexColor("#dcd7cb")
WIDEST_COLUMN = 60  # characters


def pdf(minutes, *, language):
    """Return the Minutes as the bytes of a PDF, A4 across; lines that do not fit go on on further pages."""
    register()
    paper = _Paper()
    for line in wrap(minutes.title, DISPLAY, 22, MEASURE):
        paper.line(line, DISPLAY, 22, 28)
    for line in wrap(minutes.subtitle, TEXT, 12, MEASURE):
        paper.line(line, TEXT, 12, 17)
    paper.line(minutes.made, TEXT, SIZE, 20, SOFT)
    for name, value in minutes.facts:
        paper.row([(name, BOLD), (value, TEXT)], [0.22, 0.78])
    for table in minutes.tables:
        _set_table(paper, table)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), lang=language, initialFontName=TEXT[0])
    canvas.setTitle(f"{minutes.title} – {minutes.subtitle}")
    canvas.setCreator("academy")
    paper.print(canvas, minutes)
    canvas.save()
    return buffer.getvalue()


def _set_table(paper, table):
    paper.space(12)
    # The name never stands alone at the foot of a page.
    paper.keep_together(4 * LEADING)
    paper.line(table.name, DISPLAY, 13, 20)
    if not table.rows:
        paper.line(table.nothing, TEXT, SIZE, LEADING)
        return
    paper.row([(heading, BOLD) for heading in table.headings], table.widths, colour=SOFT)
    for row in table.rows:
        paper.rule()
        paper.row([(str(value), TEXT) for value in row], table.widths)
    for note in table.notes:
        paper.space(4)
        for line in wrap(note, TEXT, SIZE, MEASURE):
            paper.line(line, TEXT, SIZE, LEADING, SOFT)


class _Paper:
    """Lines and rules on pages, from top to bottom; printed once it is known how many pages there are."""

    def __init__(self):
        self.pages, self.y = [[]], TOP

    def space(self, points):
        self.y -= points

    def keep_together(self, height):
        """Turn the page unless so much room (points) is left."""
        if self.y - height < BOTTOM:
            self.pages.append([])
            self.y = TOP

    def line(self, text, style, size, leading, colour=INK):
        self.keep_together(leading)
        self.y -= size
        self.pages[-1].append(("text", LEFT, self.y, text, style, size, colour))
        self.y -= leading - size

    def rule(self):
        self.pages[-1].append(("rule", self.y))

    def row(self, cells, widths, *, colour=INK):
        """Cells (text, style) beside each other, each wrapped in its share of the width; never torn by a page."""
        columns = [
            wrap(text, style, SIZE, share * MEASURE - GAP) for (text, style), share in zip(cells, widths, strict=True)
        ]
        height = max(len(lines) for lines in columns) * LEADING + 6
        self.keep_together(height)
        x, top = LEFT, self.y - 3
        for lines, (_text, style), share in zip(columns, cells, widths, strict=True):
            for number, line in enumerate(lines):
                self.pages[-1].append(("text", x, top - SIZE - number * LEADING, line, style, SIZE, colour))
            x += share * MEASURE
        self.y -= height

    def print(self, canvas, minutes):
        for number, page in enumerate(self.pages, start=1):
            for kind, *facts in page:
                if kind == "rule":
                    canvas.setStrokeColor(LINE)
                    canvas.line(LEFT, facts[0], RIGHT, facts[0])
                    continue
                x, y, text, style, size, colour = facts
                canvas.setFillColor(colour)
                draw(canvas, x, y, text, style, size)
            canvas.setFillColor(SOFT)
            text = minutes.names["page"].format(page=number, pages=len(self.pages))
            draw(canvas, LEFT, 32, minutes.subtitle, TEXT, 8)
            draw(canvas, RIGHT - width(text, TEXT, 8), 32, text, TEXT, 8)
            canvas.showPage()


def xlsx(minutes):
    """Return the Minutes as the bytes of a spreadsheet: one sheet with the facts, one per table.

    Texts are stored as texts, so that one that begins with “=” is no formula.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = _sheet_name(minutes.title)
    _fill(sheet, [[minutes.title, ""], [minutes.subtitle, ""], [minutes.made, ""], *map(list, minutes.facts)], bold=1)
    for table in minutes.tables:
        rows = [table.headings, *(table.rows or [[table.nothing]]), *([note] for note in table.notes)]
        _fill(book.create_sheet(_sheet_name(table.name)), rows, bold=1)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet_name(text):
    """A name that a sheet may bear: 31 characters, none of those that separate."""
    return "".join(character for character in text if character not in r"[]:*?/\\")[:31]


def _fill(sheet, rows, *, bold):
    """Write rows of texts and numbers; the first `bold` rows stand out."""
    longest = {}
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
                cell.data_type = "s"
            else:
                cell.value = value
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number <= bold:
                cell.font = Font(bold=True)
            longest[column] = min(WIDEST_COLUMN, max(longest.get(column, 8), len(str(value)) + 2))
    for column, characters in longest.items():
        sheet.column_dimensions[get_column_letter(column)].width = characters
