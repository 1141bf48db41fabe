"""Certificates of one run: issued (row, number, message), drawn, and made ready by the worker's steps."""

import time
from datetime import timedelta

from django.utils import timezone

from certificates import pdf
from certificates.issue import issue
from certificates.rendering import render
from courses.models import Completion, Course, CourseRun, Enrollment

from . import data

COUNT = 60


def completed():
    """People (enrollments) of a finished run who met the rule of their course."""
    course = Course.objects.get(code="bench-1")
    course.certificate_kind = Course.CertificateKind.COMPLETION
    course.save()
    run = data.run_of(course, code="DONE-1", capacity=COUNT, day=-10)
    CourseRun.objects.filter(pk=run.pk).update(
        status=CourseRun.Status.CLOSED, closed_at=timezone.now() - timedelta(days=1)
    )
    before = timezone.now() - timedelta(days=20)
    enrollments = Enrollment.objects.bulk_create(
        Enrollment(run=run, learner=learner, status=Enrollment.Status.COMPLETED, confirmed_at=before)
        for learner in data.people(COUNT, "certified")
    )
    Completion.objects.bulk_create(
        Completion(enrollment=enrollment, is_met=True, minutes_attended=480, minutes_held=480)
        for enrollment in enrollments
    )
    return enrollments


def measured():
    """Milliseconds (three lists of float): issuing, drawing, and drawing with storing and telling the holder."""
    issuing, drawing, finishing = [], [], []
    for enrollment in completed():
        started = time.perf_counter()
        certificate = issue(enrollment)
        issuing.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        pdf.render(certificate.snapshot)
        drawing.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        render(certificate.pk)
        finishing.append((time.perf_counter() - started) * 1000)
    return issuing, drawing, finishing
