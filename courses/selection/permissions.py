"""Who may do what in a call with a jury. The one place that decides; views ask, rules do not."""

from django.db.models import Q

from courses.models import Enrollment, Juror

APPLIED = Enrollment.Status.APPLIED


def can_run_selections(user):
    """The office: set calls up, invite jurors, check applications, decide, take minutes."""
    return user.is_active and user.has_perm("courses.change_selection")


def jury_seats(user):
    """The calls (QuerySet of Juror) on whose jury the user sits; of any other call they see nothing."""
    if not user.is_authenticated:
        return Juror.objects.none()
    return Juror.objects.active().filter(user=user).select_related("selection__run__course", "user")


def is_juror(user):
    """Whether the user sits on any jury."""
    return jury_seats(user).exists()


def applications_to_judge(juror):
    """Applications (QuerySet of Enrollment) that this juror may see: complete, checked by the office, not their own.

    Those in which the juror has a conflict of interest are left out. After the
    decision it is the applications that were decided about.
    """
    return applications_of_jury(juror.selection).exclude(conflicts__juror=juror).exclude(learner=juror.user_id)


def applications_of_jury(selection):
    """Applications (QuerySet of Enrollment) before the jury of a call, in the order of their arrival."""
    is_before_them = Q(verdict__decided_at__isnull=False) if selection.decided_at else Q(status=APPLIED)
    return (
        Enrollment.objects.filter(is_before_them, run=selection.run_id, formal_check__is_eligible=True)
        .select_related("learner")
        .order_by("pk")
    )
