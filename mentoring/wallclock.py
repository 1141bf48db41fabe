"""Weekly times are wall-clock times; slots are moments. This module turns one into the other.

A pattern keeps its wall-clock time over changes of summer time. An hour that the
clock skips gives no slot; of an hour that it shows twice the first counts.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """A stretch of a mentor's time, in UTC; busy_until includes the break after it."""

    starts_at: datetime
    ends_at: datetime
    busy_until: datetime


def moment(wall, zone):
    """Return the moment (aware datetime, UTC) at which clocks in `zone` first show `wall` (naive); None if never."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return at if at.astimezone(zone).replace(tzinfo=None) == wall else None


def stretches(pattern, zone, first, last):
    """Return the Stretches (list, sorted) of a weekly pattern from `first` to `last` (dates, both included).

    The length of a slot is elapsed time. A slot ends by `to_time`, its break may not.
    """
    first = max(first, pattern.valid_from or first)
    last = min(last, pattern.valid_until or last)
    if first > last:
        return []
    day = first + timedelta(days=(pattern.weekday - first.isoweekday()) % 7)
    found = []
    while day <= last:
        found += _stretches_of_day(pattern, zone, day)
        day += timedelta(days=7)
    return found


def _stretches_of_day(pattern, zone, day):
    length = timedelta(minutes=pattern.slot_minutes)
    pause = timedelta(minutes=pattern.break_minutes)
    wall, closing = (datetime.combine(day, time) for time in (pattern.from_time, pattern.to_time))
    found = []
    while wall + length <= closing:
        starts_at = moment(wall, zone)
        wall += length + pause
        if starts_at is None:
            continue
        stretch = Stretch(starts_at, starts_at + length, starts_at + length + pause)
        # The skipped hour brings later slots closer: an earlier one may reach into them or past the closing time.
        ends_in_time = stretch.ends_at.astimezone(zone).replace(tzinfo=None) <= closing
        if ends_in_time and (not found or found[-1].busy_until <= starts_at):
            found.append(stretch)
    return found
