"""Totals that give nobody away, and a person's own page."""

from itertools import product

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import translation

from courses.models import CourseRun, StatisticsAnswer
from courses.questions import answering, statistics
from courses.questions.answering import record_statistics
from courses.questions.statistics import suppress
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("numbers", "shown", "total"),
    [
        ([10, 20, 30], [10, 20, 30], 60),
        ([3, 20, 30], [None, None, 30], 53),  # 20 goes too, or 3 would follow from the sum
        ([3, 4, 30], [None, None, 30], 37),
        ([1, 1, 30, 40], [None, None, None, 40], 72),  # two hidden make 2 together: too few
        ([4, 4, 30, 40], [None] * 4, None),  # only 4 and 4 make 8 of two small numbers
        ([9, 20, 3], [None, 20, None], 32),
        ([1, 1, 1], [None, None, None], None),
        ([4, 9], [None, None], None),
        ([5, 5], [5, 5], 10),
        ([], [], 0),
    ],
)
def test_suppressed_numbers_do_not_follow_from_the_sum(numbers, shown, total):
    assert suppress(numbers, 5) == (shown, total)


@pytest.mark.parametrize(("threshold", "choices", "most"), [(3, 3, 9), (3, 4, 8), (5, 3, 14), (4, 5, 6)])
def test_every_hidden_number_could_be_another_one(threshold, choices, most):
    """Whatever table is shown, each of its gaps may be filled by at least two numbers: all tables are tried."""
    alike = {}
    for numbers in product(range(most), repeat=choices):
        shown, total = suppress(list(numbers), threshold)
        alike.setdefault((tuple(shown), total), []).append(numbers)
    for (shown, _total), tables in alike.items():
        if max(map(max, tables)) == most - 1:
            continue  # the tables that would be alike are larger than those tried
        for place, number in enumerate(shown):
            if number is None:
                assert len({table[place] for table in tables}) > 1, (shown, tables)
            else:
                assert number >= threshold


def people(run, question, *counts):
    """So many people with a place on the run for each choice in turn; the last count says nothing."""
    made = []
    for choice, count in zip([*question.choices.all(), None], counts, strict=True):
        for _number in range(count):
            made.append(make.enrollment(of=run).learner)
            if choice:
                record_statistics(made[-1], {question: choice})
    return made


def rows(runs):
    return [table.rows for table in statistics.tables(runs, not_said="not said")]


def test_totals_count_people_with_a_place_once():
    gender = ask.statistics_question()
    run, second = make.run(capacity=None), make.run(capacity=None)
    for person in people(run, gender, 6, 7, 8):
        make.enrollment(of=second, learner=person)
    waiting = make.enrollment(of=run, status="cancelled").learner
    record_statistics(waiting, {gender: gender.choices.first()})
    for runs in [CourseRun.objects.filter(pk=run.pk), CourseRun.objects.all()]:
        assert rows(runs) == [[("woman", 6), ("man", 7), ("not said", 8)]]
        assert statistics.tables(runs, not_said="")[0].total == 21


def test_a_small_run_cannot_be_had_by_subtracting_a_large_one():
    gender = ask.statistics_question()
    large, small = make.run(capacity=None), make.run(capacity=None)
    people(large, gender, 10, 11, 12)
    people(small, gender, 2, 9, 9)
    assert rows(CourseRun.objects.filter(pk=small.pk)) == [[("woman", None), ("man", None), ("not said", 9)]]
    both = dict(rows(CourseRun.objects.all())[0])
    assert both["woman"] is None


def test_threshold_is_a_setting(settings):
    gender = ask.statistics_question()
    run = make.run(capacity=None)
    people(run, gender, 6, 7, 8)
    settings.STATISTICS_THRESHOLD = 22
    assert rows(CourseRun.objects.all()) == [[("woman", None), ("man", None), ("not said", None)]]
    assert statistics.tables(CourseRun.objects.all(), not_said="")[0].total is None


def test_totals_cost_the_same_for_1_and_30_people(django_assert_num_queries):
    gender = ask.statistics_question()
    for count in (1, 30):
        people(make.run(capacity=None), gender, count, count, 1)
        with django_assert_num_queries(4):
            rows(CourseRun.objects.all())


def test_page_of_totals_is_for_the_office(client):
    gender = ask.statistics_question()
    run = make.run(capacity=None)
    people(run, gender, 6, 7, 3)
    url = reverse("statistics_of_people")
    trainer, editor, office = users.user(), users.user(), users.user(language="en")
    users.profile(user=trainer)
    editor.groups.add(Group.objects.get(name="Editors"))
    office.groups.add(Group.objects.get(name="Programme managers"))
    for user in [trainer, editor]:
        client.force_login(user)
        assert client.get(url).status_code == 302
    client.logout()
    assert client.get(url).status_code == 302
    client.force_login(office)
    for query in [{}, {"run": run.pk}, {"course": run.course_id}, {"year": run.sessions.get().starts_at.year}]:
        page = client.get(url, query).content.decode()
        assert page.count(">not shown<") == 2
        assert "<td>7</td>" in page
    assert "<td>7</td>" not in client.get(url, {"run": make.run().pk}).content.decode()
    assert client.get(url, {"run": "nonsense"}).status_code == 200


def test_own_page_changes_what_was_said_also_to_nothing(client):
    gender = ask.statistics_question()
    learner = users.user()
    url = reverse("courses:statistics")
    assert client.get(url).status_code == 302
    client.force_login(learner)
    woman, man = gender.choices.all()
    for typed, kept in [(woman.pk, woman), (man.pk, man), ("not-said", None), ("", None)]:
        client.post(url, {f"s{gender.pk}": typed})
        assert StatisticsAnswer.objects.get().choice == kept
    assert client.post(url, {f"s{gender.pk}": "9999"}).context["form"].errors
    assert 'href="/en/my/statistics/"' in client.get(reverse("users:profile")).content.decode()


def test_statistics_are_in_no_list_or_export_of_people(client):
    gender = ask.statistics_question("Gender", ["unmistakable"])
    trainer = users.user()
    run = make.run(trainers=[users.profile(user=trainer)])
    people(run, gender, 1, 0)
    client.force_login(trainer)
    pages = [
        reverse("courses:roster", args=[run.sessions.get().pk]),
        reverse("courses:run_answers", args=[run.code]),
    ]
    for url in pages:
        assert "unmistakable" not in client.get(url).content.decode()
    client.force_login(users.staff())
    for url in [
        reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk]),
        reverse("enrollment:inspect", args=[run.enrollments.get().pk]),
        reverse("enrollment:index"),
    ]:
        assert "unmistakable" not in client.get(url).content.decode()


def test_an_old_form_that_says_nothing_leaves_what_was_said_and_ones_own_page_takes_it_back():
    gender, age, learner = ask.statistics_question(), ask.statistics_question("Age", ("young", "old")), users.user()
    woman = gender.choices.first()
    record_statistics(learner, {gender: woman})

    answering.submit(learner, make.run(), [], statistics={gender: None, age: None})

    said = dict(learner.statistics_answers.values_list("question", "choice"))
    assert said == {gender.pk: woman.pk, age.pk: None}
    record_statistics(learner, {gender: None})
    assert learner.statistics_answers.get(question=gender).choice is None
