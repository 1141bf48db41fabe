"""Reading a list of people from a file that a spreadsheet saved: encoding, delimiter and columns are found out."""

import csv
import io
import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.errors import RuleError
from academy.users.names import MAX_LENGTH, clean_name

MOST_BYTES = 1024 * 1024
MOST_LINES = 1000
HEADINGS = {
    "email": {"email", "e-mail", "mail", "e-mail address", "email address", "adresa", "e-mailova adresa"},
    "name": {"name", "full name", "jmeno", "cele jmeno", "jmeno a prijmeni", "first name", "krestni jmeno"},
    "surname": {"surname", "last name", "family name", "prijmeni"},
    "organisation": {"organisation", "organization", "company", "organizace", "firma", "spolecnost"},
    "language": {"language", "jazyk", "lang"},
}
IN_ORDER = ["email", "name", "organisation", "language"]
LANGUAGES = {"cz": "cs", "cesky": "cs", "cestina": "cs", "czech": "cs", "anglicky": "en", "anglictina": "en"}


class CannotRead(RuleError):
    sentence = gettext_lazy("The file cannot be read. Save it as CSV in UTF-8 and try again.")


def read_people(content):
    """Return the people (list of dict, see PeopleImport.lines) of a CSV file given as bytes; raises CannotRead.

    A line with a problem (an invalid address, a name that cannot be printed, a
    person named twice) is kept, with the sentence in "problem".
    """
    if len(content) > MOST_BYTES:
        raise CannotRead(_("The file is larger than 1 MB. Split it."))
    rows = _rows(decode(content))
    if not rows:
        raise CannotRead(_("The file is empty."))
    places, first = _places(rows[0][1])
    if first:
        rows = rows[1:]
    if not rows:
        raise CannotRead(_("The file has a heading and no people."))
    if len(rows) > MOST_LINES:
        raise CannotRead(_("The file has more than %(most)s people. Split it.") % {"most": MOST_LINES})
    seen = {}
    return [_person(number, cells, places, seen) for number, cells in rows]


def decode(content):
    """The text of a file saved as UTF-8, UTF-16 with a byte order mark, or cp1250; raises CannotRead."""
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1250"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise CannotRead


def _rows(text):
    """[(number of the line, cells)] without empty lines."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(";,\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise CannotRead from error


def _plain(text):
    """Lower case without diacritics: “E-mailová adresa” is “e-mailova adresa”."""
    decomposed = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _places(cells):
    """({column: index}, whether the first line is a heading); raises CannotRead when no column is an address."""
    headings = [_plain(cell) for cell in cells]
    places = {
        column: next(index for index, heading in enumerate(headings) if heading in known)
        for column, known in HEADINGS.items()
        if any(heading in known for heading in headings)
    }
    if "email" in places:
        return places, True
    if "@" in cells[0]:
        return {column: index for index, column in enumerate(IN_ORDER)}, False
    raise CannotRead(_("No column with addresses was found. The first line should say: email, name."))


def _person(number, cells, places, seen):
    def cell(column):
        index = places.get(column)
        return cells[index].strip() if index is not None and index < len(cells) else ""

    email = cell("email").lower().removeprefix("mailto:")
    name = " ".join(part for part in (cell("name"), cell("surname")) if part)
    language = _plain(cell("language"))
    language = LANGUAGES.get(language, language)
    person = {
        "line": number,
        "email": email[:300],
        "name": name[:300],
        "organisation": cell("organisation")[:200],
        "language": language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        "problem": "",
    }
    try:
        validate_email(email)
        if len(email) > 254:
            raise ValidationError(_("The address is too long."))
    except ValidationError:
        return {**person, "problem": _("This is no valid e-mail address.")}
    try:
        person["name"] = clean_name(name)
    except ValidationError as error:
        return {**person, "problem": " ".join(error.messages)}
    if len(person["name"]) > MAX_LENGTH:
        return {**person, "problem": _("The name is longer than %(most)s characters.") % {"most": MAX_LENGTH}}
    if email in seen:
        return {**person, "problem": _("The same address stands on line %(line)s.") % {"line": seen[email]}}
    seen[email] = number
    return person
