"""One draft sent twice at once, and uploads that are swept while an answer takes them."""

import time
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from academy.mail.models import Message
from academy.users.models import User
from courses.models import Answer, AnswerFile, CourseRun, Enrollment, EnrollmentEvent, Question
from courses.questions import answering, files
from courses.questions.answering import Given
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
S = Enrollment.Status


def _submit(run, learner, question, text):
    given = [Given(Question.objects.get(pk=question), text)]
    enrollment, is_new = answering.submit(User.objects.get(pk=learner), CourseRun.objects.get(pk=run), given)
    return enrollment.pk, is_new


def _send_twice(**how):
    run, learner = make.run(entry=CourseRun.Entry.APPROVAL), users.user()
    question = ask.question(on=run)
    answering.save_draft(learner, run, [Given(question, "draft")])
    calls = [partial(_submit, run.pk, learner.pk, question.pk, text) for text in ("one", "two")]
    return run, race(calls, gate="enroll:checked", **how)


def test_a_draft_sent_twice_at_once_is_one_application():
    run, outcomes = _send_twice()

    assert failures(outcomes) == []
    assert sorted(is_new for _pk, is_new in values(outcomes)) == [False, True]
    assert run.enrollments.get().status == S.APPLIED
    assert EnrollmentEvent.objects.filter(to_status=S.APPLIED).count() == 1
    assert Answer.objects.get().value in {"one", "two"}
    assert Message.objects.filter(kind="application_received").count() == 1


def test_without_the_lock_a_draft_is_sent_twice():
    _run, outcomes = _send_twice(locks=False)

    assert EnrollmentEvent.objects.filter(to_status=S.APPLIED).count() == 2
    assert [is_new for _pk, is_new in values(outcomes)].count(True) == len(values(outcomes))


def _draft(run, learner, question, text):
    given = [Given(Question.objects.get(pk=question), text)]
    return answering.save_draft(User.objects.get(pk=learner), CourseRun.objects.get(pk=run), given).pk


def _save_at_once(**how):
    run, learner = make.run(entry=CourseRun.Entry.APPROVAL), users.user()
    question = ask.question(on=run)
    calls = [partial(_draft, run.pk, learner.pk, question.pk, text) for text in ("one", "two")]
    return run, race(calls, gate="draft:checked", **how)


def test_two_first_saves_at_once_make_one_draft():
    run, outcomes = _save_at_once()

    assert failures(outcomes) == []
    assert run.enrollments.get().status == S.DRAFT
    assert Answer.objects.get().value in {"one", "two"}


def test_without_lock_and_constraint_two_saves_make_two_drafts():
    with without_constraint(Enrollment, "enrollment_active_once"):
        run, _outcomes = _save_at_once(locks=False)
        assert run.enrollments.count() == 2


def _take(run, learner, question, kept):
    kept = AnswerFile.objects.get(pk=kept)
    answering.submit(
        User.objects.get(pk=learner),
        CourseRun.objects.get(pk=run),
        [Given(Question.objects.get(pk=question), "x", kept)],
    )


def _sweep():
    files.drop_forgotten()


def test_a_file_is_taken_or_swept_never_both():
    run, learner = make.run(), users.user()
    question = ask.question("file", on=run)
    kept = files.keep(ask.upload(), at=timezone.now() - timedelta(hours=25))

    outcomes = race(
        [partial(_take, run.pk, learner.pk, question.pk, kept.pk), _sweep], settings={"CELERY_TASK_ALWAYS_EAGER": True}
    )

    taken = Answer.objects.filter(file=kept).exists()
    left = AnswerFile.objects.filter(pk=kept.pk, dropped_at=None).exists()
    assert taken == left
    assert [error.partition(":")[0] for error in failures(outcomes)] == ([] if taken else ["FileIsGone"])


def _sweep_a_moment_later():
    time.sleep(0.3)
    files.drop_forgotten()


def test_a_file_that_is_taken_while_the_sweep_waits_for_it_stays():
    run, learner = make.run(), users.user()
    question = ask.question("file", on=run)
    kept = files.keep(ask.upload(), at=timezone.now() - timedelta(hours=25))

    outcomes = race(
        [partial(_take, run.pk, learner.pk, question.pk, kept.pk), _sweep_a_moment_later],
        gate="files:locked",
        settings={"CELERY_TASK_ALWAYS_EAGER": True},
    )

    assert failures(outcomes) == []
    assert Answer.objects.filter(file=kept, file__dropped_at=None).exists()
