"""The words printed on a certificate, in each language, and how figures and dates stand in them.

Translations stand in the message catalogues, under the context "certificate".
A certificate freezes its words in every language at the moment of issue, so
that no later change of a catalogue touches it. This is version 1 of the
built-in template. The person's name stands alone above the sentence, so that
Czech needs no gendered verb form.
"""

from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import override, pgettext_lazy

TEMPLATE = "builtin/1"

WORDS = {
    "attendance": {
        "title": pgettext_lazy("certificate", "Confirmation of attendance"),
        "sentence": pgettext_lazy(
            "certificate",
            "We confirm attendance at the course “{course}” {period}: {attended} of {held}.",
        ),
    },
    "completion": {
        "title": pgettext_lazy("certificate", "Certificate of completion"),
        "sentence": pgettext_lazy(
            "certificate",
            "We certify completion of the course “{course}” {period} ({workload}).",
        ),
        "sentence_with_task": pgettext_lazy(
            "certificate",
            "We certify completion of the course “{course}” {period} ({workload}), including the final task.",
        ),
    },
    "curriculum": {
        "title": pgettext_lazy("certificate", "Certificate of a completed learning path"),
        "sentence": pgettext_lazy(
            "certificate",
            "We certify completion of the learning path “{course}” {period} ({workload}).",
        ),
    },
    "day": pgettext_lazy("certificate", "on {start}"),
    "period": pgettext_lazy("certificate", "from {start} to {end}"),
    "hours_one": pgettext_lazy("certificate", "{n} hour"),
    "hours_many": pgettext_lazy("certificate", "{n} hours"),
    "footnote": pgettext_lazy(
        "certificate",
        "Non-accredited non-formal education. One hour means 60 minutes. Verify this document at "
        "{verify_url} under number {serial}.",
    ),
    "labels": {
        "outcomes": pgettext_lazy("certificate", "Learning outcomes"),
        "courses": pgettext_lazy("certificate", "Courses completed"),
        "dates": pgettext_lazy("certificate", "Dates"),
        "workload": pgettext_lazy("certificate", "Workload"),
        "attended": pgettext_lazy("certificate", "Attendance"),
        "mode": pgettext_lazy("certificate", "Form"),
        "assessment": pgettext_lazy("certificate", "Assessment"),
        "run": pgettext_lazy("certificate", "Run"),
        "serial": pgettext_lazy("certificate", "Number"),
        "issued": pgettext_lazy("certificate", "Issued"),
        "issuer": pgettext_lazy("certificate", "Issuer"),
        "replaces": pgettext_lazy("certificate", "Replaces"),
        "verify": pgettext_lazy("certificate", "Verification"),
        "company_id": pgettext_lazy("certificate", "Company number {company_id}"),
        "in_this_language": pgettext_lazy("certificate", "In English: {title} – {course}"),
        "continued": pgettext_lazy("certificate", "Continued"),
        "page": pgettext_lazy("certificate", "Page {page} of {pages}"),
    },
    "attended": pgettext_lazy("certificate", "{attended} of {held}"),
    "modes": {
        "onsite": pgettext_lazy("certificate", "on site"),
        "online": pgettext_lazy("certificate", "online"),
        "hybrid": pgettext_lazy("certificate", "on site and online"),
    },
    "assessments": {
        "attendance": pgettext_lazy("certificate", "attendance"),
        "final_task": pgettext_lazy("certificate", "attendance and a final task"),
        "courses": pgettext_lazy("certificate", "the courses of the path"),
    },
}


@lru_cache
def words(language):
    """Return the words in this language, as {name: str or dict of such}; what has no translation is as gettext says."""
    with override(language):
        return _as_text(WORDS)


def _as_text(value):
    return {name: _as_text(item) for name, item in value.items()} if isinstance(value, dict) else str(value)


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
