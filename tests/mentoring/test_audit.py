"""Audit looks at live data: with the guards out of the way it names every row that breaks a truth."""

from datetime import UTC, datetime, timedelta

import pytest

from academy import db_guards, registry
from mentoring import audit
from mentoring.guards import bookings_apart, slots_apart
from mentoring.models import Booking, CoachingSlot
from tests.factories.mentoring import booking, mentor, slot
from tests.factories.users import user

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)


def test_audit_finds_nothing_in_good_data():
    person, learner = mentor(), user()
    for number in range(3):
        made = slot(of=person, starts_at=TEN + number * timedelta(minutes=45), capacity=2)
        booking(of=made, learner=learner)
    slot(of=person, starts_at=TEN, status=CoachingSlot.Status.CANCELLED)

    assert [line for check in registry.audit_checks.values() for line in check()] == []


def test_audit_names_overlapping_slots():
    db_guards.remove(slots_apart)
    person = mentor()
    one = slot(of=person, starts_at=TEN, busy_until=TEN + timedelta(hours=1))
    other = slot(of=person, starts_at=TEN + timedelta(minutes=50))
    slot(of=mentor(), starts_at=TEN)

    assert list(audit.check_slots_apart()) == [
        f"Slot {one.pk} overlaps another slot of mentor {person.pk}.",
        f"Slot {other.pk} overlaps another slot of mentor {person.pk}.",
    ]


def test_audit_names_overlapping_bookings():
    db_guards.remove(bookings_apart)
    learner = user()
    one, other = (booking(of=slot(of=mentor(), starts_at=TEN), learner=learner) for _number in range(2))
    booking(of=slot(of=mentor(), starts_at=TEN))

    assert list(audit.check_bookings_apart()) == [
        f"Booking {one.pk} overlaps another booking of person {learner.pk}.",
        f"Booking {other.pk} overlaps another booking of person {learner.pk}.",
    ]


def test_audit_names_bookings_that_do_not_fit_their_slot():
    beyond = booking(of=slot(of=mentor(), starts_at=TEN), place=2)
    moved = booking(of=slot(of=mentor(), starts_at=TEN))
    Booking.objects.filter(pk=moved.pk).update(ends_at=TEN + timedelta(hours=3))
    orphan = booking(of=slot(of=mentor(), starts_at=TEN, status=CoachingSlot.Status.CANCELLED))

    assert list(audit.check_bookings_fit()) == [
        f"Booking {beyond.pk} has place 2, which slot {beyond.slot_id} does not have.",
        f"Booking {moved.pk} and slot {moved.slot_id} differ in their times.",
        f"Booking {orphan.pk} is live, but slot {orphan.slot_id} was cancelled.",
    ]
