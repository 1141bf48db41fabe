"""Sensitive answers go in time and leave a trace; a person's answers go when they ask."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone, translation

from academy.users import personal_data
from courses import periodic
from courses.models import (
    Answer,
    AnswerChange,
    AnswerDeletion,
    AnswerFile,
    CourseRun,
    Enrollment,
    Question,
    StatisticsAnswer,
)
from courses.questions import answering, audit, duties, files, upkeep
from courses.questions.answering import Given
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def application(**extra):
    """An application with a sensitive answer, a former one, a plain one and a file."""
    run = make.run(entry=CourseRun.Entry.APPROVAL, **extra)
    diet, why = ask.sensitive("Diet", on=run), ask.question(label="Why?", on=run)
    scan = ask.sensitive("Scan", kind="file", on=run)
    kept = files.keep(ask.upload())
    learner = users.user()
    given = [Given(diet, "no gluten"), Given(why, "Because."), Given(scan, "scan.pdf", kept)]
    sent, _new = answering.submit(learner, run, given)
    answering.edit(sent, [Given(diet, "no nuts")])
    return sent, kept


def end_of(run):
    return run.sessions.get().ends_at


def test_sensitive_answers_are_deleted_days_after_the_end_with_a_trace(django_capture_on_commit_callbacks):
    sent, kept = application()
    due = end_of(sent.run) + timedelta(days=14)
    assert upkeep.delete_overdue(at=due) == []

    with django_capture_on_commit_callbacks(execute=True):
        written = upkeep.delete_overdue(at=due + timedelta(seconds=1))
    assert upkeep.delete_overdue(at=due + timedelta(seconds=2)) == []

    assert list(Answer.objects.values_list("label", flat=True)) == ["Why?"]
    assert not AnswerChange.objects.exists()
    assert {(row.question.label, row.run, row.count, row.reason) for row in written} == {
        ("Diet", sent.run, 1, "retention"),
        ("Scan", sent.run, 1, "retention"),
    }
    assert AnswerDeletion.objects.count() == 2
    assert not AnswerFile.objects.exists()
    assert not default_storage.exists(kept.file.name)
    columns = [str(value) for row in AnswerDeletion.objects.values() for value in row.values()]
    assert not [value for value in columns if "gluten" in value or "nuts" in value]


def test_sensitive_answers_of_a_cancelled_run_are_deleted_too():
    sent, _kept = application()
    now = timezone.now()
    CourseRun.objects.filter(pk=sent.run_id).update(status="cancelled", cancelled_at=now)
    sent.run.sessions.update(status="cancelled")
    assert upkeep.delete_overdue(at=now + timedelta(days=13)) == []
    assert len(upkeep.delete_overdue(at=now + timedelta(days=15))) == 2


def test_the_job_of_the_clock_deletes(django_capture_on_commit_callbacks):
    sent, _kept = application()
    sent.run.sessions.update(
        starts_at=timezone.now() - timedelta(days=20, hours=2), ends_at=timezone.now() - timedelta(days=20)
    )
    with django_capture_on_commit_callbacks(execute=True):
        periodic.delete_overdue_answers()
    assert AnswerDeletion.objects.count() == 2


def test_forgotten_uploads_go_after_a_day_and_used_ones_stay(django_capture_on_commit_callbacks):
    _sent, used = application()
    AnswerFile.objects.update(created_at=timezone.now() - timedelta(days=2))
    old = files.keep(ask.upload(), at=timezone.now() - timedelta(hours=25))
    young = files.keep(ask.upload(), at=timezone.now() - timedelta(hours=23))
    with django_capture_on_commit_callbacks(execute=True):
        periodic.sweep_answer_files()
    assert set(AnswerFile.objects.all()) == {used, young}
    assert [default_storage.exists(kept.file.name) for kept in (used, young, old)] == [True, True, False]


def test_a_file_whose_deletion_was_interrupted_is_deleted_by_the_sweep():
    kept = files.keep(ask.upload())
    AnswerFile.objects.update(dropped_at=timezone.now())
    default_storage.delete(kept.file.name)
    periodic.sweep_answer_files()
    assert not AnswerFile.objects.exists()


def test_export_has_answers_history_and_statistics():
    sent, kept = application()
    gender = ask.statistics_question()
    answering.record_statistics(sent.learner, {gender: gender.choices.first()})
    facts = duties.export_personal_data(sent.learner)
    assert [(row["question"], row["answer"], row["file"]) for row in facts["answers"]] == [
        ("Diet", "no nuts", None),
        ("Why?", "Because.", None),
        ("Scan", "scan.pdf", str(kept.token)),
    ]
    assert [(row["question"], row["answer"]) for row in facts["former_answers"]] == [("Diet", "no gluten")]
    assert facts["statistics"] == [{"question": "Gender", "answer": "woman"}]


def test_erasure_deletes_everything_of_one_person_only(django_capture_on_commit_callbacks):
    sent, _kept = application()
    other, others = application()
    gender = ask.statistics_question()
    for row in (sent, other):
        answering.record_statistics(row.learner, {gender: None})
    with django_capture_on_commit_callbacks(execute=True):
        assert duties.erase_personal_data(sent.learner) == []
    assert set(Answer.objects.values_list("enrollment", flat=True)) == {other.pk}
    assert set(AnswerChange.objects.values_list("enrollment", flat=True)) == {other.pk}
    assert set(StatisticsAnswer.objects.values_list("person", flat=True)) == {other.learner_id}
    assert set(AnswerFile.objects.all()) == {others}
    assert set(AnswerDeletion.objects.values_list("reason", flat=True)) == {"erasure"}
    assert Enrollment.objects.filter(pk=sent.pk).exists()


def test_audit_finds_what_is_planted():
    sent, kept = application()
    assert list(audit.check_answers()) == []
    diet = Answer.objects.get(label="Diet")
    sent.run.sessions.update(
        starts_at=timezone.now() - timedelta(days=20, hours=2), ends_at=timezone.now() - timedelta(days=20)
    )
    AnswerFile.objects.filter(pk=kept.pk).update(dropped_at=timezone.now())
    Answer.objects.filter(label="Why?").update(version=9)
    Question.objects.get(pk=diet.question_id).seen_by.through.objects.filter(question=diet.question_id).delete()
    scan = Answer.objects.get(label="Scan")
    draft = make.enrollment(of=sent.run, status="draft", queue_number=77)
    assert set(audit.check_answers()) == {
        f"Answer {diet.pk} is sensitive and should have been deleted.",
        f"Answer {scan.pk} is sensitive and should have been deleted.",
        f"Question {diet.question_id} is sensitive and names no role that reads it.",
        f"Answer {scan.pk} is a file that is not kept.",
        f"Answer {Answer.objects.get(label='Why?').pk} answers a version of its question that does not exist.",
        f"Enrollment {draft.pk} is a draft with a place or a queue number.",
    }


def test_copy_has_the_files_that_were_replaced_too(django_capture_on_commit_callbacks):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    question, learner = ask.question("file", "Plan", on=run), users.user()
    first, second = files.keep(ask.upload("first.pdf")), files.keep(ask.upload("second.pdf"))
    sent, _new = answering.submit(learner, run, [Given(question, "first.pdf", first)])
    answering.edit(sent, [Given(question, "second.pdf", second)])

    assert dict(duties.personal_files(learner)).keys() == {f"{first.token}-first.pdf", f"{second.token}-second.pdf"}

    answering.edit(sent, [Given(question, None)])
    assert len(list(duties.plan_erasure(learner, timezone.now()))) == 1


def test_a_file_that_the_storage_has_lost_is_named_in_the_copy_and_the_rest_is_there(caplog):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    plan, deck = (ask.question("file", label, on=run) for label in ("Plan", "Deck"))
    learner = users.user(language="en")
    lost, there = files.keep(ask.upload("plan.pdf")), files.keep(ask.upload("deck.pdf"))
    answering.submit(learner, run, [Given(plan, "plan.pdf", lost), Given(deck, "deck.pdf", there)])
    default_storage.delete(lost.file.name)

    with zipfile.ZipFile(io.BytesIO(personal_data.export(learner))) as copy:
        assert {name for name in copy.namelist() if name.startswith("files/")} == {f"files/{there.token}-deck.pdf"}
        read_me = copy.read("README.txt").decode()

    assert f"the site no longer has them:\n{lost.token}-plan.pdf\n" in read_me
    assert str(lost.token) in caplog.text
