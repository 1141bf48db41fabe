"""Certificates follow the closing of a run and its corrections, through the rules of the courses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certificates import issue
from certificates.models import Certificate
from courses import attendance, completion
from courses.models import Attendance, Course
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def finished_run(people, **extra):
    """A run that is over, with everybody present; people is {name: status}."""
    course = make.course(public=False, certificate_kind=Course.CertificateKind.ATTENDANCE)
    run = make.run(of=course, starts_in=timedelta(days=-2), **extra)
    session = run.sessions.get()
    for name, status in people.items():
        enrollment = make.enrollment(of=run, learner=users.user(name))
        make.attendance(of=enrollment, session=session, status=status)
    return run


PRESENT, ABSENT = Attendance.Status.PRESENT, Attendance.Status.ABSENT


def test_closing_a_run_issues_to_whoever_met_the_rule():
    run = finished_run({"Alžběta": PRESENT, "Bedřich": ABSENT})

    completion.close_run(run, by=users.staff())

    assert list(Certificate.objects.values_list("holder_name", "kind")) == [("Alžběta", "attendance")]


def test_closing_a_run_without_auto_issue_issues_nothing():
    run = finished_run({"Alžběta": PRESENT}, auto_issue=False)

    completion.close_run(run, by=users.staff())

    assert not Certificate.objects.exists()


def test_one_name_that_cannot_be_printed_does_not_stop_the_others():
    """Case 16: only that certificate is missing, and the run is closed all the same."""
    run = finished_run({"Alžběta": PRESENT, "Bedřich 😀": PRESENT, "Cecílie": PRESENT})

    completion.close_run(run, by=users.staff())

    assert set(Certificate.objects.values_list("holder_name", flat=True)) == {"Alžběta", "Cecílie"}
    assert sorted(serial.split("-")[2] for serial in Certificate.objects.values_list("serial", flat=True)) == [
        "000001",
        "000002",
    ]


def test_a_correction_downwards_flags_the_certificate():
    """Case 3."""
    run = finished_run({"Alžběta": PRESENT})
    staff = users.staff()
    completion.close_run(run, by=staff)
    enrollment = run.enrollments.get()

    attendance.mark(run.sessions.get(), enrollment, ABSENT, by=staff, reason="She was on another course")

    certificate = Certificate.objects.get()
    assert certificate.needs_review
    assert certificate.status != Certificate.Status.REVOKED


def test_a_correction_upwards_issues_once_and_dated_today():
    """Case 4: issued once, today; the days of the course are as they were."""
    run = finished_run({"Alžběta": ABSENT})
    staff = users.staff()
    completion.close_run(run, by=staff)
    enrollment = run.enrollments.get()

    attendance.mark(run.sessions.get(), enrollment, PRESENT, by=staff, reason="The sheet was misread")
    attendance.mark(run.sessions.get(), enrollment, PRESENT, minutes=119, by=staff, reason="To the minute")

    certificate = Certificate.objects.get()
    assert certificate.issued_on == timezone.localdate()
    assert certificate.snapshot["dates"]["starts_on"] == timezone.localdate(run.sessions.get().starts_at).isoformat()


def test_the_last_course_of_a_path_issues_its_certificate_too():
    curriculum = make.curriculum(courses=2)
    learner, staff = users.user("Alžběta"), users.staff()
    for step in curriculum.steps.all():
        run = make.run(of=step.course, starts_in=timedelta(days=-2))
        enrollment = make.enrollment(of=run, learner=learner)
        make.attendance(of=enrollment, session=run.sessions.get())
        completion.close_run(run, by=staff)

    assert sorted(Certificate.objects.values_list("kind", flat=True)) == ["attendance", "attendance", "curriculum"]


def test_a_correction_undoes_the_path_and_flags_its_certificate_without_changing_it():
    curriculum = make.curriculum(courses=1)
    course = curriculum.steps.get().course
    learner, staff = users.user("Alžběta"), users.staff()
    run = make.run(of=course, starts_in=timedelta(days=-2))
    row = make.enrollment(of=run, learner=learner)
    make.attendance(of=row, session=run.sessions.get())
    completion.close_run(run, by=staff)
    before = Certificate.objects.get(kind="curriculum")

    attendance.mark(run.sessions.get(), row, ABSENT, by=staff, reason="A namesake")

    after = Certificate.objects.get(kind="curriculum")
    assert (before.needs_review, after.needs_review) == (False, True)
    assert (after.status, after.snapshot, after.snapshot_sha256) == (
        before.status,
        before.snapshot,
        before.snapshot_sha256,
    )
    with pytest.raises(issue.NotEarned):
        issue.reissue(after, by=staff, reason="The name")

    attendance.mark(run.sessions.get(), row, PRESENT, by=staff, reason="It was her after all")

    assert not Certificate.objects.get(kind="curriculum").needs_review
