"""The smallest group: a run takes place once enough people have come, and the office decides by a date it has named."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from academy import times
from courses import notifications
from courses.errors import NotPossible, RunCancelled, RunIsOver
from courses.models.delivery import CourseRun
from courses.models.participation import Enrollment
from courses.seats import lock_run, tally

S = Enrollment.Status


def confirm_run(run, *, by, at=None):
    """Decide that the run takes place, however many have come; everybody concerned is told once. Return the run.

    Twice is safe. Raises NotPossible for a draft, RunCancelled, RunIsOver.
    """
    with transaction.atomic():
        run, at = lock_run(run), at or timezone.now()
        if run.status == CourseRun.Status.CANCELLED:
            raise RunCancelled
        if run.status == CourseRun.Status.DRAFT:
            raise NotPossible(gettext_lazy("Publish the run first."))
        if run.status == CourseRun.Status.CLOSED or tally(run, at).is_over:
            raise RunIsOver
        if run.goes_ahead_at:
            return run
        run.goes_ahead_at = at
        run.save(update_fields=["goes_ahead_at"])
        rows = Enrollment.objects.filter(run=run, status__in=(S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED))
        for enrollment in rows.select_related("learner").order_by("pk"):
            enrollment.run = run
            notifications.tell_run_goes_ahead(enrollment)
        return run


def is_open_question(run):
    """Whether it is still to be decided if the run takes place."""
    return bool(run.minimum) and run.goes_ahead_at is None and run.status == CourseRun.Status.PUBLISHED


def will_it_run(run):
    """What people may expect (list of str): that it takes place, or from how many people and when that is decided."""
    if run.status != CourseRun.Status.PUBLISHED:
        return []
    if run.goes_ahead_at:
        return [_("It is certain that the run takes place.")]
    if not run.minimum or run.decide_at is None:
        return []
    facts = {"count": run.minimum, "moment": times.moment(run.decide_at, run.time_zone)}
    return [
        ngettext(
            "The run takes place once %(count)s person is enrolled; it is decided by %(moment)s.",
            "The run takes place once %(count)s people are enrolled; it is decided by %(moment)s.",
            run.minimum,
        )
        % facts
    ]
