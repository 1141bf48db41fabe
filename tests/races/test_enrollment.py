"""Seats, queue and promotion under real competition."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from academy.users.models import User
from courses import enrollment as rules
from courses import runs
from courses.models import CourseRun, Enrollment, EnrollmentEvent
from tests.factories import courses as make
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
S = Enrollment.Status
CROWD = 20


def _enroll(run, learner):
    row = rules.enroll(User.objects.get(pk=learner), CourseRun.objects.get(pk=run))
    return row.status, row.queue_number


def _crowd(run, size=CROWD):
    return [partial(_enroll, run.pk, users.user().pk) for _number in range(size)]


def test_one_seat_is_given_once():
    run = make.run(capacity=1)

    outcomes = race(_crowd(run), gate="enroll:checked")

    assert failures(outcomes) == []
    assert Counter(status for status, _number in values(outcomes)) == {S.CONFIRMED: 1, S.WAITING: CROWD - 1}
    assert sorted(number for status, number in values(outcomes) if status == S.WAITING) == list(range(1, CROWD))


def test_without_the_lock_one_seat_is_given_many_times():
    run = make.run(capacity=1)

    outcomes = race(_crowd(run), gate="enroll:checked", locks=False)

    assert Counter(status for status, _number in values(outcomes))[S.CONFIRMED] > 1


def _rows_of_one_person_enrolling_at_once(**how):
    run, learner = make.run(), users.user()
    outcomes = race([partial(_enroll, run.pk, learner.pk)] * 4, gate="enroll:checked", **how)
    return outcomes, run.enrollments.count()


def test_one_person_enrolling_at_once_has_one_row():
    outcomes, rows = _rows_of_one_person_enrolling_at_once()

    assert (failures(outcomes), rows) == ([], 1)
    assert set(values(outcomes)) == {(S.CONFIRMED, None)}


def test_without_the_lock_the_constraint_still_keeps_one_row():
    outcomes, rows = _rows_of_one_person_enrolling_at_once(locks=False)

    assert (len(failures(outcomes)), rows) == (3, 1)


def test_without_lock_and_constraint_one_person_has_several_rows():
    with without_constraint(Enrollment, "enrollment_active_once"):
        outcomes, rows = _rows_of_one_person_enrolling_at_once(locks=False)

    assert (failures(outcomes), rows) == ([], 4)


def _approve(row, staff):
    return rules.approve(Enrollment.objects.get(pk=row), by=User.objects.get(pk=staff)).status


def _two_approvals_for_the_last_seat(**how):
    run, staff = make.run(entry="approval", capacity=1), users.staff()
    rows = [rules.enroll(users.user(), run) for _number in range(2)]
    return race([partial(_approve, row.pk, staff.pk) for row in rows], gate="approve:checked", **how)


def test_two_approvals_fill_the_last_seat_once():
    outcomes = _two_approvals_for_the_last_seat()

    assert failures(outcomes) == []
    assert sorted(values(outcomes)) == sorted([S.CONFIRMED, S.WAITING])


def test_without_the_lock_two_approvals_oversell():
    assert values(_two_approvals_for_the_last_seat(locks=False)) == [S.CONFIRMED, S.CONFIRMED]


def _sweep():
    return rules.sweep_offers()


def _two_workers_sweeping_one_offer(**how):
    """One seat under an expired offer, two people waiting. Returns outcomes and the statuses by queue number."""
    run = make.run(capacity=1, promotion="offer", next_queue_number=4)
    past = timezone.now() - timedelta(minutes=5)
    make.enrollment(of=run, status=S.OFFERED, queue_number=1, offered_until=past)
    make.enrollment(of=run, status=S.WAITING, queue_number=2)
    make.enrollment(of=run, status=S.WAITING, queue_number=3)
    outcomes = race([_sweep, _sweep], gate="promote:chosen", **how)
    statuses = list(run.enrollments.order_by("queue_number").values_list("status", flat=True))
    return outcomes, statuses, EnrollmentEvent.objects.filter(to_status=S.OFFERED).count()


def test_two_workers_promote_once_for_one_expired_offer():
    outcomes, statuses, offers = _two_workers_sweeping_one_offer()

    assert failures(outcomes) == []
    assert (statuses, offers) == ([S.CANCELLED, S.OFFERED, S.WAITING], 1)


def test_without_the_lock_two_workers_promote_twice():
    _outcomes, _statuses, offers = _two_workers_sweeping_one_offer(locks=False)

    assert offers == 2


def _cancel(row):
    return rules.cancel(Enrollment.objects.get(pk=row)).status


def _cancelling_twice_at_once(**how):
    run = make.run(capacity=1)
    first = rules.enroll(users.user(), run)
    waiting = [rules.enroll(users.user(), run) for _number in range(2)]
    outcomes = race([partial(_cancel, first.pk)] * 2, gate="cancel:checked", **how)
    return outcomes, first, [row.__class__.objects.get(pk=row.pk).status for row in waiting]


def test_cancelling_twice_at_once_frees_one_seat():
    outcomes, first, waiting = _cancelling_twice_at_once()

    assert (failures(outcomes), values(outcomes)) == ([], [S.CANCELLED, S.CANCELLED])
    assert first.events.count() == 2
    assert waiting == [S.CONFIRMED, S.WAITING]


def test_without_the_lock_cancelling_twice_is_written_twice():
    _outcomes, first, _waiting = _cancelling_twice_at_once(locks=False)

    assert first.events.count() == 3


def _change_capacity(run, capacity):
    runs.change_capacity(CourseRun.objects.get(pk=run), capacity, by=None)
    return "capacity", capacity


def test_capacity_raised_during_a_burst_sells_exactly_that_many():
    run = make.run(capacity=1)

    outcomes = race([*_crowd(run, 10), partial(_change_capacity, run.pk, 4)], gate="enroll:checked")

    assert failures(outcomes) == []
    rows = run.enrollments.order_by("queue_number")
    assert Counter(row.status for row in rows) == {S.CONFIRMED: 4, S.WAITING: 6}
    waiting = [row.queue_number for row in rows if row.status == S.WAITING]
    promoted = [row.queue_number for row in rows if row.status == S.CONFIRMED and row.queue_number]
    assert promoted + waiting == list(range(1, len(promoted + waiting) + 1))


def test_without_the_lock_a_burst_sells_more_than_the_raised_capacity():
    run = make.run(capacity=1)

    race([*_crowd(run, 10), partial(_change_capacity, run.pk, 4)], gate="enroll:checked", locks=False)

    assert run.enrollments.filter(status=S.CONFIRMED).count() > 4
