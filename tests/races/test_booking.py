"""Coaching under real competition: places, a mentor's time, a learner's time, the limit per person."""

import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.utils import timezone

from academy import db_guards
from academy.mail.models import Message
from academy.users.models import User
from mentoring import audit, slots
from mentoring import booking as rules
from mentoring.guards import bookings_apart, slots_apart
from mentoring.models import Booking, CoachingSlot, Mentor
from tests.factories import mentoring as make
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CROWD = 20


@contextmanager
def without_guard(guard):
    """Leave the guard out for a while; afterwards the tables are emptied and it is installed again."""
    db_guards.remove(guard)
    try:
        yield
    finally:
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        db_guards.install(guard)


def _book(slot, learner):
    """The place (int), or the name of the refusal with the ids of the alternatives."""
    person = User.objects.get(pk=learner)
    try:
        return rules.book(CoachingSlot.objects.get(pk=slot), person, by=person).place
    except rules.SlotTaken as refused:
        return "SlotTaken", tuple(other.pk for other in refused.alternatives)
    except rules.RuleError as refused:
        return type(refused).__name__


def _crowd_for(slot, size=CROWD):
    return [partial(_book, slot.pk, users.user().pk) for _number in range(size)]


# --- one slot, many people -----------------------------------------------------------


def test_one_slot_is_booked_once_and_the_others_are_offered_the_next():
    mentor = make.mentor()
    slot = make.slot(of=mentor)
    others = tuple(make.slot(of=mentor, starts_in=timedelta(days=8 + day)).pk for day in range(4))

    outcomes = race(_crowd_for(slot), gate="book:checked")

    assert failures(outcomes) == []
    assert Counter(values(outcomes)) == {1: 1, ("SlotTaken", others[:3]): CROWD - 1}
    assert slot.bookings.count() == 1
    assert Message.objects.count() == 1


def test_a_group_is_filled_to_the_last_place_and_no_further():
    slot = make.slot(of=make.mentor(), capacity=7)

    outcomes = race(_crowd_for(slot), gate="book:checked")

    assert failures(outcomes) == []
    assert Counter(values(outcomes)) == {**dict.fromkeys(range(1, 8), 1), ("SlotTaken", ()): CROWD - 7}


def test_without_the_constraint_one_slot_is_booked_many_times():
    slot = make.slot(of=make.mentor())

    with without_constraint(Booking, "booking_place_once"):
        outcomes = race(_crowd_for(slot), gate="book:checked", locks=False)

        assert Counter(values(outcomes))[1] > 1


# --- one mentor's time ---------------------------------------------------------------


def _offer(mentor, minutes):
    """Offer 45 minutes and a break of 15, so that anything less than an hour apart overlaps."""
    starts_at = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=7, minutes=minutes)
    try:
        slots.offer_slot(
            Mentor.objects.get(pk=mentor),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=45),
            minutes_after=15,
            by=None,
        )
    except slots.SlotsOverlap:
        return "SlotsOverlap"
    return "offered"


def _offers_of(mentor):
    return [partial(_offer, mentor.pk, number * 20) for number in range(8)]


def test_overlapping_slots_of_one_mentor_are_never_open_together():
    mentor = make.mentor()

    outcomes = race(_offers_of(mentor), gate="slot:made")

    assert failures(outcomes) == []
    counted = Counter(values(outcomes))
    assert counted["offered"] == mentor.slots.count() >= 2
    assert counted["offered"] + counted["SlotsOverlap"] == 8
    assert list(audit.check_slots_apart()) == []


def test_without_the_lock_the_guard_still_keeps_a_mentors_slots_apart():
    mentor = make.mentor()

    race(_offers_of(mentor), gate="slot:made", locks=False)  # on PostgreSQL some deadlock: that is what the lock is for

    assert mentor.slots.exists()
    assert list(audit.check_slots_apart()) == []


def test_without_the_guard_slots_of_one_mentor_overlap():
    mentor = make.mentor()

    with without_guard(slots_apart):
        outcomes = race(_offers_of(mentor))

        assert Counter(values(outcomes)) == {"offered": 8}
        assert len(list(audit.check_slots_apart())) == 8


def _offer_and_book(mentor, number):
    """25 rounds: offer time that overlaps what the others offer, and book whatever is free."""
    person = users.user(email=f"rival{number}@example.org")
    offered, booked = 0, 0
    for turn in range(25):
        offered += _offer(mentor, turn * 60 + number * 7) == "offered"
        for slot in CoachingSlot.objects.free()[:2]:
            try:
                booked += rules.book(slot, person, by=None).place
            except rules.RuleError:
                continue
    return offered, booked


def test_eight_people_offering_and_booking_all_the_time_leave_no_overlap():
    mentor = make.mentor()

    outcomes = race([partial(_offer_and_book, mentor.pk, number) for number in range(8)])

    assert failures(outcomes) == []
    assert sum(offered for offered, _booked in values(outcomes)) >= mentor.slots.count() >= 12
    assert Booking.objects.count() == mentor.slots.filter(bookings__isnull=False).count() > 0
    for check in (audit.check_slots_apart, audit.check_bookings_apart, audit.check_bookings_fit):
        assert list(check()) == []


def _open_ahead(mentor):
    return len(slots.open_slots_ahead(Mentor.objects.get(pk=mentor)))


def test_slots_are_opened_ahead_once_by_workers_that_run_together():
    mentor = make.mentor(horizon_days=20)
    for weekday in range(1, 8):
        make.weekly(of=mentor, weekday=weekday, begins="00:00", ends="23:59")

    outcomes = race([partial(_open_ahead, mentor.pk)] * 4 + _offers_of(mentor))

    assert failures(outcomes) == []
    assert mentor.slots.count() > 20 * 20
    assert list(audit.check_slots_apart()) == []


# --- one learner's time --------------------------------------------------------------


def _overlapping_bookings():
    """One learner books four overlapping slots of four mentors in four tabs."""
    learner = users.user()
    starts_at = timezone.now() + timedelta(days=7)
    apart = timedelta(minutes=10)
    offered = [make.slot(of=make.mentor(), starts_at=starts_at + number * apart) for number in range(4)]
    return learner, [partial(_book, slot.pk, learner.pk) for slot in offered]


def test_a_learner_gets_one_of_overlapping_slots():
    learner, calls = _overlapping_bookings()

    outcomes = race(calls, gate="book:checked")

    assert failures(outcomes) == []
    assert Counter(values(outcomes)) == {1: 1, "LearnerBusy": 3}
    assert learner.bookings.count() == 1


def test_without_the_lock_the_guard_still_keeps_a_learners_bookings_apart():
    learner, calls = _overlapping_bookings()

    race(calls, gate="book:checked", locks=False)

    assert learner.bookings.count() == 1
    assert list(audit.check_bookings_apart()) == []


def test_without_lock_and_guard_a_learners_bookings_overlap():
    learner, calls = _overlapping_bookings()

    with without_guard(bookings_apart):
        race(calls, gate="book:checked", locks=False)

        assert learner.bookings.count() == 4
        assert len(list(audit.check_bookings_apart())) == 4


def _same_slot_in_tabs():
    learner, slot = users.user(), make.slot(of=make.mentor(), capacity=4)
    return slot, [partial(_book, slot.pk, learner.pk)] * 4


def test_one_person_booking_one_slot_in_four_tabs_has_one_place():
    slot, calls = _same_slot_in_tabs()

    outcomes = race(calls, gate="book:checked")

    assert (failures(outcomes), values(outcomes)) == ([], [1, 1, 1, 1])
    assert slot.bookings.count() == 1


# --- the limit per person --------------------------------------------------------------


def _tabs_over_the_limit():
    """The mentor lets a person have two coming bookings; one is there, four tabs want another."""
    mentor, learner = make.mentor(max_per_person=2), users.user()
    make.booking(of=make.slot(of=mentor), learner=learner)
    wanted = [make.slot(of=mentor, starts_in=timedelta(days=8 + day)) for day in range(4)]
    return learner, [partial(_book, slot.pk, learner.pk) for slot in wanted]


def test_tabs_do_not_get_past_the_limit_per_person():
    learner, calls = _tabs_over_the_limit()

    outcomes = race(calls, gate="book:checked")

    assert failures(outcomes) == []
    assert Counter(values(outcomes)) == {1: 1, "TooManyBookings": 3}
    assert learner.bookings.count() == 2


def test_without_the_lock_tabs_get_past_the_limit():
    learner, calls = _tabs_over_the_limit()

    race(calls, gate="book:checked", locks=False)

    assert learner.bookings.count() > 2


# --- booking while the slot is cancelled ---------------------------------------------------


def _cancel_slot(slot):
    time.sleep(0.2)  # those who book are between check and write by now
    rules.cancel_slot(CoachingSlot.objects.get(pk=slot), by=None, reason="")


def _book_without_sharing(slot, learner):
    rules._share = lambda slot: None
    return _book(slot, learner)


def _bookings_of_a_cancelled_slot(book, **how):
    slot = make.slot(of=make.mentor(), capacity=8)
    people = [users.user().pk for _number in range(6)]
    outcomes = race(
        [*(partial(book, slot.pk, learner) for learner in people), partial(_cancel_slot, slot.pk)],
        gate="book:checked",
        **how,
    )
    assert failures(outcomes) == []
    return slot.bookings.live().count()


def test_nobody_holds_a_place_in_a_slot_that_was_cancelled_meanwhile():
    assert _bookings_of_a_cancelled_slot(_book) == 0
    assert list(audit.check_bookings_fit()) == []


def test_without_the_lock_places_in_a_cancelled_slot_are_given():
    assert _bookings_of_a_cancelled_slot(_book_without_sharing, locks=False) > 0
