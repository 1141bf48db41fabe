from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def test_enrollment_is_active_once_per_person_and_run():
    run, learner = make.run(), users.user()
    make.enrollment(of=run, learner=learner, status=Enrollment.Status.CANCELLED)
    make.enrollment(of=run, learner=learner, status=Enrollment.Status.CONFIRMED)

    with pytest.raises(IntegrityError), transaction.atomic():
        make.enrollment(of=run, learner=learner, status=Enrollment.Status.WAITING, queue_number=1)


def test_run_counts_seats_without_expired_offers():
    run, now = make.run(), timezone.now()
    make.enrollment(of=run)
    make.enrollment(of=run, status=Enrollment.Status.OFFERED, offered_until=now + timedelta(hours=1))
    make.enrollment(of=run, status=Enrollment.Status.OFFERED, offered_until=now - timedelta(seconds=1))
    make.enrollment(of=run, status=Enrollment.Status.WAITING, queue_number=1)

    counted = CourseRun.objects.with_seats(now).get(pk=run.pk)

    assert (counted.seats_taken, counted.people_waiting) == (2, 1)


def test_run_is_public_only_with_a_live_course_page():
    shown, hidden = make.run(), make.run(of=make.course(public=False))
    draft = make.run(status=CourseRun.Status.DRAFT)

    assert {shown, hidden, draft} == set(CourseRun.objects.all())
    assert set(CourseRun.objects.public()) == {shown}
