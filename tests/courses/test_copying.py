from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from courses.copying import CodeIsTaken, copy_run, shift
from courses.models import CourseRun
from tests.factories import courses as make
from tests.factories import selection as calls
from tests.factories import users

pytestmark = pytest.mark.django_db


def test_shift_keeps_the_clock_over_daylight_saving():
    before = datetime(2031, 3, 25, 9, tzinfo=UTC)  # 10:00 in Prague, winter time

    assert shift(before, 1, "Europe/Prague") == datetime(2031, 4, 1, 8, tzinfo=UTC)
    assert shift(before, 1, "UTC") == before + timedelta(weeks=1)
    assert shift(None, 1, "UTC") is None


def test_copy_takes_settings_and_dates_along_but_no_people_and_no_state():
    now = timezone.now()
    run = make.run(
        sessions=2, status=CourseRun.Status.CLOSED, closed_at=now, opens_at=now, price=5, trainers=[users.profile()]
    )
    make.enrollment(of=run)
    CourseRun.objects.filter(pk=run.pk).update(next_queue_number=9)

    made = copy_run(CourseRun.objects.get(pk=run.pk), code="NEW", weeks=52, by=users.staff())

    made.refresh_from_db()
    assert (made.status, made.closed_at, made.next_queue_number) == (CourseRun.Status.DRAFT, None, 1)
    assert (made.price, made.capacity, made.course) == (5, run.capacity, run.course)
    assert made.opens_at == shift(run.opens_at, 52, run.time_zone)
    assert set(made.trainers.all()) == set(run.trainers.all())
    assert made.sessions.count() == 2
    assert not set(made.sessions.values_list("uid")) & set(run.sessions.values_list("uid"))
    assert not made.enrollments.exists()


def test_copy_with_a_taken_code_is_refused_and_leaves_nothing():
    run = make.run()

    with pytest.raises(CodeIsTaken):
        copy_run(run, code=run.code, weeks=1, by=users.staff())

    assert CourseRun.objects.get() == run


def test_copy_takes_a_call_along_but_no_jury_and_no_decision():
    now = timezone.now()
    selection = calls.call(weights=(70, 30), scale_max=9, is_blind=True, results_at=now)
    calls.juror(selection)
    selection.scoring_closed_at = selection.decided_at = now
    selection.save()

    made = copy_run(selection.run, code="NEW", weeks=52, by=users.staff()).selection

    assert (made.scale_max, made.is_blind, made.scoring_closed_at, made.decided_at) == (9, True, None, None)
    assert made.results_at == shift(now, 52, "Europe/Prague")
    assert list(made.criteria.values_list("title_en", "weight")) == [("Criterion 1", 70), ("Criterion 2", 30)]
    assert not made.jurors.exists()
