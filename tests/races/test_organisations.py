"""A manager's group against single people, and a swap against cancelling."""

from functools import partial

import pytest
from django.utils import timezone

from academy.users.models import Membership, Organisation, User
from courses import enrollment as enrolling
from courses.models import CourseRun, Enrollment
from courses.organisations import rules
from tests.factories import courses as make
from tests.factories import users

from .rivals import failures, race, values

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
S = Enrollment.Status


def _manager():
    label, boss = Organisation.objects.create(name="Label"), users.user()
    Membership.objects.create(organisation=label, user=boss, role="manager", accepted_at=timezone.now())
    return label, boss


def _ask(label, run, boss, people):
    outcome = rules.enroll_group(
        Organisation.objects.get(pk=label), CourseRun.objects.get(pk=run), people, by=User.objects.get(pk=boss)
    )
    return len(outcome.offered)


def _enroll(run, learner):
    return enrolling.enroll(User.objects.get(pk=learner), CourseRun.objects.get(pk=run)).status


def _group_against_single_people(**how):
    """Three seats; a group of three and four people on their own at the same time."""
    run, (label, boss) = make.run(capacity=3), _manager()
    people = [(f"new{number}@example.org", "New") for number in range(3)]
    singles = [users.user().pk for _number in range(4)]
    calls = [partial(_ask, label.pk, run.pk, boss.pk, people), *(partial(_enroll, run.pk, pk) for pk in singles)]
    gates = how.pop("gate", "group:checked")
    return race(calls, gate=gates, **how), run


def test_group_gets_all_its_seats_or_none_among_single_people():
    outcomes, run = _group_against_single_people()

    assert [error for error in failures(outcomes) if not error.startswith("NotEnoughSeats")] == []
    assert run.enrollments.holding_seat().count() == 3
    assert run.enrollments.filter(organisation__isnull=False).count() in (0, 3)


def _two_groups(**how):
    """Three seats; two groups of two at once."""
    run, (label, boss) = make.run(capacity=3), _manager()
    groups = [[(f"{name}{number}@example.org", name) for number in range(2)] for name in "ab"]
    return race(
        [partial(_ask, label.pk, run.pk, boss.pk, people) for people in groups], gate="group:checked", **how
    ), run


def test_of_two_groups_one_gets_the_seats():
    outcomes, run = _two_groups()

    assert sorted(outcome.error.partition(":")[0] for outcome in outcomes) == ["", "NotEnoughSeats"]
    assert run.enrollments.holding_seat().count() == 2


def test_without_the_lock_two_groups_oversell():
    outcomes, run = _two_groups(locks=False)

    assert (values(outcomes), run.enrollments.holding_seat().count()) == ([2, 2], 4)


def _swap(row, boss):
    return rules.swap(
        Enrollment.objects.get(pk=row), email="other@example.org", name="Other", by=User.objects.get(pk=boss)
    ).status


def _cancel(row):
    return enrolling.cancel(Enrollment.objects.get(pk=row)).status


def _swap_against_cancel(**how):
    run, (label, boss) = make.run(capacity=1), _manager()
    row = rules.enroll_group(label, run, [("new@example.org", "New")], by=boss).offered[0]
    waiting = enrolling.enroll(users.user(), run)
    outcomes = race([partial(_swap, row.pk, boss.pk), partial(_cancel, row.pk)], gate="swap:checked", **how)
    waiting.refresh_from_db()
    return outcomes, run, waiting


def test_swap_against_cancel_gives_the_seat_once():
    outcomes, run, waiting = _swap_against_cancel()

    assert [error for error in failures(outcomes) if not error.startswith("TooLateToSwap")] == []
    assert run.enrollments.holding_seat().count() == 1
    # Whoever was first decides: the colleague has the seat, or the queue does.
    assert (waiting.status == S.WAITING) == run.enrollments.filter(learner__email="other@example.org").exists()


def test_without_the_lock_swap_and_cancel_give_the_seat_twice():
    _outcomes, run, _waiting = _swap_against_cancel(locks=False)

    assert run.enrollments.holding_seat().count() == 2
