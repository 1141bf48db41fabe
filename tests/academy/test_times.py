from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from academy import times

STARTS = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", "Europe/Prague", "Tuesday, 24 November 2026, 18:00–20:00 (Prague time)"),
        ("en", "Europe/Tallinn", "Tuesday, 24 November 2026, 19:00–21:00 (Tallinn time)"),
    ],
)
def test_span_names_the_day_and_the_zone(language, zone, expected):
    with override(language):
        assert times.span(STARTS, STARTS + timedelta(hours=2), zone) == expected


def test_span_over_midnight_names_both_days():
    with override("en"):
        assert times.span(STARTS, STARTS + timedelta(hours=8), "Europe/Prague") == (
            "Tuesday, 24 November 2026, 18:00 – Wednesday, 25 November 2026, 02:00 (Prague time)"
        )


def test_span_in_czech_uses_czech_words():
    with override("cs"):
        assert times.day(STARTS, "Europe/Prague") == "úterý 24. listopadu 2026"


def test_same_clock_compares_offsets_at_that_moment():
    assert times.same_clock(STARTS, "Europe/Prague", "Europe/Berlin")
    assert not times.same_clock(STARTS, "Europe/Prague", "Europe/London")


def test_days_of_one_day_and_of_several():
    with override("en"):
        assert times.days(STARTS, STARTS + timedelta(hours=2), "Europe/Prague") == "Tuesday, 24 November 2026"
        assert times.days(STARTS, STARTS + timedelta(days=7), "Europe/Prague") == "24 November 2026 – 1 December 2026"


def test_brief_day_is_short_in_both_languages():
    with override("en"):
        assert times.brief_day(STARTS, "Europe/Prague") == "Tue 24 Nov 2026".replace(" ", "\xa0")
    with override("cs"):
        assert times.brief_day(STARTS, "Europe/Prague") == "út 24. 11. 2026".replace(" ", "\xa0")


def test_brief_days_name_what_differs():
    with override("en"):
        week = times.brief_days(STARTS, STARTS + timedelta(days=7), "Europe/Prague")
        assert week == "24\xa0Nov\xa0– 1\xa0Dec\xa02026"
        assert times.brief_days(STARTS, STARTS, "Europe/Prague") == times.brief_day(STARTS, "Europe/Prague")
