"""When people are reminded of a session: a list such as "7 d, 1 d, 3 h", as staff write it.

A day means the same time on the clocks of the session's zone, whatever summer time
does in between; an hour is an elapsed hour.
"""

import re
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DEFAULT = "7 d, 1 d"
LONGEST_DAYS = 60
_LEAD = re.compile(r"(\d{1,4}) ?([dh])")


def parse(text):
    """Return [(name, number, unit)] of the list, longest first; raises ValueError with what cannot be read.

    The name is the lead without spaces, such as "7d"; the same lead twice counts once.
    """
    leads = {}
    for word in filter(None, (part.strip().lower() for part in text.split(","))):
        match = _LEAD.fullmatch(word)
        hours = match and int(match[1]) * (24 if match[2] == "d" else 1)
        if not hours or hours > LONGEST_DAYS * 24:
            raise ValueError(word)
        leads[f"{int(match[1])}{match[2]}"] = (hours, int(match[1]), match[2])
    return [(name, number, unit) for name, (_hours, number, unit) in sorted(leads.items(), key=lambda one: -one[1][0])]


def validate(text):
    """Refuse, in a sentence that names it, what is no list of days and hours."""
    try:
        parse(text)
    except ValueError as error:
        raise ValidationError(
            _("“%(word)s” is no time before a session. Write days and hours such as 7 d, 1 d, 3 h; 60 d at most."),
            params={"word": error.args[0]},
        ) from error


def due_times(text, starts_at, zone):
    """Return [(name, moment)] at which people are reminded of a session that starts at `starts_at` in `zone`."""
    return [(name, _before(starts_at, number, unit, zone)) for name, number, unit in parse(text)]


def _before(starts_at, number, unit, zone):
    if unit == "h":
        return starts_at - timedelta(hours=number)
    # Arithmetic within one zone keeps the wall clock; going back to the zone of starts_at makes it a moment.
    return (starts_at.astimezone(zone) - timedelta(days=number)).astimezone(starts_at.tzinfo)
