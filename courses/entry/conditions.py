"""What a run asks of whoever enrolls themselves: courses completed first, and the part of the trade it is meant for."""

from django.utils.translation import gettext_lazy as _

from courses.models.catalogue import Course, Segment
from courses.models.participation import Enrollment

from .errors import NotMeantForYou, PrerequisiteMissing


def missing_prerequisites(learner, run):
    """Courses (list) to complete first that the person has not; 1 query, none where nothing is asked."""
    if not run.has_prerequisites:
        return []
    completed = Enrollment.objects.filter(learner=learner, status=Enrollment.Status.COMPLETED).values("run__course")
    return list(Course.objects.filter(required_by=run.course_id).exclude(pk__in=completed).order_by("code"))


def prerequisites_of(run):
    """Courses (list) that have to be completed first."""
    return list(Course.objects.filter(required_by=run.course_id).order_by("code")) if run.has_prerequisites else []


def audience_of(run):
    """Segments (list) that the run is meant for; empty means everybody."""
    return list(Segment.objects.filter(runs_meant_for=run)) if run.has_audience else []


def check_prerequisites(learner, run):
    """Raise PrerequisiteMissing, which names the courses."""
    missing = missing_prerequisites(learner, run)
    if missing:
        raise PrerequisiteMissing(missing)


def check_audience(run, segment):
    """Raise NotMeantForYou unless the person's segment (Segment, or None for another) is one of the run's."""
    audience = audience_of(run)
    if audience and segment not in audience:
        raise NotMeantForYou(
            _("This run is meant for people from: %(segments)s.")
            % {"segments": ", ".join(str(one) for one in audience)}
        )
