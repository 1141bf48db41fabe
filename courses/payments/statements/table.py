"""CSV as Czech banks export it: lines before the table, semicolons, cp1250 or UTF-8, decimal commas, quotes.

Columns are known by their titles; for a bank that calls them otherwise the office
says once which is which.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass

from anyascii import anyascii
from django.utils.translation import gettext as _

from .lines import BadStatement, Line, broken, to_amount, to_date, to_symbol, with_fingerprints

NEEDED = ("date", "amount", "variable_symbol")
FIELDS = (*NEEDED, "currency", "bank_id", "account", "bank_code")
# Titles as banks write them, without diacritics; earlier ones win.
TITLES = {
    "date": ["datum", "datum zauctovani", "datum provedeni", "datum pohybu", "zauctovano", "date"],
    "amount": ["objem", "castka", "castka v mene uctu", "objem v mene uctu", "amount", "volume"],
    "variable_symbol": ["vs", "variabilni symbol", "variable symbol"],
    "currency": ["mena", "mena uctu", "currency"],
    "bank_id": ["id pohybu", "id operace", "id transakce", "identifikace transakce", "transaction id"],
    "account": ["protiucet", "cislo protiuctu", "ucet protistrany", "counter account"],
    "bank_code": ["kod banky", "kod banky protiuctu", "bank code"],
}
FEWEST_COLUMNS = 3


@dataclass(frozen=True)
class Table:
    """The titles of a table (list of str) and its rows, each with the number of its line in the file."""

    titles: list[str]
    rows: list[tuple[int, list[str]]]

    @property
    def key(self):
        """What the table is known by (hex digits): its titles."""
        return hashlib.sha256("\0".join(folded(title) for title in self.titles).encode()).hexdigest()

    def as_json(self):
        return {"titles": self.titles, "rows": self.rows}

    @classmethod
    def from_json(cls, facts):
        return cls(facts["titles"], [(number, cells) for number, cells in facts["rows"]])


def folded(title):
    """A title without diacritics, case and signs."""
    return re.sub(r"[^a-z0-9]+", " ", anyascii(title).lower()).strip()


def decoded(content):
    """The text of a file (bytes): UTF-8 with or without its mark, UTF-16 with it, else cp1250."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1250", "replace")


def find(content):
    """The Table in a file (bytes). Raises BadStatement where there is none."""
    text = decoded(content)
    candidates = [rows for delimiter in ";\t," if (rows := _rows(text, delimiter))]
    for rows in candidates:
        for place, (_number, cells) in enumerate(rows):
            if {"date", "amount"} <= recognised(cells).keys():
                return Table(_trimmed(cells), rows[place + 1 :])
    best = max(candidates, key=_tableness, default=None)
    if best is None or _tableness(best) < FEWEST_COLUMNS:
        raise BadStatement
    width = _common_width(best)
    place = next(place for place, (_number, cells) in enumerate(best) if len(cells) == width)
    return Table(_trimmed(best[place][1]), best[place + 1 :])


def recognised(titles):
    """Which column (int) is which field, as far as the titles say."""
    names = [folded(title) for title in titles]
    found = {}
    for field, known in TITLES.items():
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None:
            found[field] = place
    return found


def read(table, columns, currency):
    """The Lines of a Table; `columns` maps FIELDS to places. Raises BadStatement naming the broken line."""
    lines = []
    for number, cells in table.rows:

        def cell(field, cells=cells):
            place = columns.get(field)
            return cells[place].strip() if place is not None and place < len(cells) else ""

        if not cell("date") and not cell("amount"):
            continue  # an empty line, or one below the table
        if not cell("date") or not cell("amount"):
            raise broken(number, _("the date or the amount is missing."))
        account, bank = cell("account"), cell("bank_code")
        lines.append(
            Line(
                number=number,
                date=to_date(cell("date"), number),
                amount=to_amount(cell("amount"), number),
                currency=(cell("currency") or currency).upper()[:3],
                variable_symbol=to_symbol(cell("variable_symbol")),
                bank_id=cell("bank_id")[:40],
                account=f"{account}/{bank}" if account and bank and "/" not in account else account,
            )
        )
    return with_fingerprints(lines)


def _rows(text, delimiter):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        rows.extend((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error as error:
        raise broken(reader.line_num, _("the quotes or signs of this line cannot be read.")) from error
    return rows


def _common_width(rows):
    return Counter(len(cells) for _number, cells in rows).most_common(1)[0][0]


def _tableness(rows):
    """How many columns the most common kind of row has."""
    return _common_width(rows)


def _trimmed(cells):
    return [re.sub(r"\s+", " ", cell).strip() for cell in cells]
