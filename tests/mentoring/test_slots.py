"""Offering time: single slots and slots opened ahead from weekly patterns."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest

from academy import db_guards
from mentoring import slots
from mentoring.guards import slots_apart
from mentoring.models import Booking, CoachingSlot, WeeklyPattern
from mentoring.slots import (
    NoSuchTime,
    SlotInThePast,
    SlotsOverlap,
    SlotTooShort,
    end_pattern,
    offer_slot,
    open_slots_ahead,
    save_pattern,
)
from tests.factories.mentoring import booking, mentor, slot, weekly
from tests.factories.users import user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)  # a Monday, 8:00 in Prague
TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)
PRAGUE = zoneinfo.ZoneInfo("Europe/Prague")


def _walls(of, zone=PRAGUE):
    return [f"{one.starts_at.astimezone(zone):%m-%d %H:%M}" for one in of]


def _live(person):
    return _walls(person.slots.live())


# --- offer_slot ---------------------------------------------------------------


def test_offer_slot_opens_it_with_buffers():
    person = mentor()

    made = offer_slot(
        person,
        starts_at=TEN,
        ends_at=TEN + timedelta(minutes=45),
        by=user(),
        minutes_before=10,
        minutes_after=15,
        capacity=4,
        place="Studio",
        at=NOW,
    )

    assert list(person.slots.all()) == [made]
    assert (made.busy_from, made.busy_until) == (TEN - timedelta(minutes=10), TEN + timedelta(minutes=60))
    assert (made.capacity, made.place, made.mode, made.is_generated) == (4, "Studio", person.mode, False)


def test_offer_slot_takes_naive_times_for_the_mentors_clock():
    person = mentor()
    person.profile.time_zone = "Europe/Tallinn"

    made = offer_slot(person, starts_at=datetime(2026, 5, 5, 10), ends_at=datetime(2026, 5, 5, 11), by=user(), at=NOW)

    assert made.starts_at == datetime(2026, 5, 5, 7, tzinfo=UTC)


def test_offer_slot_twice_gives_the_same_slot():
    person = mentor()

    first, second = (
        offer_slot(person, starts_at=TEN, ends_at=TEN + timedelta(hours=1), by=user(), at=NOW) for _ in range(2)
    )

    assert first == second
    assert person.slots.count() == 1


def test_offer_slot_refuses_an_overlap_buffers_included():
    person = mentor()
    slot(of=person, starts_at=TEN, busy_until=TEN + timedelta(hours=1))

    with pytest.raises(SlotsOverlap):
        offer_slot(
            person, starts_at=TEN + timedelta(minutes=50), ends_at=TEN + timedelta(minutes=90), by=user(), at=NOW
        )
    touching = TEN + timedelta(hours=1)
    offer_slot(person, starts_at=touching, ends_at=touching + timedelta(hours=1), by=user(), at=NOW)

    assert person.slots.count() == 2


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "error"),
    [
        (NOW, NOW + timedelta(hours=1), SlotInThePast),
        (NOW - timedelta(days=1), NOW, SlotInThePast),
        (TEN, TEN, SlotTooShort),
        (TEN, TEN - timedelta(minutes=1), SlotTooShort),
        (datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 3, 30), NoSuchTime),
    ],
)
def test_offer_slot_refuses_odd_times(starts_at, ends_at, error):
    person = mentor()

    with pytest.raises(error):
        offer_slot(person, starts_at=starts_at, ends_at=ends_at, by=user(), at=NOW)

    assert person.slots.count() == 0


# --- open_slots_ahead -----------------------------------------------------------


def test_open_slots_ahead_opens_up_to_the_horizon():
    person = mentor(horizon_days=15)
    weekly(of=person, weekday=2)

    made = open_slots_ahead(person, at=NOW)

    assert _walls(made) == [
        *("05-05 14:00", "05-05 15:00", "05-05 16:00"),
        *("05-12 14:00", "05-12 15:00", "05-12 16:00"),
        *("05-19 14:00", "05-19 15:00", "05-19 16:00"),
    ]
    assert set(made) == set(person.slots.all())
    assert all(one.is_generated for one in made)


def test_open_slots_ahead_twice_opens_nothing_more():
    person = mentor()
    weekly(of=person, weekday=2)
    first = open_slots_ahead(person, at=NOW)

    assert open_slots_ahead(person, at=NOW) == []
    assert set(person.slots.all()) == set(first)


def test_open_slots_ahead_uses_the_mentors_own_zone():
    person = mentor(horizon_days=3)
    person.profile.time_zone = "America/New_York"
    person.profile.save()
    weekly(of=person, weekday=2)

    made = open_slots_ahead(person, at=NOW)

    assert made[0].starts_at == datetime(2026, 5, 5, 18, tzinfo=UTC)


def test_open_slots_ahead_leaves_out_what_has_begun_today():
    person = mentor(horizon_days=0)
    weekly(of=person, weekday=1, begins="08:00", ends="10:45")

    assert _walls(open_slots_ahead(person, at=NOW)) == ["05-04 09:00", "05-04 10:00"]


def test_open_slots_ahead_keeps_clear_of_single_slots_and_their_breaks():
    person = mentor(horizon_days=3)
    weekly(of=person, weekday=2)
    single = slot(of=person, starts_at=datetime(2026, 5, 5, 13, 30, tzinfo=UTC))  # 15:30 to 16:15

    open_slots_ahead(person, at=NOW)

    assert _live(person) == ["05-05 14:00", "05-05 15:30"]
    assert single in person.slots.live()


def test_open_slots_ahead_does_not_bring_back_what_the_mentor_cancelled():
    person = mentor(horizon_days=3)
    weekly(of=person, weekday=2)
    first = open_slots_ahead(person, at=NOW)[0]
    CoachingSlot.objects.filter(pk=first.pk).update(status=CoachingSlot.Status.CANCELLED)

    assert open_slots_ahead(person, at=NOW) == []


def test_open_slots_ahead_merges_patterns_that_overlap():
    person = mentor(horizon_days=3)
    weekly(of=person, weekday=2)
    weekly(of=person, weekday=2, begins="14:30", ends="18:30")

    for _time in range(2):
        open_slots_ahead(person, at=NOW)
        assert _live(person) == ["05-05 14:00", "05-05 15:00", "05-05 16:00", "05-05 17:30"]


def test_changed_pattern_moves_free_slots_and_leaves_booked_ones():
    person = mentor(horizon_days=3)
    pattern = weekly(of=person, weekday=2)
    booked, *_free = open_slots_ahead(person, at=NOW)
    booking(of=booked)

    pattern.from_time, pattern.to_time = time(16, 30), time(18, 30)
    made = save_pattern(pattern, at=NOW)

    assert _walls(made) == ["05-05 16:30", "05-05 17:30"]
    assert _live(person) == ["05-05 14:00", "05-05 16:30", "05-05 17:30"]
    assert booked.bookings.get().status == Booking.Status.BOOKED


def test_pattern_at_another_place_changes_free_slots():
    person = mentor(horizon_days=3)
    pattern = weekly(of=person, weekday=2)
    open_slots_ahead(person, at=NOW)

    pattern.place = "Studio"
    save_pattern(pattern, at=NOW)

    assert {one.place for one in person.slots.live()} == {"Studio"}
    assert len(_live(person)) == 3


def test_ended_pattern_takes_its_free_slots_along():
    person = mentor(horizon_days=10)
    pattern = weekly(of=person, weekday=2)
    single = slot(of=person, starts_at=TEN - timedelta(hours=4))
    booked, *_free = open_slots_ahead(person, at=NOW)
    cancelled = booking(of=booked, status=Booking.Status.CANCELLED, cancelled_at=NOW)

    end_pattern(pattern, at=NOW)

    assert set(person.slots.all()) == {single, booked}
    assert cancelled in booked.bookings.all()
    assert not WeeklyPattern.objects.exists()


def test_shorter_horizon_takes_nothing_back():
    person = mentor(horizon_days=20)
    weekly(of=person, weekday=2)
    made = open_slots_ahead(person, at=NOW)
    person.horizon_days = 5
    person.save()

    assert open_slots_ahead(person, at=NOW) == []
    assert set(person.slots.live()) == set(made)


@pytest.mark.parametrize("until", [date(2026, 5, 4), date(2026, 5, 5)])
def test_until_is_included(until):
    person = mentor()
    weekly(of=person, weekday=2)

    assert len(open_slots_ahead(person, until=until, at=NOW)) == (3 if until == date(2026, 5, 5) else 0)


def test_open_slots_ahead_survives_somebody_elses_slot_in_between():
    """The list was read before another slot came: that one wins, the rest is opened all the same."""
    person = mentor(horizon_days=3)
    weekly(of=person, weekday=2)
    made = open_slots_ahead(person, at=NOW)
    clashing = [
        CoachingSlot(
            mentor=person,
            starts_at=one.starts_at + timedelta(days=days),
            ends_at=one.ends_at + timedelta(days=days),
            busy_from=one.busy_from + timedelta(days=days),
            busy_until=one.busy_until + timedelta(days=days),
        )
        for one, days in zip(made, (0, 0, 1), strict=True)
    ]

    assert slots._insert(clashing) == clashing[2:]
    assert person.slots.count() == 4


def test_without_the_guard_an_overlap_is_offered():
    """The twin: nothing but the guard refuses."""
    db_guards.remove(slots_apart)
    person = mentor()
    for minutes in (0, 10):
        starts_at = TEN + timedelta(minutes=minutes)
        offer_slot(person, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), by=user(), at=NOW)

    assert person.slots.count() == 2


def test_a_year_of_slots_costs_few_queries(django_assert_max_num_queries):
    person = mentor(horizon_days=365)
    for weekday in range(1, 6):
        weekly(of=person, weekday=weekday, begins="09:00", ends="17:00")

    with django_assert_max_num_queries(40):  # SQLite takes some 66 rows at a time
        assert len(open_slots_ahead(person, at=NOW)) == 262 * 8  # working days
