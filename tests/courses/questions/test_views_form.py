"""The form with questions as people meet it: nothing typed is ever lost."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from courses.models import Answer, AnswerFile, CourseRun, Enrollment, StatisticsAnswer
from courses.questions import filling
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


def address(name, *args):
    with override("en"):
        return reverse(f"courses:{name}", args=args)


def call(**extra):
    extra.setdefault("closes_at", timezone.now() + timedelta(days=3))
    return make.run(entry=CourseRun.Entry.APPROVAL, **extra)


def q(question):
    return f"q{question.pk}"


def texts(run):
    return sorted(Answer.objects.filter(enrollment__run=run).values_list("label", "value"))


def test_answers_go_with_an_enrollment(client):
    run, learner = make.run(), users.user()
    role = ask.question("single_choice", "Role", on=run, choices=["agent", "manager"])
    when, count = ask.question("date", "When?", on=run), ask.question("number", "How many?", on=run)
    agreed = ask.question("consent", "I agree.", on=run, is_required=True)
    client.force_login(learner)
    picked = role.choices.first()
    response = client.post(
        address("enroll", run.code),
        {"name": learner.name, q(role): picked.pk, q(when): "2031-02-03", q(count): "3.50", q(agreed): "on"},
    )
    own = run.enrollments.get()
    assert response.url == address("enrollment", own.pk)
    assert texts(run) == [("How many?", "3.5"), ("I agree.", True), ("Role", str(picked.pk)), ("When?", "2031-02-03")]
    page = client.get(response.url).content.decode()
    assert "Your answers" in page
    assert "agent" in page


@pytest.mark.parametrize(
    ("kind", "facts", "typed", "sentence"),
    [
        ("short_text", {"is_required": True}, "", "This field is required."),
        ("long_text", {"max_length": 5}, "a\r\nb\r\ncd", "The text has 6 characters, at most 5 fit. Shorten it."),
        ("number", {"minimum": 2, "maximum": 4}, "5", "Ensure this value is less than or equal to 4"),
        ("number", {}, "five", "Enter a number."),
        ("date", {}, "31. 2.", "Enter a valid date."),
        ("url", {}, "not a link", "Enter a valid URL."),
        ("url", {}, "javascript:alert(1)", "Enter a valid URL."),
        ("single_choice", {"choices": ["a", "b"]}, "999999", "Select a valid choice."),
        ("consent", {"is_required": True}, "", "Without this consent the form cannot be sent."),
    ],
)
def test_bad_answers_get_a_sentence_beside_the_field_and_lose_nothing(client, kind, facts, typed, sentence):
    run, learner = make.run(), users.user()
    bad, good = ask.question(kind, on=run, **facts), ask.question("long_text", "Why?", on=run)
    client.force_login(learner)
    response = client.post(address("enroll", run.code), {"name": "Nové Jméno", q(bad): typed, q(good): "Because."})
    page = response.content.decode()
    assert sentence in response.context["form"].errors[q(bad)][0] + sentence * (sentence in page)
    assert f'id="id_{q(bad)}_error"' in page
    assert "There is a problem" in page
    assert "Because." in page
    assert 'value="Nové Jméno"' in page
    assert not run.enrollments.exists()


def test_a_link_without_scheme_is_taken_as_https(client):
    run, learner = make.run(), users.user()
    link = ask.question("url", on=run)
    client.force_login(learner)
    client.post(address("enroll", run.code), {"name": learner.name, q(link): "kapela.example.org"})
    assert Answer.objects.get().value == "https://kapela.example.org"


def test_a_visitor_types_everything_once_files_and_all(client, django_capture_on_commit_callbacks):
    run = make.run()
    why, deck = ask.question(label="Why?", on=run, is_required=True), ask.question("file", "Deck", on=run)
    gender = ask.statistics_question()
    woman = gender.choices.first()
    typed = {"email": "nova@example.org", "name": "Nová Osoba", q(why): "Because.", q(deck): ask.upload()}
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(address("enroll", run.code), {**typed, f"s{gender.pk}": woman.pk})
    code = re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body)[0]
    assert client.post(response.url, {"code": code}).url == address("enroll", run.code)
    page = client.get(address("enroll", run.code))
    assert "deck.pdf" in page.content.decode()
    assert not run.enrollments.exists()
    form = page.context["form"]
    assert (form[q(why)].value(), form[f"s{gender.pk}"].value()) == ("Because.", str(woman.pk))

    client.post(address("enroll", run.code), {"name": "Nová Osoba", q(why): "Because.", f"s{gender.pk}": woman.pk})

    assert texts(run) == [("Deck", "deck.pdf"), ("Why?", "Because.")]
    assert StatisticsAnswer.objects.get().choice == woman


def test_a_chosen_file_is_kept_when_something_else_is_wrong_and_may_be_removed(client):
    run, learner = make.run(), users.user()
    why, deck = ask.question(label="Why?", on=run, is_required=True), ask.question("file", "Deck", on=run)
    client.force_login(learner)
    response = client.post(address("enroll", run.code), {"name": "N", q(why): "", q(deck): ask.upload()})
    assert "We have “deck.pdf”" in response.content.decode()
    kept = AnswerFile.objects.get()
    again = client.post(address("enroll", run.code), {"name": "N", q(why): ""})
    assert "We have “deck.pdf”" in again.content.decode()
    client.post(address("enroll", run.code), {"name": "N", q(why): "Because."})
    assert Answer.objects.get(question=deck).file == kept

    other = users.user()
    client.force_login(other)
    client.post(address("enroll", run.code), {"name": "N", q(why): "", q(deck): ask.upload()})
    client.post(address("enroll", run.code), {"name": "N", q(why): "x", f"{q(deck)}-remove": "on"})
    assert not Answer.objects.filter(enrollment__learner=other, question=deck).exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("run.exe", b"MZ", "is not of a type that is taken here: pdf, docx."),
        ("deck.pdf", b"<html><script>", "is not a PDF file inside."),
        ("deck.docx", b"PK\x03\x04 broken", "is not a DOCX file inside."),
        ("deck.docx", ask.office_file("other.xml"), "is not a DOCX file inside."),
        ("deck.pdf", ask.PDF + b"x" * (1024 * 1024), "at most 1.0"),
        ("deck.pdf", b"", "The submitted file is empty."),
    ],
)
def test_a_bad_file_is_refused_beside_its_field_and_not_stored(client, name, content, sentence):
    run, learner = make.run(), users.user()
    why = ask.question(label="Why?", on=run)
    deck = ask.question("file", "Deck", on=run, file_types="pdf, docx", max_megabytes=1)
    client.force_login(learner)
    response = client.post(
        address("enroll", run.code), {"name": "N", q(why): "Because.", q(deck): ask.upload(name, content)}
    )
    assert sentence in response.context["form"].errors[q(deck)][0]
    assert "Because." in response.content.decode()
    assert not AnswerFile.objects.exists()


def test_ten_megabytes_of_text_get_a_sentence_and_come_back(client):
    run, learner = make.run(), users.user()
    why = ask.question("long_text", "Why?", on=run)
    client.force_login(learner)
    response = client.post(address("enroll", run.code), {"name": "N", q(why): "ž" * 5 * 1024 * 1024})
    assert "The text has 5242880 characters" in response.context["form"].errors[q(why)][0]
    assert response.context["form"][q(why)].value() == "ž" * 5 * 1024 * 1024
    assert not run.enrollments.exists()


def test_an_expired_token_loses_nothing_and_changes_nothing():
    run, learner = make.run(), users.user()
    why, deck = ask.question("long_text", "Why?", on=run), ask.question("file", "Deck", on=run)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(learner)
    typed = {"name": "N", q(why): "A long story.", "csrfmiddlewaretoken": "x" * 64}
    response = strict.post(address("enroll", run.code), {**typed, q(deck): ask.upload()})
    page = response.content.decode()
    assert response.status_code == 403
    assert "The page was open for too long. Nothing is lost" in page
    assert "A long story." in page
    assert not run.enrollments.exists()
    assert not AnswerFile.objects.exists()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    assert strict.post(address("enroll", run.code), {**typed, "csrfmiddlewaretoken": token}).status_code == 302
    assert texts(run) == [("Why?", "A long story.")]


def test_an_expired_session_keeps_the_form_and_asks_for_the_address(client):
    run = make.run()
    why = ask.question("long_text", "Why?", on=run)
    response = client.post(address("enroll", run.code), {"name": "N", q(why): "A long story."})
    assert list(response.context["form"].errors) == ["email"]
    assert "A long story." in response.content.decode()


def test_what_was_written_is_shown_when_the_run_closed_a_second_ago(client):
    run, learner = make.run(closes_at=timezone.now() - timedelta(seconds=1)), users.user()
    why = ask.question("long_text", "Why?", on=run)
    client.force_login(learner)
    response = client.post(address("enroll", run.code), {"name": "N", q(why): "A long story."})
    assert response.status_code == 409
    for sentence in ["Enrollment in this run is closed.", "What you had written", "A long story."]:
        assert sentence in response.content.decode()


def test_an_application_is_saved_continued_and_sent(client):
    run, learner = call(), users.user()
    why, when = ask.question(label="Why?", on=run, is_required=True), ask.question("date", "When?", on=run)
    client.force_login(learner)
    saved = client.post(address("enroll", run.code), {"name": "", q(when): "31. 2.", "save": "1"}, follow=True)
    page = saved.content.decode()
    assert "Saved at" in page
    assert run.enrollments.get().status == S.DRAFT
    assert saved.context["form"][q(when)].value() == "31. 2."
    assert client.get("/en/my/").status_code == 200
    assert (
        "Continue with the application" in client.get(address("enrollment", run.enrollments.get().pk)).content.decode()
    )

    sent = client.post(address("enroll", run.code), {"name": "N", q(why): "", q(when): ""})
    assert list(sent.context["form"].errors) == [q(why)]
    client.post(address("enroll", run.code), {"name": "N", q(why): "Because.", q(when): ""})
    assert run.enrollments.get().status == S.APPLIED
    assert texts(run) == [("Why?", "Because.")]


def test_autosave_says_when_it_saved_and_what_it_did_not(client):
    run, learner = call(), users.user()
    why = ask.question("long_text", "Why?", on=run, is_required=True)
    url = address("autosave", run.code)
    assert client.post(url, {q(why): "x"}).status_code == 403
    client.force_login(learner)
    assert client.get(url).status_code == 405
    answer = client.post(url, {"name": "", q(why): "Half a sent"})
    assert re.fullmatch(r"Saved at \d\d:\d\d", answer.json()["message"])
    assert texts(run) == [("Why?", "Half a sent")]
    too_long = client.post(url, {q(why): "x" * 30_000}).json()["message"]
    assert too_long.endswith(", except for: Why?")
    assert texts(run) == [("Why?", "Half a sent")]
    client.post(address("enroll", run.code), {"name": "N", q(why): "Whole."})
    late = client.post(url, {q(why): "later"})
    assert (late.status_code, "was sent already" in late.json()["message"]) == (409, True)
    assert texts(run) == [("Why?", "Whole.")]


def test_autosave_without_a_token_saves_nothing():
    run, learner = call(), users.user()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(learner)
    assert strict.post(address("autosave", run.code), {}).status_code == 403
    assert not run.enrollments.exists()


def test_a_draft_after_the_deadline_says_so(client):
    run, learner = call(), users.user()
    make.enrollment(of=run, learner=learner, status=S.DRAFT)
    CourseRun.objects.filter(pk=run.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    client.force_login(learner)
    page = client.get(address("enrollment", run.enrollments.get().pk)).content.decode()
    assert "Application not sent in time" in page
    assert "Your application was saved, but not sent." in page
    assert "Continue with the application" not in page


def test_answers_of_an_application_are_edited_by_their_owner_only(client):
    run, learner = call(), users.user()
    why = ask.question(label="Why?", on=run, is_required=True)
    client.force_login(learner)
    client.post(address("enroll", run.code), {"name": "N", q(why): "a"})
    url = address("edit_answers", run.enrollments.get().pk)
    assert client.get(url).context["form"][q(why)].value() == "a"
    assert list(client.post(url, {q(why): ""}).context["form"].errors) == [q(why)]
    client.post(url, {q(why): "b"})
    assert texts(run) == [("Why?", "b")]
    CourseRun.objects.filter(pk=run.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    late = client.post(url, {q(why): "too late"})
    assert (late.status_code, "too late" in late.content.decode()) == (409, True)
    assert texts(run) == [("Why?", "b")]
    client.force_login(users.staff())
    assert client.get(url).status_code == 404
    client.logout()
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("count", [1, 30])
def test_form_costs_the_same_with_1_and_30_questions(client, count, django_assert_num_queries):
    run, learner = call(), users.user()
    for number in range(count):
        ask.question("multiple_choice", f"Question {number}", on=run, choices=["a", "b"])
    client.force_login(learner)
    client.get(address("enroll", run.code))
    with django_assert_num_queries(9):
        client.get(address("enroll", run.code))


def test_answers_typed_after_the_login_ended_are_there_again_after_the_next(client):
    run, learner = call(), users.user()
    why = ask.question("long_text", "Why?", on=run)
    client.force_login(learner)
    client.post(address("enroll", run.code), {"name": "N", q(why): "a"})
    url = address("edit_answers", run.enrollments.get().pk)
    client.logout()
    response = client.post(url, {q(why): "A long story."})
    assert response.url == f"/en/accounts/login/?next={url}"
    assert texts(run) == [("Why?", "a")]
    client.force_login(learner)
    assert client.get(url).context["form"][q(why)].value() == "A long story."
    assert texts(run) == [("Why?", "a")]


def test_a_file_is_stored_once_when_a_rule_refuses_the_form(client):
    run, learner = make.run(closes_at=timezone.now() - timedelta(seconds=1)), users.user()
    deck = ask.question("file", "Deck", on=run)
    client.force_login(learner)
    response = client.post(address("enroll", run.code), {"name": "N", q(deck): ask.upload()})
    assert response.status_code == 409
    assert AnswerFile.objects.count() == 1


@pytest.mark.parametrize("limit", ["MOST_FILES", "MOST_BYTES"])
@time_machine.travel("2026-11-23T10:00:00Z", tick=False)  # no test runs over the end of an hour
def test_a_visitor_stores_so_much_in_an_hour_and_then_gets_a_sentence_beside_the_field(client, monkeypatch, limit):
    run = make.run()
    why, deck = ask.question(label="Why?", on=run), ask.question("file", "Deck", on=run)
    monkeypatch.setattr(filling, limit, {"MOST_FILES": 2, "MOST_BYTES": 2 * len(ask.PDF)}[limit])
    typed = {"email": "nova@example.org", "name": "Nová Osoba", q(why): "Because."}
    for _time in range(2):
        assert client.post(address("enroll", run.code), {**typed, q(deck): ask.upload()}).status_code == 302

    refused = client.post(address("enroll", run.code), {**typed, q(deck): ask.upload("third.pdf")})

    assert AnswerFile.objects.count() == 2
    assert refused.context["form"].errors[q(deck)] == [
        "Too many files came from your network within an hour, so this one was not stored. "
        "Log in first, or choose it again in an hour."
    ]
    assert "Because." in refused.content.decode()
    client.force_login(users.user())
    client.post(address("enroll", run.code), {"name": "N", q(why): "x", q(deck): ask.upload()})
    assert AnswerFile.objects.count() == 3


def test_whoever_was_enrolled_by_the_office_is_asked_on_their_own_page(client):
    run, learner = make.run(), users.user(language="en")
    question = ask.question(on=run)
    place = make.enrollment(of=run, learner=learner, source=Enrollment.Source.STAFF)
    own, form = f"/en/enrollments/{place.pk}/", f"/en/enrollments/{place.pk}/answers/"
    client.force_login(learner)

    assert "Answer the questions" in client.get(own).content.decode()
    assert client.post(form, {f"q{question.pk}": "vegetarian"}).url == own
    page = client.get(own).content.decode()

    assert "vegetarian" in page
    assert "Change my answers" in page
    client.force_login(users.user())
    assert client.get(form).status_code == client.post(form, {}).status_code == 404
