"""Two runs at once: people who change places with each other."""

from functools import partial

import pytest

from academy.users.models import User
from courses import enrollment as enrolling
from courses import seats
from courses.models import CourseRun, Enrollment
from courses.moving import rules
from tests.factories import courses as make
from tests.factories import users

from .rivals import failures, race, values

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
S = Enrollment.Status


def _change(row, to, order=None):
    if order:
        seats.in_lock_order = order
    row = Enrollment.objects.get(pk=row)
    new = rules.change_run(row, CourseRun.objects.get(pk=to), by=User.objects.get(pk=row.learner_id))
    return new.run_id, new.status


def _swapping(order=None):
    first = make.run(capacity=2)
    second = make.run(of=first.course, capacity=2)
    rows = [enrolling.enroll(users.user(), run) for run in (first, second)]
    calls = [
        partial(_change, rows[0].pk, second.pk, order),
        partial(_change, rows[1].pk, first.pk, order and _reversed),
    ]
    return race(calls, gate="runs:one_locked"), first, second


def _reversed(pks):
    return sorted(pks, reverse=True)


def test_a_to_b_and_b_to_a_at_once_both_finish():
    outcomes, first, second = _swapping()

    assert failures(outcomes) == []
    assert values(outcomes) == [(second.pk, S.CONFIRMED), (first.pk, S.CONFIRMED)]
    assert [run.enrollments.filter(status=S.CONFIRMED).count() for run in (first, second)] == [1, 1]


@pytest.mark.postgresql
def test_locks_in_another_order_deadlock():
    outcomes, _first, _second = _swapping(order=sorted)

    assert len(failures(outcomes)) == 1
    assert "deadlock" in failures(outcomes)[0]


def _moving_for_the_last_seat(**how):
    first = make.run()
    second = make.run(of=first.course, capacity=1)
    rows = [enrolling.enroll(users.user(), first) for _number in range(3)]
    outcomes = race([partial(_change, row.pk, second.pk) for row in rows], gate="change_run:checked", **how)
    return outcomes, first, second


def test_the_last_seat_is_moved_into_once_and_the_others_keep_theirs():
    outcomes, first, second = _moving_for_the_last_seat()

    assert sorted(outcome.error.partition(":")[0] for outcome in outcomes) == ["", "ThatRunIsFull", "ThatRunIsFull"]
    assert [run.enrollments.filter(status=S.CONFIRMED).count() for run in (first, second)] == [2, 1]


def test_without_the_lock_the_last_seat_is_moved_into_often():
    _outcomes, _first, second = _moving_for_the_last_seat(locks=False)

    assert second.enrollments.filter(status=S.CONFIRMED).count() > 1
