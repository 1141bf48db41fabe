"""What of the courses the office should look at today."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import registry

from .models import CourseRun, Enrollment


@registry.add(registry.attention_items, "courses")
def attention(now):
    """Lines (sentence, url): runs to close, applications to decide, runs that start soon with too few people."""
    runs = CourseRun.objects.published().with_dates().select_related("course")
    for run in runs.filter(last_ends_at__lt=now).order_by("last_ends_at"):
        yield _("The run %(code)s (%(course)s) is over: close it.") % _names(run), _page(run)
    waiting = Count("enrollments", filter=Q(enrollments__status=Enrollment.Status.APPLIED))
    deciding = CourseRun.objects.published().select_related("course").annotate(applied=waiting).filter(applied__gt=0)
    for run in deciding.order_by("code"):
        yield (
            ngettext(
                "%(code)s (%(course)s): %(count)s application to decide.",
                "%(code)s (%(course)s): %(count)s applications to decide.",
                run.applied,
            )
            % {**_names(run), "count": run.applied},
            _page(run),
        )
    yield from _to_decide(now)
    yield from _to_choose(now)


def _to_decide(now):
    """Runs whose date to decide has come while it is not known whether they take place."""
    runs = CourseRun.objects.published().filter(decide_at__lte=now, goes_ahead_at=None, minimum__gt=0)
    for run in runs.with_seats(now).with_dates().select_related("course").order_by("decide_at", "code"):
        if run.last_ends_at is None or run.last_ends_at > now:
            yield (
                _("%(code)s (%(course)s): decide whether it takes place, %(taken)s of at least %(minimum)s enrolled.")
                % {**_names(run), "taken": run.seats_taken, "minimum": run.minimum},
                _page(run),
            )


def _to_choose(now):
    """Runs so near their start that nobody moves up by itself, with a free seat and somebody who waits."""
    runs = CourseRun.objects.published().with_seats(now).with_dates().filter(people_waiting__gt=0, freeze_hours__gt=0)
    for run in runs.select_related("course").order_by("first_starts_at", "code"):
        has_seat = run.capacity is None or run.seats_taken < run.capacity
        if has_seat and run.first_starts_at and _freeze(run) <= now < run.first_starts_at:
            yield (
                _("%(code)s (%(course)s) begins soon and has a free seat: choose who of the waiting list gets it.")
                % _names(run),
                _page(run),
            )


def _freeze(run):
    return run.first_starts_at - timedelta(hours=run.freeze_hours)


def _names(run):
    return {"code": run.code, "course": run.course}


def _page(run):
    return reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk])
