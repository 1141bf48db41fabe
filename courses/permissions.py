"""Who may do what with courses. The one place that decides; views ask, rules do not."""

from .models import CourseRun, Enrollment


def is_trainer(user):
    """Whether the user's public profile teaches any run."""
    return user.is_authenticated and CourseRun.objects.filter(trainers__user=user).exists()


def teaches(user, run):
    """Whether the user's public profile teaches this run."""
    return user.is_authenticated and CourseRun.objects.filter(pk=run.pk, trainers__user=user).exists()


def can_manage_runs(user):
    """The office: publish, move, cancel, close runs."""
    return user.is_active and user.has_perm("courses.change_courserun")


def can_manage_enrollments(user):
    """The office: enroll, approve, decline, withdraw others."""
    return user.is_active and user.has_perm("courses.change_enrollment")


def can_see_roster(user, run):
    """Names and attendance of a run: its trainers and the office."""
    return user.is_active and (can_manage_runs(user) or can_manage_enrollments(user) or teaches(user, run))


def can_mark_attendance(user, session):
    """Record attendance of a session: the run's trainers and the office."""
    return user.is_active and (user.has_perm("courses.change_attendance") or teaches(user, session.run))


def can_admit_walk_in(user, session):
    """Give a place in the room: whoever may record attendance there."""
    return can_mark_attendance(user, session)


def can_see_enrollment(user, enrollment):
    """One enrollment: the person themselves, the run's trainers, the office."""
    return user.is_authenticated and (enrollment.learner_id == user.pk or can_see_roster(user, enrollment.run))


def visible_enrollments(user):
    """Enrollments (QuerySet) whose page the user may open; a foreign id is not in it, so it gives 404."""
    if can_manage_enrollments(user):
        return Enrollment.objects.all()
    return Enrollment.objects.filter(learner=user) if user.is_authenticated else Enrollment.objects.none()
