"""What of the courses the office should look at today."""

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


def _names(run):
    return {"code": run.code, "course": run.course}


def _page(run):
    return reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk])
