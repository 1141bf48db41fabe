"""Many people at once: a preview that changes nothing, then each by the rule, each with its own result."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from academy.mail.models import Message
from courses.admin.bulk import BULK_ACTIONS
from courses.models import CourseRun, Enrollment, EnrollmentEvent
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


def post(office, run, action, *rows, **data):
    url = reverse("admin_courserun_people", args=[run.pk])
    return office.post(url, {"action": action, "people": [row.pk for row in rows], **data})


def states(*rows):
    return [Enrollment.objects.get(pk=row.pk).status for row in rows]


def test_preview_names_who_is_concerned_and_who_is_left_out_and_changes_nothing(office):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    applied = make.enrollment(of=run, status=S.APPLIED, queue_number=1)
    confirmed = make.enrollment(of=run)

    context = post(office, run, "approve", applied, confirmed).context

    assert (context["rows"], context["left_out"], context["results"]) == ([applied], [confirmed], None)
    assert states(applied, confirmed) == [S.APPLIED, S.CONFIRMED]
    assert not Message.objects.exists()


def test_as_many_people_as_a_run_can_have_fit_into_one_form(office):
    run = make.run()
    people = [make.enrollment(of=run).pk, *range(10_000_000, 10_001_999)]

    response = office.post(reverse("admin_courserun_people", args=[run.pk]), {"action": "withdraw", "people": people})

    assert [row.pk for row in response.context["rows"]] == people[:1]


def test_nobody_moves_up_who_is_withdrawn_in_the_same_step(office):
    run = make.run(capacity=1)
    held = make.enrollment(of=run, confirmed_at=timezone.now())
    waiting = [make.enrollment(of=run, status=S.WAITING, queue_number=number) for number in (1, 2)]

    post(office, run, "withdraw", held, *waiting, confirmed="1", reason="The school is closed.")

    assert states(held, *waiting) == [S.WITHDRAWN] * 3
    moves = EnrollmentEvent.objects.filter(enrollment__in=waiting).values_list("from_status", "to_status")
    assert list(moves) == [(S.WAITING, S.WITHDRAWN)] * 2


@pytest.mark.parametrize(
    ("action", "data", "expected"),
    [
        ("approve", {}, S.CONFIRMED),
        ("decline", {"reason": ""}, S.DECLINED),
        ("give-seats", {"reason": ""}, S.CONFIRMED),
        ("withdraw", {"reason": "Wrote us"}, S.WITHDRAWN),
    ],
)
def test_each_action_calls_its_rule_for_each_person_and_again_changes_nothing(office, action, data, expected):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    rows = [make.enrollment(of=run, status=S.APPLIED, queue_number=n) for n in (1, 2)]

    first = post(office, run, action, *rows, confirmed="1", **data)
    post(office, run, action, *rows, confirmed="1", **data)

    assert [(row, is_done) for row, is_done, _sentence in first.context["results"]] == [(row, True) for row in rows]
    assert states(*rows) == [expected, expected]
    assert Message.objects.count() == 2


def test_refusal_for_one_is_said_beside_their_name_and_stops_nobody(office):
    run = make.run(capacity=1)
    first = make.enrollment(of=run, status=S.WAITING, queue_number=1)
    second = make.enrollment(of=run, status=S.WAITING, queue_number=2)

    results = post(office, run, "give-seats", first, second, confirmed="1", reason="").context["results"]

    assert [(row, is_done) for row, is_done, _sentence in results] == [(first, True), (second, False)]
    assert results[1][2] == "No place is free for this person. Write why they are to be admitted all the same."
    assert states(first, second) == [S.CONFIRMED, S.WAITING]


def test_withdraw_without_a_reason_asks_for_it_and_changes_nothing(office):
    run = make.run()
    row = make.enrollment(of=run)

    context = post(office, run, "withdraw", row, confirmed="1", reason="").context

    assert context["form"].errors == {"reason": ["This field is required."]}
    assert states(row) == [S.CONFIRMED]


def test_everybody_shown_by_the_filter_can_be_chosen_at_once(office):
    run = make.run()
    staff = [make.enrollment(of=run, source="staff") for _number in range(60)]
    other = make.enrollment(of=run)

    context = post(office, run, "withdraw", all="1", source="staff", confirmed="1", reason="Moved").context

    assert context["done"] == 60
    assert set(states(*staff)) == {S.WITHDRAWN}
    assert states(other) == [S.CONFIRMED]


def test_people_of_another_run_are_not_touched(office):
    run, foreign = make.run(), make.enrollment(of=make.run())
    mine = make.enrollment(of=run)

    post(office, run, "withdraw", mine, foreign, confirmed="1", reason="x")

    assert states(mine, foreign) == [S.WITHDRAWN, S.CONFIRMED]


@pytest.mark.parametrize("chosen", [["x"], ["9" * 30], []])
def test_nobody_chosen_is_said_and_leads_back(office, chosen):
    run = make.run()

    response = office.post(
        reverse("admin_courserun_people", args=[run.pk]), {"action": "withdraw", "people": chosen}, follow=True
    )

    assert [str(message).strip() for message in response.context["messages"]] == ["Choose at least one person."]


def test_offers_inside_the_freeze_go_to_whom_the_office_chose(office):
    run = make.run(capacity=1, freeze_hours=24 * 30)
    first = make.enrollment(of=run, status=S.WAITING, queue_number=1)
    chosen = make.enrollment(of=run, status=S.WAITING, queue_number=2)

    post(office, run, "offer", chosen, confirmed="1", reason="")

    assert states(first, chosen) == [S.WAITING, S.OFFERED]


@pytest.mark.parametrize("rows", [1, 30])
def test_preview_takes_the_same_queries_for_any_number_of_people(office, rows, django_assert_num_queries):
    run = make.run(capacity=None)
    people = [make.enrollment(of=run) for _number in range(rows)]
    post(office, run, "withdraw", *people)

    with django_assert_num_queries(11):
        post(office, run, "withdraw", *people)


@pytest.mark.parametrize("action", [action.slug for action in BULK_ACTIONS])
def test_bulk_actions_are_open_to_managers_closed_to_others_and_only_post(client, action):
    run = make.run()
    row = make.enrollment(of=run, status=S.APPLIED, queue_number=1)
    learner, editor, administrator = users.user(), users.user(), users.user()
    editor.groups.add(Group.objects.get(name="Editors"))
    administrator.groups.add(Group.objects.get(name="Administrators"))

    def reaches(person):
        client.logout()
        if person:
            client.force_login(person)
        return post(client, run, action, row).status_code

    assert [reaches(None), reaches(learner), reaches(editor), reaches(administrator)] == [302, 302, 302, 200]
    assert client.get(reverse("admin_courserun_people", args=[run.pk])).status_code == 405
    assert states(row) == [S.APPLIED]
