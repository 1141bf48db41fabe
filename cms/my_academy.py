"""My academy: everything that is a person's own, from every app, with the next step as a button."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certificates.models import Certificate
from courses import permissions, standing
from courses.entry.quotas import look_up_obstacles
from courses.models import Curriculum, Enrollment
from courses.payments.words import PaymentWords, of_payment
from courses.selection.permissions import is_juror
from mentoring.models import Booking, Mentor

from .models import CourseIndexPage, CurriculumPage, MentorIndexPage

Status = Enrollment.Status


@dataclass(frozen=True)
class Row:
    """One enrollment as a line of the page."""

    enrollment: Enrollment
    standing: standing.Standing
    next_session: object = None
    payment: PaymentWords | None = None


@dataclass(frozen=True)
class Path:
    """A learning path and how far the person is on it."""

    curriculum: Curriculum
    steps: list
    is_completed: bool
    page: CurriculumPage | None

    @property
    def done(self):
        return sum(1 for step in self.steps if step["state"] == "done")


@never_cache
@login_required
@require_safe
def my_academy(request):
    """Compose the page; the number of queries does not depend on how much a person has."""
    learner, now = request.user, timezone.now()
    enrollments = list(learner.enrollments.for_pages().order_by("-created_at", "-pk"))
    look_up_obstacles(enrollments, now)
    rows = [_row(enrollment, now) for enrollment in enrollments]
    current = [row for row in rows if not row.standing.is_over]
    bookings = list(learner.bookings.select_related("slot__mentor__profile").exclude(status=Booking.Status.EXPIRED))
    ahead = [booking for booking in bookings if _is_ahead(booking, now)]
    places = sorted(_of(current, Status.CONFIRMED), key=lambda row: _soonest(row, now))
    context = {
        "offers": _of(current, Status.OFFERED),
        "places": places,
        "waiting": _of(current, Status.WAITING),
        "applications": _of(current, Status.APPLIED, Status.DRAFT),
        "bookings": ahead,
        "certificates": list(Certificate.objects.for_holder(learner)),
        "paths": _paths(learner, rows, request.LANGUAGE_CODE),
        "past": [row for row in rows if row.standing.is_over],
        "past_bookings": [booking for booking in reversed(bookings) if booking not in ahead],
        "catalogue": None if places else _page_of(CourseIndexPage, request.LANGUAGE_CODE),
        "mentors": None if ahead else _page_of(MentorIndexPage, request.LANGUAGE_CODE),
        "memberships": list(learner.memberships.select_related("organisation").order_by("organisation__name")),
        "is_trainer": permissions.is_trainer(learner),
        "is_juror": is_juror(learner),
        "mentor": Mentor.objects.filter(profile__user=learner).select_related("profile").first(),
    }
    return render(request, "cms/my_academy.html", context)


def _page_of(page_type, language):
    """The live page of this type in the language, or None."""
    return page_type.objects.live().filter(locale__language_code=language).first()


def _row(enrollment, now):
    return Row(
        enrollment=enrollment,
        standing=standing.of_enrollment(enrollment, at=now),
        next_session=standing.next_session(enrollment.run, now),
        payment=_payment(enrollment, now),
    )


def _payment(enrollment, now):
    payment = getattr(enrollment, "payment", None)
    return payment and of_payment(payment, enrollment, at=now, with_transfer=False)


def _of(rows, *statuses):
    return [row for row in rows if row.enrollment.status in statuses]


def _soonest(row, now):
    """Sort key: what is on next comes first, what has no date or is over last."""
    return (row.next_session is None, row.next_session.starts_at if row.next_session else now)


def _is_ahead(booking, now):
    """Whether a booking still takes the person's time: live, its hold not expired, not over."""
    if booking.status == Booking.Status.HELD:
        return booking.held_until >= now and booking.ends_at >= now
    return booking.status == Booking.Status.BOOKED and booking.ends_at >= now


def _paths(learner, rows, language):
    """Learning paths on which the person has begun: any course taken, with the state of every step."""
    state = {}
    for row in rows:
        course, status = row.enrollment.run.course_id, row.enrollment.status
        if status == Status.COMPLETED:
            state[course] = "done"
        elif status == Status.CONFIRMED:
            state.setdefault(course, "going_on")
    completed = set(learner.curriculum_completions.values_list("curriculum", flat=True))
    pages = CurriculumPage.objects.live().filter(locale__language_code=language)
    curricula = (
        Curriculum.objects.filter(steps__course__in=state)
        .distinct()
        .prefetch_related(
            "steps__course",
            Prefetch("pages", pages, to_attr="own_pages"),
        )
    )
    return [
        Path(
            curriculum=curriculum,
            steps=[{"step": step, "state": state.get(step.course_id, "ahead")} for step in curriculum.steps.all()],
            is_completed=curriculum.pk in completed,
            page=next(iter(curriculum.own_pages), None),
        )
        for curriculum in curricula
    ]
