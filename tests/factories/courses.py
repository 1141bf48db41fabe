import itertools
from datetime import timedelta

from django.utils import timezone

from courses.models import (
    Attendance,
    Course,
    CourseRun,
    Curriculum,
    CurriculumStep,
    Enrollment,
    SeatQuota,
    Segment,
    Venue,
    WorkshopSession,
)

from .cms import course_page
from .users import user

_numbers = itertools.count(1)


def course(title="Booking: trasa, nabídka, dohoda", *, public=True, **extra):
    """A course; `public` gives it a live Czech page."""
    number = next(_numbers)
    extra.setdefault("title_en", "Booking: route, offer, deal")
    made = Course.objects.create(code=f"course-{number}", title_cs=title, hours=extra.pop("hours", 7), **extra)
    if public:
        course_page(made)
    return made


def run(*, of=None, sessions=1, starts_in=timedelta(days=14), capacity=20, trainers=(), **extra):
    """A published run with daily two-hour sessions, the first of which starts after `starts_in`."""
    extra.setdefault("status", CourseRun.Status.PUBLISHED)
    made = CourseRun.objects.create(course=of or course(), code=f"R-{next(_numbers)}", capacity=capacity, **extra)
    if trainers:
        made.trainers.set(trainers)
        made.save()
    for day in range(sessions):
        session(of=made, starts_in=starts_in + timedelta(days=day))
    return made


def session(*, of, starts_in=timedelta(days=14), minutes=120, **extra):
    """A session of a run that starts after `starts_in` from now."""
    starts_at = extra.pop("starts_at", timezone.now() + starts_in)
    extra.setdefault("title_cs", "Trasa")
    return WorkshopSession.objects.create(
        run=of, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), **extra
    )


def venue(name="Zkušebna Sever", **extra):
    """A place in Prague."""
    extra.setdefault("city", "Praha")
    return Venue.objects.create(name_cs=name, **extra)


def curriculum(title="Cesta k prvnímu turné", *, courses=2, **extra):
    """A path of so many required courses."""
    extra.setdefault("title_en", "The road to the first tour")
    made = Curriculum.objects.create(slug=f"path-{next(_numbers)}", title_cs=title, **extra)
    for _step in range(courses):
        CurriculumStep.objects.create(curriculum=made, course=course(public=False))
    return made


def enrollment(*, of, learner=None, status=Enrollment.Status.CONFIRMED, **extra):
    """A row as it stands, written past the rules; for tests of what reads it."""
    return Enrollment.objects.create(run=of, learner=learner or user(), status=status, **extra)


def attendance(*, of, session, status=Attendance.Status.PRESENT, minutes=None, **extra):
    """An attendance row as it stands, written past the rules."""
    away = status in (Attendance.Status.ABSENT, Attendance.Status.EXCUSED)
    full = 0 if away else session.minutes
    return Attendance.objects.create(
        enrollment=of, session=session, status=status, minutes=full if minutes is None else minutes, **extra
    )


def segment(name="Booking", **extra):
    """A part of the trade."""
    number = next(_numbers)
    return Segment.objects.create(slug=f"segment-{number}", name_cs=name, name_en=name, sort_order=number, **extra)


def quota(*, of, kind="at_least", seats=1, **extra):
    """A rule about a part of a run's seats; of beginners unless `level` or `segment` says otherwise."""
    if kind != "per_organisation" and "segment" not in extra:
        extra.setdefault("level", "beginner")
    return SeatQuota.objects.create(run=of, kind=kind, seats=seats, **extra)
