"""Writing answers: a draft, an application or enrollment with its answers, an edit before the deadline.

The only writer of answers. Every verb opens its own transaction and locks the run,
as the rules of courses.enrollment do, so that two copies of one form sent at once
make one application.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from academy.checkpoints import reach
from courses import enrollment as rules
from courses.errors import NotPossible
from courses.models import CourseRun
from courses.seats import lock_enrollment, lock_run, settle, to_the_second
from courses.states import S, start

from . import files
from .asking import asks
from .errors import AlreadySent, AnswerMissing, EditingIsOver, FileIsGone
from .models import Answer, AnswerChange, AnswerFile, Question, StatisticsAnswer


@dataclass(frozen=True)
class Given:
    """What somebody answered to one question: `value` as Answer.value has it, None for nothing."""

    question: Question
    value: Any = None
    file: AnswerFile | None = None

    @property
    def is_empty(self):
        return self.value in (None, "", [], False)


def has_application(run):
    """Whether people apply to the run (drafts, sending, editing until the deadline) instead of getting a place."""
    return run.entry in rules.WITH_APPLICATION


def save_draft(learner, run, given, *, language=None, at=None):
    """Keep an application that is not sent yet, with what is filled in so far; return the enrollment (a draft).

    A draft takes no seat and no place in the queue. Raises AlreadySent, NotPossible
    for a run without applications, and what check_open() raises once the run is closed.
    """
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        if not has_application(run):
            raise NotPossible
        now, _promoted = settle(run, at)
        draft = rules.active_place(learner, run)
        if draft and draft.status != S.DRAFT:
            raise AlreadySent
        rules.check_open(run, now=now)
        reach("draft:checked")
        draft = draft or start(run, learner, S.DRAFT, by=learner, at=at)
        draft.run, draft.learner = run, learner
        _write(draft, given, language=language, at=at)
        return draft


def submit(learner, run, given, *, statistics=None, language=None, at=None, **how):
    """Enroll or apply with these answers; return (enrollment, whether this call made or sent it).

    A second copy of the form changes nothing. `statistics` is {StatisticsQuestion:
    StatisticsChoice or None}; `how` goes to courses.enrollment.enroll(). Raises
    AnswerMissing for a required question without an answer, and what enroll() raises.
    """
    for one in given:
        if one.question.is_required and one.is_empty:
            raise AnswerMissing(one.question.label)
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        before = rules.active_place(learner, run)
        reach("submit:read")
        enrollment = rules.enroll(learner, run, at=at, **how)
        if before and before.pk == enrollment.pk and before.status != S.DRAFT:
            return enrollment, False
        _write(enrollment, given, language=language, at=at)
        _record_newly_said(learner, statistics or {})
        return enrollment, True


def edit(enrollment, given, *, language=None, at=None):
    """Change the answers of an application that was sent; the old ones stay as history. Twice is safe.

    Raises EditingIsOver after the deadline (`closes_at`, inclusive to the second; by
    default the start) and once the application was decided, AnswerMissing as submit().
    """
    for one in given:
        if one.question.is_required and one.is_empty:
            raise AnswerMissing(one.question.label)
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        if not can_edit(enrollment, at=at):
            raise EditingIsOver
        _write(enrollment, given, language=language, at=at, keep_history=True)
        return enrollment


def can_edit(enrollment, *, at=None):
    """Whether the answers may be given or changed at `at`, until editable_until().

    Those of an application until it is decided; those of a place, an offer or a number
    in the queue of any other run too, so that whoever was enrolled by the office or
    their organisation, or came from another run, can answer what the run asks.
    """
    run = enrollment.run
    allowed = [S.APPLIED] if has_application(run) else [S.WAITING, S.OFFERED, S.CONFIRMED]
    if enrollment.status not in allowed or run.status != CourseRun.Status.PUBLISHED or not asks(run):
        return False
    until = editable_until(run)
    return until is None or to_the_second(at or timezone.now()) <= until


def editable_until(run):
    """Until when (datetime, inclusive to the second, or None) answers that were given are changed.

    Applications close with the call; of other runs the answers help to prepare, so until the start.
    """
    return deadline(run) if has_application(run) else first_start(run)


def is_overdue(enrollment, *, at=None):
    """Whether the enrollment is a draft whose deadline has passed, so that it was never sent."""
    until = deadline(enrollment.run)
    return enrollment.status == S.DRAFT and until is not None and to_the_second(at or timezone.now()) > until


def deadline(run):
    """Until when (datetime, inclusive to the second, or None) an application is sent and edited."""
    return run.closes_at or first_start(run)


def first_start(run):
    """When the first planned session begins (datetime), or None."""
    planned = [session.starts_at for session in run.sessions.all() if session.status == session.Status.PLANNED]
    return min(planned, default=None)


def record_statistics(person, statistics):
    """Remember with the person what they said, or passed over; {StatisticsQuestion: StatisticsChoice or None}."""
    if not statistics:
        return
    StatisticsAnswer.objects.bulk_create(
        [StatisticsAnswer(person=person, question=question, choice=choice) for question, choice in statistics.items()],
        update_conflicts=True,
        unique_fields=["person", "question"],
        update_fields=["choice"],
    )


def _record_newly_said(person, statistics):
    """The same from a form that was sent for something else: passing over takes back nothing that was said before.

    The form may be older than what the person said meanwhile; their own page takes it back.
    """
    record_statistics(person, {question: choice for question, choice in statistics.items() if choice})
    passed_over = [
        StatisticsAnswer(person=person, question=question) for question in statistics if not statistics[question]
    ]
    if passed_over:
        StatisticsAnswer.objects.bulk_create(passed_over, ignore_conflicts=True)


def _write(enrollment, given, *, language, at, keep_history=False):
    """Bring the enrollment's answers to what is given: a constant number of queries.

    What did not change keeps the wording it was answered in. Questions that are not
    in `given` are left as they are.
    """
    if not given:
        return
    language = language or translation.get_language()
    existing = {answer.question_id: answer for answer in Answer.objects.filter(enrollment=enrollment)}
    _lock_files(given, existing)
    new, changed, gone, changes, unused = [], [], [], [], []
    for order, one in enumerate(given):
        old = existing.get(one.question.pk)
        if old is None and one.is_empty:
            continue
        if old and not one.is_empty and (old.value, old.file_id) == (one.value, one.file and one.file.pk):
            continue
        if keep_history:
            changes.append(_change(enrollment, one.question, old, language, at))
        elif old and old.file_id:
            unused.append(old.file_id)
        if one.is_empty:
            gone.append(old.pk)
            continue
        answer = old or Answer(enrollment=enrollment, question=one.question)
        _fill(answer, one, language, at, order)
        (changed if old else new).append(answer)
    AnswerChange.objects.bulk_create(changes)
    Answer.objects.bulk_create(new)
    Answer.objects.bulk_update(
        changed, ["label", "language", "version", "value", "choices", "file", "sort_order", "answered_at"]
    )
    if gone:
        Answer.objects.filter(pk__in=gone).delete()
    if unused:
        files.drop(AnswerFile.objects.filter(pk__in=unused), at=at)


def _fill(answer, given, language, at, order):
    question = given.question
    with translation.override(language):
        answer.label = question.label
        labels = {str(choice.pk): choice.label for choice in question.choices.all()} if question.has_choices else {}
    answer.language, answer.version = language, question.version
    answer.value, answer.file = given.value, given.file
    picked = given.value if isinstance(given.value, list) else [given.value]
    answer.choices = [labels[pk] for pk in picked if pk in labels] if labels else []
    answer.sort_order, answer.answered_at = order, at


def _change(enrollment, question, old, language, at):
    if old is None:
        with translation.override(language):
            return AnswerChange(
                enrollment=enrollment, question=question, label=question.label, language=language, at=at
            )
    return AnswerChange(
        enrollment=enrollment,
        question=question,
        label=old.label,
        language=old.language,
        old_text=old.text,
        file_id=old.file_id,
        at=at,
    )


def _lock_files(given, existing):
    """Files that an answer gets now must still be there: nothing may sweep them meanwhile."""
    wanted = {one.file.pk for one in given if one.file} - {answer.file_id for answer in existing.values()}
    if wanted:
        kept = AnswerFile.objects.select_for_update().filter(pk__in=wanted, dropped_at=None)
        if len(kept) != len(wanted):
            raise FileIsGone
        reach("files:locked")
