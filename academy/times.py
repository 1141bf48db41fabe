"""Times as people read them: in the zone where a thing happens, with that zone named.

Everything is stored in UTC. Babel knows the words, so that the same line serves
pages, mails and PDFs in every language.
"""

import zoneinfo
from datetime import timedelta
from functools import lru_cache

from babel import Locale, dates
from django.utils.translation import get_language
from django.utils.translation import gettext as _

# British order of day and month: the readers are European.
_LOCALES = {"en": "en_GB"}


@lru_cache
def _locale(language):
    return Locale.parse(_LOCALES.get(language, language), sep="-" if "-" in language else "_")


def _current_locale():
    return _locale(get_language() or "en")


@lru_cache(maxsize=1024)
def _zone_name(zone, language):
    return dates.get_timezone_location(zone, locale=_locale(language), return_city=True)


def zone_name(zone):
    """The zone (IANA name, str) in words of the active language: “Prague time”."""
    return _("%(city)s time") % {"city": _zone_name(zone, get_language() or "en")}


@lru_cache(maxsize=4096)
def _date_words(date, style, language):
    """Babel needs some 50 microseconds for a date, which a list of hundreds would notice."""
    if style == "brief":
        # Kept on one line wherever it stands.
        return dates.format_skeleton("yMMMEd", date, locale=_locale(language)).replace(",", "").replace(" ", "\xa0")
    return dates.format_date(date, style, _locale(language))


def _date(at, zone, style):
    return _date_words(at.astimezone(zoneinfo.ZoneInfo(zone)).date(), style, get_language() or "en")


def day(at, zone):
    """The date (str) of the moment `at` (aware datetime) in the zone: “Tuesday, 24 November 2026”."""
    return _date(at, zone, "full")


def short_day(at, zone):
    """The date (str) without the weekday: “24 November 2026”."""
    return _date(at, zone, "long")


@lru_cache(maxsize=4096)
def _interval_words(first, last, language):
    words = dates.format_interval(first, last, "yMMMd", locale=_locale(language))
    # Breaks after the dash only, where there is room for it.
    return words.replace("\u2009", "\xa0").replace(" ", "\xa0").replace("\xa0–\xa0", "\xa0– ")


def brief_days(starts_at, ends_at, zone):
    """The days a run takes (str), for lists: one day, or “15 Jan – 26 Mar 2027”."""
    zone_info = zoneinfo.ZoneInfo(zone)
    first, last = starts_at.astimezone(zone_info).date(), ends_at.astimezone(zone_info).date()
    return brief_day(starts_at, zone) if first == last else _interval_words(first, last, get_language() or "en")


def brief_day(at, zone):
    """The date (str) for lists, where room is scarce: “Tue 24 Nov 2026”."""
    return _date(at, zone, "brief")


def clock(at, zone):
    """The time of day (str) of the moment `at` in the zone: “18:00”."""
    return dates.format_time(at.astimezone(zoneinfo.ZoneInfo(zone)).time(), "short", locale=_current_locale())


def moment(at, zone):
    """A deadline (str): “Tuesday, 24 November 2026, 18:00 (Prague time)”."""
    return f"{day(at, zone)}, {clock(at, zone)} ({zone_name(zone)})"


def span(starts_at, ends_at, zone):
    """From when until when (str): “Tuesday, 24 November 2026, 18:00–20:00 (Prague time)”."""
    if day(starts_at, zone) == day(ends_at, zone):
        return f"{day(starts_at, zone)}, {clock(starts_at, zone)}–{clock(ends_at, zone)} ({zone_name(zone)})"
    return (
        f"{day(starts_at, zone)}, {clock(starts_at, zone)} – "
        f"{day(ends_at, zone)}, {clock(ends_at, zone)} ({zone_name(zone)})"
    )


def date_words(date):
    """A date that belongs to no zone (str), such as an article's: “24 November 2026”."""
    return _date_words(date, "long", get_language() or "en")


def days(starts_at, ends_at, zone):
    """The days a run takes (str): one day, or the first and the last."""
    first, last = short_day(starts_at, zone), short_day(ends_at, zone)
    return day(starts_at, zone) if first == last else f"{first} – {last}"


def day_range(first, last):
    """From which date until which (str), both dates: “23–29 Nov 2026”."""
    return dates.format_interval(first, last, "yMMMd", locale=_current_locale())


def shifted(at, before, after, zone):
    """The moment `at` shifted as far as from `before` to `after` (aware datetimes), on the clocks of the zone.

    So ten o'clock stays ten o'clock when the shift leads over a change of daylight saving.
    """
    zone = zoneinfo.ZoneInfo(zone)
    at, before, after = (moment.astimezone(zone).replace(tzinfo=None) for moment in (at, before, after))
    return (at + (after - before)).replace(tzinfo=zone)


def days_later(at, days, zone):
    """The moment `days` (int) later at the same time on the clocks of the zone (IANA name)."""
    zone = zoneinfo.ZoneInfo(zone)
    return (at.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)


def same_clock(at, zone, other):
    """Whether clocks in both zones show the same time at that moment."""
    return at.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset() == at.astimezone(zoneinfo.ZoneInfo(other)).utcoffset()
