"""What `manage.py audit` checks about questions and answers."""

from django.db.models import F, Q
from django.utils import timezone

from academy import registry
from courses.models import Enrollment

from .models import Answer, Question
from .upkeep import overdue_answers


@registry.add(registry.audit_checks, "answers")
def check_answers():
    """Sensitive answers are gone in time and have readers; an answer that is a file has it; drafts have no seat."""
    for answer in overdue_answers(timezone.now()):
        yield f"Answer {answer.pk} is sensitive and should have been deleted."
    for question in Question.objects.filter(is_sensitive=True, seen_by=None):
        yield f"Question {question.pk} is sensitive and names no role that reads it."
    for answer in Answer.objects.filter(question__kind=Question.Kind.FILE).filter(
        Q(file=None) | Q(file__dropped_at__isnull=False)
    ):
        yield f"Answer {answer.pk} is a file that is not kept."
    for answer in Answer.objects.filter(version__gt=F("question__version")):
        yield f"Answer {answer.pk} answers a version of its question that does not exist."
    for draft in Enrollment.objects.filter(status=Enrollment.Status.DRAFT).exclude(
        queue_number=None, confirmed_at=None
    ):
        yield f"Enrollment {draft.pk} is a draft with a place or a queue number."
