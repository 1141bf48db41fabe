"""Two trainers with one roster."""

from functools import partial

import pytest

from academy.users.models import User
from courses import attendance as rules
from courses.models import Attendance, Enrollment, WorkshopSession
from tests.factories import courses as make
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def _mark(session, enrollment, by, status):
    session = WorkshopSession.objects.get(pk=session)
    row = rules.mark(
        session,
        Enrollment.objects.get(pk=enrollment),
        status,
        by=User.objects.get(pk=by),
        at=session.starts_at,
    )
    return row.pk


def _two_trainers_marking_one_person(**how):
    run = make.run()
    session, person = run.sessions.get(), make.enrollment(of=run)
    calls = [
        partial(_mark, session.pk, person.pk, users.user().pk, status)
        for status in (Attendance.Status.PRESENT, Attendance.Status.ABSENT)
    ]
    outcomes = race(calls, gate="mark:checked", **how)
    return outcomes, [(row.status, row.changes.count()) for row in person.attendance.all()]


def test_two_trainers_marking_one_person_leave_one_row_and_its_correction():
    outcomes, rows = _two_trainers_marking_one_person()

    assert failures(outcomes) == []
    assert len(set(values(outcomes))) == 1
    assert [changes for _status, changes in rows] == [1]


def test_without_the_lock_the_constraint_still_keeps_one_row():
    outcomes, rows = _two_trainers_marking_one_person(locks=False)

    assert (len(failures(outcomes)), [changes for _status, changes in rows]) == (1, [0])


def test_without_lock_and_constraint_two_rows_stand_for_one_person():
    with without_constraint(Attendance, "attendance_once"):
        outcomes, rows = _two_trainers_marking_one_person(locks=False)

    assert failures(outcomes) == []
    assert sorted(rows) == [(Attendance.Status.ABSENT, 0), (Attendance.Status.PRESENT, 0)]
