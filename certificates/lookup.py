"""Find a certificate by what is printed on it: its number and a second fact."""

import re
import unicodedata
from datetime import date

from . import serials
from .models import Certificate


def find(serial, fact):
    """Return the Certificate with this serial if `fact` is its surname, whole name or date of issue; else None.

    A serial that exists and a wrong fact cannot be told from a serial that does not.
    """
    serial = re.sub(r"\s", "", serial).upper()
    if not serials.is_valid(serial):
        return None
    certificate = Certificate.objects.select_related("replaced_by").filter(serial=serial).first()
    return certificate if certificate and _is_fact_of(certificate, fact) else None


def _is_fact_of(certificate, fact):
    if certificate.issued_on in _dates(fact):
        return True
    # Titles after a comma are no part of the name; a name of one word is its own surname.
    name = _folded(certificate.holder_name).partition(",")[0].split()
    surnames = {" ".join(name[start:]) for start in range(len(name))} | set(name[1:])
    return _folded(fact) in surnames


def _folded(text):
    """Letters without case and diacritics, one space between words."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(character for character in plain if not unicodedata.combining(character)).split())


def _dates(text):
    """The dates that the text can mean: 2027-03-09 or 9. 3. 2027, also 9/3/2027 (day first)."""
    figures = [int(part) for part in re.findall(r"\d{1,4}", text)]
    if len(figures) != 3 or re.search(r"[^\d\s./-]", text):
        return set()
    year, month, day = figures if figures[0] > 31 else reversed(figures)
    try:
        return {date(year, month, day)}
    except ValueError:
        return set()
