"""Retiring questions, and deleting answers whose time is over, with a trace of it."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from courses.models import CourseRun, WorkshopSession

from . import files
from .models import Answer, AnswerChange, AnswerDeletion, AnswerFile, Question


def retire(question, *, at=None):
    """Ask the question no more; answers stay. Twice is safe."""
    Question.objects.filter(pk=question.pk, retired_at=None).update(retired_at=at or timezone.now())


def bring_back(question):
    """Ask a retired question again. Twice is safe."""
    Question.objects.filter(pk=question.pk).update(retired_at=None)


def delete_overdue(*, at=None):
    """Delete sensitive answers so many days after the end of their run; return the AnswerDeletions (list) written.

    The end is that of the last session that was not cancelled; a run that was
    cancelled, or has no session left, ended when its last session was to end or
    when it was cancelled or closed. Twice is safe: what is deleted is not there again.
    """
    at = at or timezone.now()
    written = []
    for question, run in _overdue(at):
        with transaction.atomic():
            CourseRun.objects.select_for_update().get(pk=run)
            trace = delete_answers(
                Q(question=question, enrollment__run=run), reason=AnswerDeletion.Reason.RETENTION, at=at
            )
            written += trace
    return written


def delete_answers(condition, *, reason, at):
    """Delete the answers (Q on Answer and on AnswerChange alike) with their history and files; return the traces.

    Called inside a transaction. What was said is nowhere afterwards; how many
    answers to which question of which run were deleted, when and why, is.
    """
    counted = {}
    for question, run in Answer.objects.filter(condition).values_list("question", "enrollment__run"):
        counted[question, run] = counted.get((question, run), 0) + 1
    changes = AnswerChange.objects.filter(condition)
    for question, run in changes.values_list("question", "enrollment__run").distinct():
        counted.setdefault((question, run), 0)
    held = [
        *Answer.objects.filter(condition, file__isnull=False).values_list("file", flat=True),
        *changes.filter(file__isnull=False).values_list("file", flat=True),
    ]
    changes.delete()
    Answer.objects.filter(condition).delete()
    files.drop(AnswerFile.objects.filter(pk__in=held), at=at)
    return AnswerDeletion.objects.bulk_create(
        [
            AnswerDeletion(question_id=question, run_id=run, count=count, reason=reason, at=at)
            for (question, run), count in counted.items()
        ]
    )


def overdue_answers(at):
    """Sensitive answers (QuerySet) that should be gone at `at`; for the audit too."""
    condition = Q(pk__in=[])
    for question, run in _overdue(at):
        condition |= Q(question=question, enrollment__run=run)
    return Answer.objects.filter(condition)


def _overdue(at):
    """Pairs (question id, run id) with sensitive answers whose time is over at `at`."""
    pairs = set()
    for model in (Answer, AnswerChange):
        pairs |= set(
            model.objects.filter(question__is_sensitive=True)
            .order_by()
            .values_list("question", "question__delete_days", "enrollment__run")
            .distinct()
        )
    ends = _ends({run for _question, _days, run in pairs})
    return sorted(
        (question, run) for question, days, run in pairs if ends.get(run) and ends[run] + timedelta(days=days) < at
    )


def _ends(runs):
    """{run id: when it ended or will end (datetime or None)}: two queries."""
    planned = Q(sessions__status=WorkshopSession.Status.PLANNED)
    found = {}
    for run in CourseRun.objects.filter(pk__in=runs).annotate(
        planned_end=Max("sessions__ends_at", filter=planned), any_end=Max("sessions__ends_at")
    ):
        found[run.pk] = run.planned_end or run.cancelled_at or run.closed_at or run.any_end
    return found
