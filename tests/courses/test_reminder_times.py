"""When people are reminded: days by the wall clock of the session's zone, hours as they pass."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from courses.reminder_times import due_times, parse, validate

PRAGUE = ZoneInfo("Europe/Prague")


def test_list_is_read_longest_first_and_each_lead_once():
    assert parse("1d, 7 D,3 h, 1 d,") == [("7d", 7, "d"), ("1d", 1, "d"), ("3h", 3, "h")]
    assert parse("") == []


@pytest.mark.parametrize("text", ["1", "d", "1 week", "0 d", "-1 d", "61 d", "1441 h", "1d 7d"])
def test_what_is_no_time_before_a_session_is_refused_with_its_name(text):
    with pytest.raises(ValidationError) as refused:
        validate(text)
    assert f"“{text}”" in str(refused.value.messages[0])


@pytest.mark.parametrize(
    ("starts_at", "a_day_before", "hours_before"),
    [
        # Clocks go forward in the night to 29 March 2026, back in the night to 25 October.
        (datetime(2026, 3, 29, 9, tzinfo=PRAGUE), "2026-03-28T08:00", "2026-03-28T07:00"),
        (datetime(2026, 10, 25, 9, tzinfo=PRAGUE), "2026-10-24T07:00", "2026-10-24T08:00"),
        (datetime(2026, 6, 10, 9, tzinfo=PRAGUE), "2026-06-09T07:00", "2026-06-09T07:00"),
    ],
)
def test_a_day_before_is_the_same_wall_time_and_24_hours_are_elapsed_ones(starts_at, a_day_before, hours_before):
    times = dict(due_times("1 d, 24 h", starts_at.astimezone(UTC), PRAGUE))

    assert {name: at.strftime("%Y-%m-%dT%H:%M") for name, at in times.items()} == {
        "1d": a_day_before,
        "24h": hours_before,
    }
