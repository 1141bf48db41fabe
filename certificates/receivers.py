"""What certificates do when they hear that an enrollment was completed or that its result changed."""

import logging

from academy.errors import RuleError
from courses.models import Completion, Course, CurriculumCompletion

from . import issue
from .models import Certificate

logger = logging.getLogger(__name__)


def issue_at_completion(sender, enrollment, at, by=None, **kwargs):
    """Issue what the enrollment earned, if its run says so; and the certificate of a path that it completed.

    A refusal (a name that cannot be printed) must not undo the closing of the
    run for everybody: staff see it among what needs attention.
    """
    if enrollment.run.auto_issue:
        if enrollment.run.course.certificate_kind != Course.CertificateKind.NONE:
            _unless_refused(issue.issue, enrollment, by=by, at=at)
        _issue_for_curricula(enrollment, by=by, at=at)


def review_after_change(sender, enrollment, at, by=None, **kwargs):
    """Flag certificates that a correction made untrue, or issue the one that it earned."""
    for certificate in Certificate.objects.live().filter(enrollment=enrollment):
        issue.review(certificate, at=at)
    # A certificate already there is left alone by the rule.
    if Completion.objects.get(enrollment=enrollment).is_met:
        issue_at_completion(sender, enrollment, at, by=by)
    completions = CurriculumCompletion.objects.filter(
        learner=enrollment.learner_id, curriculum__steps__course=enrollment.run.course_id
    )
    for certificate in Certificate.objects.live().filter(curriculum_completion__in=completions):
        issue.review(certificate, at=at)


def _issue_for_curricula(enrollment, *, by, at):
    completions = CurriculumCompletion.objects.standing().filter(
        learner=enrollment.learner_id, curriculum__steps__course=enrollment.run.course_id, certificates__isnull=True
    )
    for completion in completions.distinct():
        _unless_refused(issue.issue_for_curriculum, completion, by=by, at=at)


def _unless_refused(rule, source, *, by, at):
    try:
        rule(source, by=by, at=at)
    except RuleError as refusal:
        logger.warning("No certificate for %s %s: %s", type(source).__name__, source.pk, type(refusal).__name__)
