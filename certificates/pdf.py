"""A snapshot in, the bytes of an A4 PDF out. Pure: the same snapshot gives the same bytes anywhere, any day.

The page in points, origin at the bottom left: the graphic of the course on
top, then what is certified, for whom and what it was; names of sections stand
in the margin, as on the site; at the foot the issuer and how to verify.
Sections that do not fit go on on further pages.
"""

import io
from dataclasses import dataclass

import segno
from django.utils.translation import gettext as _
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from academy import drawing
from academy.typesetting import BOLD, DISPLAY, TEXT, draw, fit, fit_lines, register, width, wrap

from .wording import TEMPLATE

rl_config.useA85 = 0  # binary streams: smaller, and faster to write

PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT, RIGHT = 56, PAGE_WIDTH - 56
COLUMN = 176  # where the text starts beside the names of sections
MEASURE = RIGHT - COLUMN
BAND = 162  # height of the graphic
FOOT = 158  # nothing but the foot below this on the first page
BOTTOM = 72  # and on the others
INK, SOFT = HexColor("#17150f"), HexColor("#575247")
TINTS = {"line": INK, "spot": HexColor("#c5caf0"), "second": HexColor("#e7e2d6")}


@dataclass
class Section:
    """A name in the margin and the paragraphs beside it, as _paragraph() makes them."""

    name: str
    paragraphs: list
    space_after: float = 8


class CannotRender(Exception):
    """This certificate cannot be drawn, and trying again will not help; the text says why."""


def render(snapshot):
    """Return the PDF (bytes) in the language of the snapshot; raises CannotRender for a template not known here."""
    if snapshot["template"] != TEMPLATE:
        raise CannotRender(_("There is no template “%(name)s”.") % {"name": snapshot["template"]})
    register()
    language = snapshot["language"] if snapshot["language"] in snapshot["printed"] else next(iter(snapshot["printed"]))
    printed = snapshot["printed"][language]
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1, lang=language, initialFontName=TEXT[0])
    issued_on = snapshot["issued_on"].replace("-", "")
    canvas.setDateFormatter(lambda *_now: f"D:{issued_on}000000Z")
    canvas.setTitle(f"{printed['title']} – {snapshot['holder']['name']}")
    canvas.setAuthor(snapshot["issuer"]["name"].get(language, ""))
    canvas.setSubject(f"{snapshot['subject']['title'][language]}, {snapshot['serial']}")
    canvas.setCreator("academy")

    top = _head(canvas, snapshot, printed, language)
    pages = _paginate(_sections(snapshot, printed, language), top)
    for number, page in enumerate(pages, start=1):
        if number == 1:
            _foot(canvas, snapshot, printed, language)
        else:
            canvas.showPage()
            _running_head(canvas, snapshot, printed)
        for y, name, text, size in page:
            canvas.setFillColor(SOFT)
            if name:
                for index, line in enumerate(wrap(name, BOLD, 9, COLUMN - LEFT - 14)):
                    draw(canvas, LEFT, y - index * 12, line, BOLD, 9)
            canvas.setFillColor(INK)
            draw(canvas, COLUMN, y, text, TEXT, size)
        if len(pages) > 1:
            canvas.setFillColor(SOFT)
            text = printed["labels"]["page"].format(page=number, pages=len(pages))
            draw(canvas, RIGHT - width(text, TEXT, 8), 30, text, TEXT, 8)
    canvas.save()
    return buffer.getvalue()


def _head(canvas, snapshot, printed, language):
    """Graphic, title, name and sentence; return the height at which the sections start."""
    _graphic(canvas, snapshot["subject"]["code"])
    canvas.setFillColor(INK)
    y = PAGE_HEIGHT - BAND - 54
    for line in wrap(printed["title"], DISPLAY, 19, RIGHT - LEFT):
        draw(canvas, LEFT, y, line, DISPLAY, 19)
        y -= 24
    y -= 24
    name = snapshot["holder"]["name"]
    size, lines = fit_lines(name, DISPLAY, most=40, least=20, max_width=RIGHT - LEFT)
    for index, line in enumerate(lines):
        y -= size * 1.15 if index else size * 0.4
        draw(canvas, LEFT, y, line, DISPLAY, size)
    y -= 36
    for line in wrap(printed["sentence"], TEXT, 12.5, RIGHT - LEFT):
        draw(canvas, LEFT, y, line, TEXT, 12.5)
        y -= 18.5
    y -= 6
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1)
    canvas.line(LEFT, y, RIGHT, y)
    return y - 22


def _sections(snapshot, printed, language):
    """What is told beside the names in the margin."""
    labels = printed["labels"]
    facts = [*printed["facts"], *([[labels["replaces"], snapshot["replaces"]]] if snapshot["replaces"] else [])]
    sections = [Section(label, [_paragraph(value, 9.5, air=1.4)], space_after=2) for label, value in facts]
    sections[-1].space_after = 10
    courses = [course["title"][language] for course in snapshot["subject"]["courses"]]
    for name, items in ((labels["courses"], courses), (labels["outcomes"], snapshot["subject"]["outcomes"][language])):
        # Few outcomes are set with air, many tightly, so that most certificates have one page.
        size, air = (10, 1.75) if len(items) < 7 and sum(map(len, items)) < 700 else (9, 1.6)
        if items:
            sections.append(Section(name, [_paragraph(item, size, air=air) for item in items]))
    thanks = [funder["acknowledgement"][language] or funder["name"][language] for funder in snapshot["funders"]]
    if thanks:
        sections.append(Section("", [_paragraph(text, 9, air=1.5) for text in thanks]))
    return sections


def _paragraph(text, size, *, air):
    """The text's lines as [(text, size, distance to the next line), ...]; `air` follows the last, in sizes."""
    lines = wrap(text, TEXT, size, MEASURE)
    return [(line, size, size * (1.4 if index < len(lines) else air)) for index, line in enumerate(lines, start=1)]


def _paginate(sections, top):
    """Return pages of (y, name, text, size); a paragraph is never torn apart."""
    pages, y, bottom = [[]], top, FOOT
    for section in sections:
        for index, paragraph in enumerate(section.paragraphs):
            if y - sum(leading for _text, _size, leading in paragraph[:-1]) < bottom:
                pages.append([])
                y, bottom = PAGE_HEIGHT - 110, BOTTOM
            # The name stands beside the first line, and again where a section goes on on a new page.
            name = section.name if index == 0 or not pages[-1] else ""
            for text, size, leading in paragraph:
                pages[-1].append((y, name, text, size))
                y -= leading
                name = ""
        y -= section.space_after
    return pages


def _foot(canvas, snapshot, printed, language):
    """Code to scan, who issued it and when, the number, how to verify, and one line in the other language."""
    labels, issuer = printed["labels"], snapshot["issuer"]
    _qr_code(canvas, snapshot["verify_url"], LEFT, 48, 84)
    canvas.setFillColor(INK)
    y = 126
    draw(canvas, COLUMN, y, issuer["name"].get(language, ""), BOLD, 10)
    details = " · ".join(filter(None, [issuer.get("postal_address"), printed["company_id"]]))
    y -= 13
    canvas.setFillColor(SOFT)
    for line in wrap(details, TEXT, 8, MEASURE)[:2]:
        draw(canvas, COLUMN, y, line, TEXT, 8)
        y -= 11
    canvas.setFillColor(INK)
    y -= 2
    issued = f"{labels['issued']} {printed['issued_on']}"
    number = f"{labels['serial']} {snapshot['serial']}"
    draw(canvas, COLUMN, y, f"{issued}   {number}", BOLD, 9)
    y -= 14
    canvas.setFillColor(SOFT)
    for line in wrap(printed["footnote"], TEXT, 8, MEASURE):
        draw(canvas, COLUMN, y, line, TEXT, 8)
        y -= 11
    other = next((code for code in snapshot["printed"] if code != language), None)
    if other:
        # Certificates issued before there could be a third language name the other one themselves.
        line = snapshot["printed"][other]["labels"].get("in_this_language") or labels["other_language"]
        text = line.format(title=snapshot["printed"][other]["title"], course=snapshot["subject"]["title"][other])
        # A long title in the other language is cut here; the page that verifies it has it whole.
        lines = wrap(text, TEXT, 8, MEASURE)
        for line in lines if len(lines) < 3 else [lines[0], f"{lines[1].rstrip('.,: ')} …"]:
            draw(canvas, COLUMN, y, line, TEXT, 8)
            y -= 11
    canvas.linkURL(snapshot["verify_url"], (LEFT, 48, LEFT + 84, 132), relative=0)


def _running_head(canvas, snapshot, printed):
    """Whose certificate goes on on this page."""
    canvas.setFillColor(SOFT)
    text = f"{printed['title']} · {snapshot['serial']} · {printed['labels']['continued']}"
    draw(canvas, LEFT, PAGE_HEIGHT - 56, text, TEXT, 8)
    name = snapshot["holder"]["name"]
    canvas.setFillColor(INK)
    size = fit(name, BOLD, most=10, least=5, max_width=RIGHT - LEFT)
    draw(canvas, LEFT, PAGE_HEIGHT - 70, name, BOLD, size)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1)
    canvas.line(LEFT, PAGE_HEIGHT - 80, RIGHT, PAGE_HEIGHT - 80)


def _graphic(canvas, code):
    """The course's drawing across the top of the page, quietly: no ground, thin lines, cut to a band."""
    shapes = drawing.compose(code)
    heights = [height for shape in shapes if isinstance(shape, drawing.StaveLine) for height in shape.heights]
    unit = PAGE_WIDTH / drawing.WIDTH
    canvas.saveState()
    band = canvas.beginPath()
    band.rect(0, PAGE_HEIGHT - BAND, PAGE_WIDTH, BAND)
    canvas.clipPath(band, stroke=0, fill=0)
    # From here on the drawing's own units, y downwards, with the middle of the stave in the middle of the band.
    canvas.translate(0, PAGE_HEIGHT - BAND / 2 + unit * sum(heights) / len(heights))
    canvas.scale(unit, -unit)
    for shape in shapes:
        if isinstance(shape, drawing.StaveLine):
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(0.4)
            points = zip((0, drawing.WIDTH / 3, drawing.WIDTH * 2 / 3, drawing.WIDTH), shape.heights, strict=True)
            canvas.bezier(*(value for point in points for value in point))
        elif isinstance(shape, drawing.Stem):
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(1)
            canvas.line(shape.x, shape.top, shape.x, shape.bottom)
        else:
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(1)
            canvas.setFillColor(TINTS[shape.role])
            canvas.circle(shape.x, shape.y, shape.r, stroke=shape.is_outlined, fill=1)
    canvas.restoreState()


def _qr_code(canvas, text, x, y, side):
    """The QR code as one vector path: reportlab's own widget draws its squares one by one, which takes longer
    than all the rest. The mask is fixed for the same reason: choosing among eight costs as much as the text of
    the page, every reader reads any of them, and the random token leaves no pattern for a mask to break up.
    """
    code = segno.make(text, error="m", micro=False, mask=3)
    module = side / code.symbol_size(border=0)[0]
    rectangles = []
    for row, cells in enumerate(code.matrix):
        start = None
        for column, dark in enumerate([*cells, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                rectangles.append(f"{start} {-row - 1} {column - start} 1 re")
                start = None
    canvas.saveState()
    canvas.setFillColor(INK)
    canvas.translate(x, y + side)
    canvas.scale(module, module)
    canvas.addLiteral("\n".join([*rectangles, "f"]))
    canvas.restoreState()
