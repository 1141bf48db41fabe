"""From the mentor's wall clock to moments, over changes of summer time and in every zone."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentoring.models import WeeklyPattern
from mentoring.wallclock import moment, stretches

VIENNA = zoneinfo.ZoneInfo("Europe/Vienna")
ZONES = [
    zoneinfo.ZoneInfo(name)
    for name in (
        "Europe/Prague",
        "Europe/Tallinn",
        "Europe/London",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Pacific/Chatham",
        "UTC",
    )
]


def pattern(weekday, begins, ends, *, slot_minutes=45, break_minutes=15, **extra):
    return WeeklyPattern(
        weekday=weekday,
        from_time=time.fromisoformat(begins),
        to_time=time.fromisoformat(ends),
        slot_minutes=slot_minutes,
        break_minutes=break_minutes,
        **extra,
    )


def walls(found, zone):
    return [f"{stretch.starts_at.astimezone(zone):%m-%d %H:%M}" for stretch in found]


def test_breaks_come_after_each_slot():
    monday = date(2026, 5, 4)

    found = stretches(pattern(1, "09:00", "12:00"), VIENNA, monday, monday)

    assert walls(found, VIENNA) == ["05-04 09:00", "05-04 10:00", "05-04 11:00"]
    assert [stretch.ends_at - stretch.starts_at for stretch in found] == [timedelta(minutes=45)] * 3
    assert [stretch.busy_until - stretch.ends_at for stretch in found] == [timedelta(minutes=15)] * 3


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 3, 16), date(2026, 4, 12)), (date(2026, 10, 12), date(2026, 11, 8))]
)
def test_ten_stays_ten_over_both_changes(first, last):
    found = stretches(pattern(2, "10:00", "10:45"), VIENNA, first, last)

    assert [f"{stretch.starts_at.astimezone(VIENNA):%A %H:%M}" for stretch in found] == ["Tuesday 10:00"] * 4
    assert len({stretch.starts_at.hour for stretch in found}) == 2


def test_skipped_hour_gives_no_slot():
    change = date(2026, 3, 29)

    found = stretches(pattern(7, "01:00", "05:00", slot_minutes=30, break_minutes=0), VIENNA, change, change)

    assert walls(found, VIENNA) == [
        "03-29 01:00",
        "03-29 01:30",
        "03-29 03:00",
        "03-29 03:30",
        "03-29 04:00",
        "03-29 04:30",
    ]


def test_slot_that_begins_before_the_skipped_hour_pushes_nothing_together():
    change = date(2026, 3, 29)

    found = stretches(pattern(7, "01:00", "05:00", slot_minutes=40, break_minutes=0), VIENNA, change, change)

    assert walls(found, VIENNA) == ["03-29 01:00", "03-29 01:40", "03-29 03:40", "03-29 04:20"]


def test_doubled_hour_gives_its_first_run_only():
    change = date(2026, 10, 25)

    found = stretches(pattern(7, "02:00", "03:30", slot_minutes=30, break_minutes=0), VIENNA, change, change)

    assert [stretch.starts_at for stretch in found] == [
        datetime(2026, 10, 25, 0, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 0, tzinfo=UTC),
    ]


def test_pattern_keeps_to_its_first_and_last_day():
    limited = pattern(1, "09:00", "09:45", valid_from=date(2026, 5, 11), valid_until=date(2026, 5, 18))

    found = stretches(limited, VIENNA, date(2026, 5, 1), date(2026, 6, 30))

    assert walls(found, VIENNA) == ["05-11 09:00", "05-18 09:00"]


def test_pattern_that_begins_at_the_end_of_time_gives_nothing():
    far = pattern(1, "09:00", "09:45", valid_from=date.max)

    assert stretches(far, VIENNA, date(2026, 5, 1), date(2026, 6, 30)) == []


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (datetime(2026, 3, 29, 2, 30), None),
        (datetime(2026, 3, 29, 1, 59), datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (datetime(2026, 3, 29, 3, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_moment_knows_skipped_and_doubled_times(wall, expected):
    assert moment(wall, VIENNA) == expected


@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    weekday=st.integers(1, 7),
    begins=st.integers(0, 23 * 60),
    length=st.integers(10, 24 * 60 - 1),
    slot_minutes=st.integers(10, 240),
    break_minutes=st.integers(0, 120),
)
def test_any_pattern_gives_slots_that_keep_the_clock_and_stay_apart(
    zone, first, weekday, begins, length, slot_minutes, break_minutes
):
    ends = min(begins + length, 24 * 60 - 1)
    weekly = WeeklyPattern(
        weekday=weekday,
        from_time=time(begins // 60, begins % 60),
        to_time=time(ends // 60, ends % 60),
        slot_minutes=slot_minutes,
        break_minutes=break_minutes,
    )
    last = first + timedelta(days=27)

    found = stretches(weekly, zone, first, last)

    for stretch in found:
        local, until = stretch.starts_at.astimezone(zone), stretch.ends_at.astimezone(zone)
        assert local.isoweekday() == weekday
        assert first <= local.date() <= last
        assert (local.hour * 60 + local.minute - begins) % (slot_minutes + break_minutes) == 0
        assert weekly.from_time <= local.time()
        assert (until.date(), until.time()) <= (local.date(), weekly.to_time)
        assert local.fold == 0
        assert stretch.ends_at - stretch.starts_at == timedelta(minutes=slot_minutes)
        assert stretch.busy_until - stretch.ends_at == timedelta(minutes=break_minutes)
    assert all(one.busy_until <= other.starts_at for one, other in pairwise(found))
    by_clock = (ends - begins + break_minutes) // (slot_minutes + break_minutes)
    assert len(found) <= 4 * by_clock


@given(zone=st.sampled_from(ZONES), wall=st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)))
def test_moment_shows_its_wall_time_again(zone, wall):
    at = moment(wall, zone)

    if at is not None:
        local = at.astimezone(zone)
        assert local.replace(tzinfo=None) == wall
        assert local.fold == 0
