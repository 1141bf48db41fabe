from django.utils import timezone

from certificates.issue import issue
from certificates.models import Certificate
from courses.models import Completion, Course, CourseRun, CurriculumCompletion, Enrollment

from . import courses, users


def completed(*, of=None, learner=None, minutes=120, held=120, is_met=True, **course):
    """An enrollment of a closed run that met its rule, written past the rules."""
    course.setdefault("certificate_kind", Course.CertificateKind.COMPLETION)
    run = of or courses.run(
        of=courses.course(public=False, **course), status=CourseRun.Status.CLOSED, closed_at=timezone.now()
    )
    status = Enrollment.Status.COMPLETED if is_met else Enrollment.Status.NOT_COMPLETED
    enrollment = courses.enrollment(of=run, learner=learner or users.user(), status=status)
    Completion.objects.create(enrollment=enrollment, is_met=is_met, minutes_attended=minutes, minutes_held=held)
    return enrollment


def certificate(*, holder=None, status=Certificate.Status.PENDING, **course):
    """A certificate issued by the rule; outside of on_commit its file is not drawn."""
    made = issue(completed(learner=holder, **course))
    if status != made.status:
        Certificate.objects.filter(pk=made.pk).update(status=status)
        made.refresh_from_db()
    return made


def completed_curriculum(*, courses_taken=2, learner=None):
    """A completed path of so many courses, each completed by the learner."""
    learner = learner or users.user()
    curriculum = courses.curriculum(courses=courses_taken)
    for step in curriculum.steps.all():
        run = courses.run(of=step.course, status=CourseRun.Status.CLOSED, closed_at=timezone.now())
        completed(of=run, learner=learner)
    return CurriculumCompletion.objects.create(curriculum=curriculum, learner=learner)
