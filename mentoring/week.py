"""A mentor's free time, week by week, on the viewer's clock."""

import zoneinfo
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from django.conf import settings
from django.utils import timezone

from academy import times

from .models import CoachingSlot

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One free slot as it is shown: the time on the viewer's clock, and on the mentor's where that differs."""

    slot: CoachingSlot
    clock: str
    mentors_clock: str


@dataclass(frozen=True)
class Day:
    name: str
    lines: list[Line]


@dataclass(frozen=True)
class Week:
    """Monday to Sunday. `earlier` and `later` name the nearest weeks with free time (ISO date of the Monday, or "")."""

    monday: date
    days: list[Day] = field(default_factory=list)
    earlier: str = ""
    later: str = ""

    @property
    def sunday(self):
        return self.monday + timedelta(days=6)


def zone_of(user):
    """The name (str) of the zone in which to show times to this person; visitors get the office's."""
    return user.time_zone if user.is_authenticated else settings.TIME_ZONE


def of(mentor, zone, asked="", *, at=None):
    """Return the Week that contains the date `asked` (ISO, str), else the first with free time.

    `zone` (IANA name) is the viewer's: their calendar decides what a day and a week is.
    """
    now = at or timezone.now()
    tz = zoneinfo.ZoneInfo(zone)
    free = CoachingSlot.objects.bookable(mentor, now)
    monday = _monday_of(_date(asked) or _first_day(free, tz) or now.astimezone(tz).date())
    begins, ends = (datetime.combine(day, time(), tzinfo=tz).astimezone(UTC) for day in (monday, monday + WEEK))
    slots = free.filter(starts_at__gte=begins, starts_at__lt=ends)
    before = free.filter(starts_at__lt=begins).order_by("-starts_at").values_list("starts_at", flat=True).first()
    after = free.filter(starts_at__gte=ends).values_list("starts_at", flat=True).first()
    return Week(monday, _days(slots, mentor.profile.time_zone, zone), _week_name(before, tz), _week_name(after, tz))


def _date(text):
    """The date in an address, or None for anything else; centuries away nobody offers time, and sums overflow."""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return None
    return asked if 2000 <= asked.year < 3000 else None


def _first_day(free, tz):
    first = free.values_list("starts_at", flat=True).first()
    return first and first.astimezone(tz).date()


def _monday_of(day):
    return day - timedelta(days=day.weekday())


def _week_name(moment, tz):
    return _monday_of(moment.astimezone(tz).date()).isoformat() if moment else ""


def _days(slots, mentors_zone, zone):
    lines = [
        Line(
            slot,
            f"{times.clock(slot.starts_at, zone)}–{times.clock(slot.ends_at, zone)}",
            ""
            if times.same_clock(slot.starts_at, zone, mentors_zone)
            else f"{times.clock(slot.starts_at, mentors_zone)}–{times.clock(slot.ends_at, mentors_zone)}",
        )
        for slot in slots
    ]
    by_day = groupby(lines, key=lambda line: times.day(line.slot.starts_at, zone))
    return [Day(name, list(lines_of_day)) for name, lines_of_day in by_day]
