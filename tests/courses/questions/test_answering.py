"""Drafts, applications with answers, edits: what is written and what stays."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone, translation

from courses import enrollment as rules
from courses.errors import EnrollmentClosed, NotPossible
from courses.models import Answer, AnswerChange, AnswerFile, CourseRun, Enrollment, EnrollmentEvent
from courses.questions import answering, files
from courses.questions.answering import Given
from courses.questions.asking import asked
from courses.questions.errors import AlreadySent, AnswerMissing, EditingIsOver, FileIsGone
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def call(**extra):
    extra.setdefault("closes_at", timezone.now() + timedelta(days=3))
    return make.run(entry=CourseRun.Entry.APPROVAL, **extra)


def texts(enrollment):
    return [(answer.label, answer.text) for answer in Answer.objects.filter(enrollment=enrollment).with_questions()]


def test_draft_is_saved_incomplete_and_takes_no_seat():
    run, learner = call(capacity=1), users.user()
    first, second = ask.question(on=run, is_required=True), ask.question(label="Why?", on=run, is_required=True)

    draft = answering.save_draft(learner, run, [Given(first, "Booking"), Given(second, None)])
    again = answering.save_draft(learner, run, [Given(first, "Booking and more"), Given(second, None)])

    assert (again.pk, again.status) == (draft.pk, S.DRAFT)
    assert texts(draft) == [("What do you do?", "Booking and more")]
    assert CourseRun.objects.with_seats().get(pk=run.pk).seats_taken == 0
    assert CourseRun.objects.with_seats().get(pk=run.pk).people_waiting == 0


def test_draft_keeps_no_history_of_what_was_typed_on_the_way():
    run, learner = call(), users.user()
    question = ask.question(on=run)
    for text in ["a", "ab", ""]:
        draft = answering.save_draft(learner, run, [Given(question, text)])
    assert texts(draft) == []
    assert not AnswerChange.objects.exists()


def test_draft_is_refused_where_nobody_applies_after_sending_and_after_the_deadline():
    run, learner = call(), users.user()
    with pytest.raises(NotPossible):
        answering.save_draft(learner, make.run(), [])
    answering.submit(learner, run, [])
    with pytest.raises(AlreadySent):
        answering.save_draft(learner, run, [])
    with pytest.raises(EnrollmentClosed):
        answering.save_draft(users.user(), call(closes_at=timezone.now() - timedelta(seconds=1)), [])


def test_submit_turns_the_draft_into_the_application_with_its_answers():
    run, learner = call(), users.user()
    question = ask.question(on=run, is_required=True)
    draft = answering.save_draft(learner, run, [Given(question, "half")])

    sent, is_new = answering.submit(learner, run, [Given(question, "whole")])

    assert (sent.pk, sent.status, is_new) == (draft.pk, S.APPLIED, True)
    assert texts(sent) == [("What do you do?", "whole")]


def test_submit_twice_changes_nothing():
    run, learner = call(), users.user()
    question = ask.question(on=run)
    first, _new = answering.submit(learner, run, [Given(question, "first")])
    second, is_new = answering.submit(learner, run, [Given(question, "second")])
    assert (second.pk, is_new) == (first.pk, False)
    assert texts(first) == [("What do you do?", "first")]
    assert EnrollmentEvent.objects.filter(enrollment=first, to_status=S.APPLIED).count() == 1


@pytest.mark.parametrize("empty", [None, "", [], False])
def test_submit_refuses_a_required_question_without_an_answer_and_enrolls_nobody(empty):
    run = call()
    question = ask.question(on=run, is_required=True)
    with pytest.raises(AnswerMissing, match="What do you do"):
        answering.submit(users.user(), run, [Given(question, empty)])
    assert not run.enrollments.exists()


def test_submit_that_is_refused_writes_no_answer():
    run = call(closes_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(EnrollmentClosed):
        answering.submit(users.user(), run, [Given(ask.question(on=run), "late")])
    assert not Answer.objects.exists()


def test_answers_keep_the_wording_and_language_they_answered():
    run = call()
    role = ask.question("multiple_choice", "Role", on=run, choices=["agent", "manager"])
    (asked_now,) = asked(run)
    with translation.override("cs"):
        sent, _new = answering.submit(
            users.user(), run, [Given(asked_now, [str(choice.pk) for choice in role.choices.all()])]
        )
    role.label_cs = role.label_en = "Something else entirely"
    role.save()
    role.choices.all().delete()
    role.version = 2
    role.save()

    answer = Answer.objects.get(enrollment=sent)
    assert (answer.label, answer.language, answer.version) == ("Role (cs)", "cs", 1)
    assert answer.text == "agent (cs), manager (cs)"


def test_edit_keeps_the_wording_of_answers_that_did_not_change():
    run, learner = call(), users.user()
    first, second = ask.question(on=run), ask.question(label="Why?", on=run)
    sent, _new = answering.submit(learner, run, [Given(first, "a"), Given(second, "b")])
    first.label_en = "Reworded"
    first.save()
    answering.edit(sent, [Given(first, "a"), Given(second, "c")])
    assert texts(sent) == [("What do you do?", "a"), ("Why?", "c")]


def test_edit_keeps_the_old_answers_as_history():
    run, learner = call(), users.user()
    first, second = ask.question(on=run), ask.question(label="Why?", on=run)
    sent, _new = answering.submit(learner, run, [Given(first, "a")])
    answering.edit(sent, [Given(first, ""), Given(second, "new")])
    answering.edit(sent, [Given(first, ""), Given(second, "new")])
    assert texts(sent) == [("Why?", "new")]
    assert list(AnswerChange.objects.values_list("label", "old_text")) == [("What do you do?", "a"), ("Why?", "")]


@pytest.mark.parametrize("status", [S.CONFIRMED, S.WAITING, S.OFFERED])
def test_whoever_was_enrolled_by_somebody_else_answers_until_the_start(status):
    now = timezone.now().replace(microsecond=0)
    run = make.run(sessions=0, closes_at=now - timedelta(days=1))
    start = make.session(of=run, starts_at=now + timedelta(days=2)).starts_at
    question = ask.question(on=run)
    place = make.enrollment(of=run, status=status, queue_number=1, offered_until=now + timedelta(days=1))

    answering.edit(place, [Given(question, "vegetarian")], at=start)

    assert texts(place) == [("What do you do?", "vegetarian")]
    with pytest.raises(EditingIsOver):
        answering.edit(place, [Given(question, "late")], at=start + timedelta(seconds=1))


def test_answers_are_not_asked_for_where_the_run_asks_nothing_or_the_place_has_ended():
    asking_run, silent = make.run(), make.run()
    ask.question(on=asking_run)
    assert answering.can_edit(make.enrollment(of=asking_run))
    assert not answering.can_edit(make.enrollment(of=silent))
    assert not answering.can_edit(make.enrollment(of=asking_run, status=S.CANCELLED, ended_at=timezone.now()))


def test_edit_is_possible_until_the_deadline_to_the_second_and_while_undecided():
    now = timezone.now().replace(microsecond=0)
    run, office = call(closes_at=now + timedelta(days=1)), users.staff()
    question = ask.question(on=run)
    sent, _new = answering.submit(users.user(), run, [Given(question, "a")])
    answering.edit(sent, [Given(question, "b")], at=run.closes_at + timedelta(microseconds=9))
    with pytest.raises(EditingIsOver):
        answering.edit(sent, [Given(question, "c")], at=run.closes_at + timedelta(seconds=1))
    rules.decline(sent, by=office, reason="No.")
    with pytest.raises(EditingIsOver):
        answering.edit(sent, [Given(question, "d")])
    assert texts(sent) == [("What do you do?", "b")]


def test_draft_whose_deadline_has_passed_is_overdue():
    run = call(closes_at=timezone.now() + timedelta(hours=1))
    draft = answering.save_draft(users.user(), run, [])
    assert not answering.is_overdue(draft, at=run.closes_at)
    assert answering.is_overdue(draft, at=run.closes_at + timedelta(seconds=1))


def test_replaced_file_of_a_draft_is_deleted_and_that_of_an_edit_is_kept(django_capture_on_commit_callbacks):
    run, learner = call(), users.user()
    question = ask.question("file", on=run)
    one, two, three = (files.keep(ask.upload(f"{number}.pdf")) for number in range(3))
    with django_capture_on_commit_callbacks(execute=True):
        answering.save_draft(learner, run, [Given(question, one.name, one)])
        answering.save_draft(learner, run, [Given(question, two.name, two)])
        sent, _new = answering.submit(learner, run, [Given(question, two.name, two)])
        answering.edit(sent, [Given(question, three.name, three)])
    assert set(AnswerFile.objects.values_list("name", flat=True)) == {"1.pdf", "2.pdf"}
    assert not default_storage.exists(one.file.name)
    assert default_storage.exists(two.file.name)
    assert AnswerChange.objects.get().file == two


def test_file_that_was_swept_meanwhile_is_asked_for_again():
    run = call()
    question = ask.question("file", on=run)
    kept = files.keep(ask.upload(), at=timezone.now() - timedelta(hours=25))
    files.drop_forgotten()
    with pytest.raises(FileIsGone):
        answering.submit(users.user(), run, [Given(question, kept.name, kept)])
    assert not run.enrollments.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_saving_costs_the_same_with_1_and_30_questions(count, django_assert_num_queries):
    run, learner = call(), users.user()
    for number in range(count):
        ask.question(label=f"Question {number}", on=run)
    with django_assert_num_queries(3):
        questions = asked(run)
    answering.save_draft(learner, run, [Given(one, "a") for one in questions])
    with django_assert_num_queries(9):
        answering.save_draft(learner, run, [Given(one, "b") for one in questions])


def test_the_receipt_says_what_was_answered_but_nothing_sensitive(mailoutbox, django_capture_on_commit_callbacks):
    run, learner = call(), users.user(language="en")
    why, diet = ask.question(label="Why?", on=run), ask.sensitive("Diet", on=run)
    with django_capture_on_commit_callbacks(execute=True):
        answering.submit(learner, run, [Given(why, "Because <b>."), Given(diet, "no gluten")])
    (receipt,) = mailoutbox
    assert receipt.subject.startswith("Application received")
    assert "Why?\nBecause <b>." in receipt.body
    assert "Because &lt;b&gt;." in receipt.alternatives[0][0]
    assert "gluten" not in receipt.body + receipt.alternatives[0][0]


def test_withdrawing_a_draft_tells_nobody_and_withdrawing_an_application_does(
    mailoutbox, django_capture_on_commit_callbacks
):
    run = call()
    with django_capture_on_commit_callbacks(execute=True):
        draft = answering.save_draft(users.user(), run, [])
        rules.cancel(draft)
    assert mailoutbox == []
    with django_capture_on_commit_callbacks(execute=True):
        sent, _new = answering.submit(users.user(), run, [])
        rules.cancel(sent)
    assert [mail.to for mail in mailoutbox] == [[sent.learner.email]]
