import pytest
from django.utils import timezone

from courses.copying import copy_run
from courses.models import QuestionPick
from courses.questions import upkeep
from courses.questions.answering import record_statistics
from courses.questions.asking import asked, statistics_to_ask
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db


def test_a_run_asks_its_sets_and_its_own_questions_in_order_and_each_once():
    run = make.run()
    first, second, own = ask.question(label="1"), ask.question(label="2"), ask.question(label="own")
    shared = ask.question_set(first, second, on=[run])
    QuestionPick.objects.create(run=run, question=own, sort_order=1)
    QuestionPick.objects.create(run=run, question=second, sort_order=2)
    QuestionPick.objects.create(run=make.run(), question_set=shared)
    assert asked(run) == [first, second, own]
    assert asked(make.run()) == []


def test_a_retired_question_is_not_asked_until_it_is_brought_back():
    run = make.run()
    question = ask.question(on=run)
    upkeep.retire(question, at=timezone.now())
    upkeep.retire(question)
    assert asked(run) == []
    upkeep.bring_back(question)
    assert asked(run) == [question]


def test_copying_a_run_copies_what_it_asks():
    run = make.run()
    question = ask.question(on=run)
    shared = ask.question(label="In the set")
    ask.question_set(shared, on=[run])
    made = copy_run(run, code="COPY", weeks=4, by=users.staff())
    assert set(asked(made)) == {question, shared}
    assert set(asked(run)) == {question, shared}


def test_statistics_are_asked_once_whatever_was_said():
    gender, age = ask.statistics_question("Gender"), ask.statistics_question("Age")
    person = users.user()
    assert statistics_to_ask() == [gender, age]
    record_statistics(person, {gender: gender.choices.first()})
    assert statistics_to_ask(person) == [age]
    record_statistics(person, {age: None})
    assert statistics_to_ask(person) == []
    assert statistics_to_ask(users.user()) == [gender, age]
