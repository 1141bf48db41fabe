"""The words printed on a certificate, in each language, and how figures and dates stand in them.

A certificate freezes its words in both languages at the moment of issue, so
they are kept here side by side rather than in the message catalogues. This is
version 1 of the built-in template. The person's name stands alone above the
sentence, so that Czech needs no gendered verb form.
"""

from babel.dates import format_date
from babel.numbers import format_decimal

TEMPLATE = "builtin/1"

WORDS = {
    "cs": {
        "attendance": {
            "title": "Potvrzení o účasti",
            "sentence": "Potvrzujeme účast na kurzu „{course}“ {period} v rozsahu {attended} z {held}.",
        },
        "completion": {
            "title": "Osvědčení o absolvování",
            "sentence": "Osvědčujeme absolvování kurzu „{course}“ {period} v rozsahu {workload}.",
            "sentence_with_task": "Osvědčujeme absolvování kurzu „{course}“ {period} v rozsahu {workload} "
            "včetně splnění závěrečného úkolu.",
        },
        "curriculum": {
            "title": "Osvědčení o absolvování vzdělávací dráhy",
            "sentence": "Osvědčujeme absolvování vzdělávací dráhy „{course}“ {period} v rozsahu {workload}.",
        },
        "day": "dne {start}",
        "period": "v období {start} – {end}",
        "hours_one": "{n} hodiny",
        "hours_many": "{n} hodin",
        "footnote": "Neakreditované neformální vzdělávání. Hodinou se rozumí 60 minut. "
        "Pravost ověříte na adrese {verify_url} pod číslem {serial}.",
        "labels": {
            "outcomes": "Výsledky učení",
            "courses": "Absolvované kurzy",
            "dates": "Období",
            "workload": "Rozsah",
            "attended": "Účast",
            "mode": "Forma",
            "assessment": "Hodnocení",
            "run": "Běh",
            "serial": "Číslo",
            "issued": "Vydáno",
            "issuer": "Vydává",
            "replaces": "Nahrazuje",
            "verify": "Ověření pravosti",
            "company_id": "IČO {company_id}",
            "other_language": "In English: {title} – {course}",
            "continued": "Pokračování",
            "page": "Strana {page} z {pages}",
        },
        "attended": "{attended} z {held}",
        "modes": {"onsite": "prezenčně", "online": "online", "hybrid": "prezenčně i online"},
        "assessments": {
            "attendance": "účast",
            "final_task": "účast a závěrečný úkol",
            "courses": "splněné kurzy dráhy",
        },
    },
    "en": {
        "attendance": {
            "title": "Confirmation of attendance",
            "sentence": "We confirm attendance at the course “{course}” {period}: {attended} of {held}.",
        },
        "completion": {
            "title": "Certificate of completion",
            "sentence": "We certify completion of the course “{course}” {period} ({workload}).",
            "sentence_with_task": "We certify completion of the course “{course}” {period} ({workload}), "
            "including the final task.",
        },
        "curriculum": {
            "title": "Certificate of a completed learning path",
            "sentence": "We certify completion of the learning path “{course}” {period} ({workload}).",
        },
        "day": "on {start}",
        "period": "from {start} to {end}",
        "hours_one": "{n} hour",
        "hours_many": "{n} hours",
        "footnote": "Non-accredited non-formal education. One hour means 60 minutes. "
        "Verify this document at {verify_url} under number {serial}.",
        "labels": {
            "outcomes": "Learning outcomes",
            "courses": "Courses completed",
            "dates": "Dates",
            "workload": "Workload",
            "attended": "Attendance",
            "mode": "Form",
            "assessment": "Assessment",
            "run": "Run",
            "serial": "Number",
            "issued": "Issued",
            "issuer": "Issuer",
            "replaces": "Replaces",
            "verify": "Verification",
            "company_id": "Company number {company_id}",
            "other_language": "Česky: {title} – {course}",
            "continued": "Continued",
            "page": "Page {page} of {pages}",
        },
        "attended": "{attended} of {held}",
        "modes": {"onsite": "on site", "online": "online", "hybrid": "on site and online"},
        "assessments": {
            "attendance": "attendance",
            "final_task": "attendance and a final task",
            "courses": "the courses of the path",
        },
    },
}


def words(language):
    """Return the words of a language; one that has none yet is printed in English."""
    return WORDS.get(language, WORDS["en"])


def date(day, language):
    """Return a date in words: 3. září 2026, 3 September 2026."""
    return format_date(day, "d MMMM y" if language == "en" else "long", locale=language)


def period(start, end, language):
    """Return "on ..." for one day, "from ... to ..." for several; whole dates, so that nothing is left to guess."""
    template = words(language)["day" if start == end else "period"]
    return template.format(start=date(start, language), end=date(end, language))


def dates(start, end, language):
    """Return the same dates as a figure beside a label."""
    return date(start, language) if start == end else f"{date(start, language)} – {date(end, language)}"


def hours(value, language):
    """Return hours (Decimal, of 60 minutes) with their unit in the genitive, at most two decimals."""
    # Czech has the genitive singular after one and after fractions: 1 hodiny, 5,5 hodiny, 7 hodin.
    singular = value == 1 or (language == "cs" and value != int(value))
    figure = format_decimal(value, "#,##0.##", locale=language)
    return words(language)["hours_one" if singular else "hours_many"].format(n=figure)
