"""The database itself keeps mentors' slots and learners' bookings apart."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from academy import db_guards
from mentoring.guards import slots_apart
from mentoring.models import Booking, CoachingSlot
from tests.factories.mentoring import booking, mentor, slot
from tests.factories.users import user

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 5, 5, 10, tzinfo=ZoneInfo("UTC"))


def _refused(make):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.mark.parametrize(("minutes_later", "fits"), [(-45, True), (-44, False), (0, False), (44, False), (45, True)])
def test_slots_of_one_mentor_may_touch_but_not_overlap(minutes_later, fits):
    person = mentor()
    slot(of=person, starts_at=TEN)
    second = TEN + timedelta(minutes=minutes_later)

    if fits:
        slot(of=person, starts_at=second)
    else:
        _refused(lambda: slot(of=person, starts_at=second))

    assert person.slots.count() == (2 if fits else 1)


def test_buffers_count_as_busy_time():
    person = mentor()
    slot(of=person, starts_at=TEN, busy_until=TEN + timedelta(minutes=60))

    _refused(lambda: slot(of=person, starts_at=TEN + timedelta(minutes=45)))
    slot(of=person, starts_at=TEN + timedelta(minutes=60))


def test_parts_of_a_second_are_compared():
    person = mentor()
    end = TEN + timedelta(minutes=45)
    slot(of=person, starts_at=TEN, busy_until=end + timedelta(microseconds=500_000))

    _refused(lambda: slot(of=person, starts_at=end))
    _refused(lambda: slot(of=person, starts_at=end + timedelta(microseconds=499_999)))
    slot(of=person, starts_at=end + timedelta(microseconds=500_000))


def test_slots_of_two_mentors_may_overlap():
    slot(of=mentor(), starts_at=TEN)
    slot(of=mentor(), starts_at=TEN)

    assert CoachingSlot.objects.count() == 2


def test_cancelled_slot_leaves_its_time_and_cannot_come_back_into_a_taken_one():
    person = mentor()
    cancelled = slot(of=person, starts_at=TEN, status=CoachingSlot.Status.CANCELLED)
    slot(of=person, starts_at=TEN)

    _refused(lambda: CoachingSlot.objects.filter(pk=cancelled.pk).update(status=CoachingSlot.Status.OPEN))


def test_slot_cannot_be_moved_into_another():
    person = mentor()
    slot(of=person, starts_at=TEN)
    second = slot(of=person, starts_at=TEN + timedelta(hours=2))

    _refused(lambda: CoachingSlot.objects.filter(pk=second.pk).update(busy_from=TEN))


@pytest.mark.parametrize("status", Booking.LIVE)
def test_live_bookings_of_one_learner_do_not_overlap_across_mentors(status):
    learner = user()
    stamps = {"held_until": TEN, "marked_at": TEN}
    booking(of=slot(of=mentor(), starts_at=TEN), learner=learner)
    later = slot(of=mentor(), starts_at=TEN + timedelta(minutes=30))

    _refused(lambda: booking(of=later, learner=learner, status=status, **stamps))
    booking(of=later, learner=user(), status=status, **stamps)


def test_bookings_of_one_learner_may_touch():
    learner = user()
    booking(of=slot(of=mentor(), starts_at=TEN), learner=learner)
    booking(of=slot(of=mentor(), starts_at=TEN + timedelta(minutes=45)), learner=learner)

    assert learner.bookings.count() == 2


def test_booking_cannot_be_uncancelled_into_another():
    learner = user()
    dead = booking(
        of=slot(of=mentor(), starts_at=TEN), learner=learner, status=Booking.Status.CANCELLED, cancelled_at=TEN
    )
    booking(of=slot(of=mentor(), starts_at=TEN), learner=learner)

    _refused(lambda: Booking.objects.filter(pk=dead.pk).update(status=Booking.Status.BOOKED))


def test_without_the_guard_slots_overlap():
    """The twin of the tests above: it is the guard that refuses, nothing else."""
    db_guards.remove(slots_apart)
    person = mentor()
    slot(of=person, starts_at=TEN)
    slot(of=person, starts_at=TEN)

    assert person.slots.count() == 2
