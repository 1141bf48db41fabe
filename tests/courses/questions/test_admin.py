"""Questions in the admin: made, versioned, retired instead of deleted, picked by runs."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from courses.models import Question, QuestionPick
from courses.questions import answering
from courses.questions.answering import Given
from courses.questions.asking import asked
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db
LIST = "wagtailsnippets_courses_question"


@pytest.fixture
def office(client):
    client.force_login(users.staff(language="en"))
    return client


def fields(*choices, **extra):
    """What the form of a question posts."""
    data = {
        "label_cs": "Otázka",
        "label_en": "Question",
        "help_cs": "",
        "help_en": "",
        "kind": "short_text",
        "for_selection": "on",
        "file_types": "pdf",
        "max_megabytes": "10",
        "choices-TOTAL_FORMS": len(choices),
        "choices-INITIAL_FORMS": 0,
        "choices-MIN_NUM_FORMS": 0,
        "choices-MAX_NUM_FORMS": 1000,
        **extra,
    }
    for number, label in enumerate(choices):
        data |= {f"choices-{number}-label_cs": label, f"choices-{number}-ORDER": number}
    return data


def test_office_makes_a_question_with_choices_in_both_languages(office):
    office.post(reverse(f"{LIST}:add"), fields("a", "b", kind="single_choice"))
    made = Question.objects.get()
    with translation.override("en"):
        assert (made.label, made.version) == ("Question", 1)
    assert [choice.label_cs for choice in made.choices.all()] == ["a", "b"]


@pytest.mark.parametrize(
    ("choices", "facts", "sentence"),
    [
        (["only one"], {"kind": "single_choice"}, "Write at least two choices."),
        ([], {"for_selection": ""}, "Say what the answer is for"),
        ([], {"is_sensitive": "on", "delete_days": "14"}, "Name at least one role"),
        ([], {"is_sensitive": "on"}, "Say after how many days"),
        ([], {"kind": "file", "file_types": "exe"}, "Choose from: pdf"),
        ([], {"kind": "number", "minimum": "5", "maximum": "4"}, "The highest number is not below the lowest."),
        ([], {"label_cs": ""}, "This field is required."),
    ],
)
def test_a_question_that_cannot_work_is_refused_with_a_sentence(office, choices, facts, sentence):
    response = office.post(reverse(f"{LIST}:add"), fields(*choices, **facts))
    assert sentence in response.content.decode()
    assert not Question.objects.exists()


def test_the_version_rises_with_the_texts_only(office):
    question = ask.question(label="Why?")
    url = reverse(f"{LIST}:edit", args=[question.pk])
    for facts, version in [
        ({"label_cs": "Why? (cs)", "label_en": "Why?", "is_required": "on"}, 1),
        ({"label_cs": "Why? (cs)", "label_en": "Why then?"}, 2),
        ({"label_cs": "Why? (cs)", "label_en": "Why then?"}, 2),
    ]:
        office.post(url, fields(**facts))
        question.refresh_from_db()
        assert question.version == version


def test_an_answered_question_is_retired_not_deleted(office):
    run = make.run()
    question = ask.question(on=run)
    answering.submit(users.user(), run, [Given(question, "x")])
    QuestionPick.objects.all().delete()
    office.post(reverse(f"{LIST}:delete", args=[question.pk]))
    assert Question.objects.filter(pk=question.pk).exists()
    QuestionPick.objects.create(run=run, question=question)
    office.post(reverse("admin_question_retire", args=[question.pk]))
    assert asked(run) == []
    office.post(reverse("admin_question_bring_back", args=[question.pk]))
    assert asked(run) == [question]


def test_a_question_that_nobody_answered_is_deleted(office):
    question = ask.question()
    office.post(reverse(f"{LIST}:delete", args=[question.pk]))
    assert not Question.objects.exists()


@pytest.mark.parametrize("name", ["retire", "bring_back"])
def test_actions_are_for_those_who_may_change_questions(client, name):
    question = ask.question()
    url = reverse(f"admin_question_{name}", args=[question.pk])
    assert client.post(url).status_code == 302
    editor = users.user()
    editor.groups.add(Group.objects.get(name="Editors"))
    client.force_login(editor)
    client.post(url)
    question.refresh_from_db()
    assert question.retired_at is None


def test_a_pick_is_a_set_or_a_question_and_never_both_or_none():
    run, question = make.run(), ask.question()
    both = {"question": question, "question_set": ask.question_set(question)}
    for facts in ({}, both):
        with pytest.raises(IntegrityError), transaction.atomic():
            QuestionPick.objects.create(run=run, **facts)


@pytest.mark.parametrize("name", ["question", "questionset", "statisticsquestion"])
def test_lists_show_in_both_languages(client, name):
    ask.question_set(ask.question(), name="Registration")
    ask.statistics_question()
    for language in ("cs", "en"):
        client.force_login(users.staff(language=language))
        assert client.get(reverse(f"wagtailsnippets_courses_{name}:list")).status_code == 200
    assert client.get(reverse("wagtailsnippets_courses_courserun:edit", args=[make.run().pk])).status_code == 200
    assert client.get(reverse("answerdeletion:index")).status_code == 200


def test_an_answered_question_keeps_its_kind(office):
    run = make.run()
    question = ask.question(on=run)
    answering.submit(users.user(), run, [Given(question, "x")])

    response = office.post(reverse(f"{LIST}:edit", args=[question.pk]), fields(kind="url", label_en="Changed"))

    assert response.context["form"].errors["kind"] == [
        "The question has answers, so its kind stays. Make another question and retire this one."
    ]
    question.refresh_from_db()
    assert question.kind == "short_text"


def test_answers_that_were_given_as_sensitive_stay_so(office):
    run = make.run()
    question = ask.sensitive(on=run)
    answering.submit(users.user(), run, [Given(question, "No nuts.")])

    response = office.post(reverse(f"{LIST}:edit", args=[question.pk]), fields())

    assert response.context["form"].errors["is_sensitive"] == [
        "People were told that their answers are sensitive, so they stay so. Make another question and retire this one."
    ]
    question.refresh_from_db()
    assert question.is_sensitive


@pytest.mark.parametrize(("who", "is_changed"), [("office", False), ("in the role", True), ("superuser", True)])
def test_who_reads_sensitive_answers_is_changed_by_those_who_read_them_now(client, who, is_changed):
    run = make.run()
    question = ask.sensitive(on=run)
    care = question.seen_by.get()
    answering.submit(users.user(), run, [Given(question, "No nuts.")])
    person = users.user(is_staff=True, is_superuser=who == "superuser", language="en")
    person.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", "change_question"]))
    if who == "in the role":
        person.groups.add(care)
    client.force_login(person)
    own = Group.objects.create(name="Own")
    address = reverse(f"{LIST}:edit", args=[question.pk])
    posted = fields(is_sensitive="on", delete_days=14, for_organisation="on")

    client.post(address, {**posted, "label_en": "The roles stay", "seen_by": [care.pk]})
    question.refresh_from_db()
    assert question.label_en == "The roles stay"
    response = client.post(address, {**posted, "seen_by": [care.pk, own.pk]})

    roles = set(Question.objects.get(pk=question.pk).seen_by.all())
    assert roles == ({care, own} if is_changed else {care})
    if not is_changed:
        assert response.context["form"].errors["seen_by"] == [
            "People were told who reads their answers. Only somebody who is in one of the roles named now "
            "may change them, or an administrator of the site."
        ]


def test_roles_that_read_sensitive_answers_are_open_to_change_until_there_are_answers(office):
    question = ask.sensitive()
    own = Group.objects.create(name="Own")

    office.post(
        reverse(f"{LIST}:edit", args=[question.pk]),
        fields(is_sensitive="on", delete_days=14, for_organisation="on", seen_by=[own.pk]),
    )

    assert set(Question.objects.get(pk=question.pk).seen_by.all()) == {own}
