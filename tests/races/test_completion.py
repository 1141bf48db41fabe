"""Two people close one run; two runs that complete one path are closed at once."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from courses import completion
from courses.models import Completion, CourseRun, CurriculumCompletion, Enrollment
from tests.factories import courses as make
from tests.factories import users

from .rivals import failures, race, values

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def _close(run):
    results = completion.close_run(CourseRun.objects.get(pk=run), by=None)
    return sorted(result.pk for result in results)


def _two_people_closing_one_run(**how):
    run = make.run(of=make.course(certificate_kind="none"), starts_in=timedelta(days=-3))
    for _number in range(3):
        row = make.enrollment(of=run, confirmed_at=timezone.now() - timedelta(days=9))
        make.attendance(of=row, session=run.sessions.get())
    return race([partial(_close, run.pk)] * 2, gate="close:checked", **how)


def test_a_run_closed_twice_at_once_has_one_result_per_person():
    outcomes = _two_people_closing_one_run()

    assert failures(outcomes) == []
    first, second = values(outcomes)
    assert first == second
    assert Completion.objects.count() == 3
    assert [row.events.count() for row in Enrollment.objects.all()] == [1, 1, 1]


def test_without_the_lock_only_the_constraint_keeps_one_result_per_person():
    outcomes = _two_people_closing_one_run(locks=False)

    assert len(failures(outcomes)) == 1
    assert "IntegrityError" in failures(outcomes)[0]


def _two_runs_of_one_path_closed_at_once(**how):
    learner, runs = users.user(), []
    for step in make.curriculum(courses=2).steps.select_related("course"):
        step.course.certificate_kind = "none"
        step.course.save()
        run = make.run(of=step.course, starts_in=timedelta(days=-3), auto_issue=False)
        row = make.enrollment(of=run, learner=learner, confirmed_at=timezone.now() - timedelta(days=9))
        make.attendance(of=row, session=run.sessions.get())
        runs.append(run)
    return race([partial(_close, run.pk) for run in runs], gate="curricula:locked", **how)


def test_two_runs_closed_at_once_complete_the_path_that_needs_both():
    outcomes = _two_runs_of_one_path_closed_at_once()

    assert failures(outcomes) == []
    assert CurriculumCompletion.objects.standing().count() == 1


@pytest.mark.postgresql
def test_without_the_lock_neither_run_sees_the_other_and_the_path_is_lost():
    outcomes = _two_runs_of_one_path_closed_at_once(locks=False)

    assert failures(outcomes) == []
    assert CurriculumCompletion.objects.count() == 0
