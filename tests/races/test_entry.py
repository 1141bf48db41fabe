"""One code and many takers, a quota at its limit, a crowd through the real site: under real competition."""

from collections import Counter
from functools import partial

import pytest

from academy.users.models import User
from courses import enrollment as rules
from courses.entry import codes
from courses.models import CourseRun, Enrollment, EnrollmentEvent, InvitationUse
from tests.factories import courses as make
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
S = Enrollment.Status
TAKERS = 6


def _enroll(run, learner, **how):
    return rules.enroll(User.objects.get(pk=learner), CourseRun.objects.get(pk=run), **how).status


def _takers_of_one_code(**how):
    run = make.run(entry="invitation")
    invitation, code = codes.make_shared(run, by=None, uses=1)[0]
    calls = [partial(_enroll, run.pk, users.user().pk, invitation=code) for _number in range(TAKERS)]
    outcomes = race(calls, gate="invitation:checked", **how)
    return outcomes, invitation.uses.count(), run.enrollments.count()


def test_a_code_good_once_lets_one_of_many_takers_in():
    outcomes, uses, rows = _takers_of_one_code()

    assert values(outcomes) == [S.CONFIRMED]
    assert {error.partition(":")[0] for error in failures(outcomes)} == {"InvitationUsedUp"}
    assert (len(failures(outcomes)), uses, rows) == (TAKERS - 1, 1, 1)


def test_without_the_lock_the_constraint_still_lets_a_code_be_used_once():
    outcomes, uses, _rows = _takers_of_one_code(locks=False)

    assert uses == 1
    assert any(error.startswith("IntegrityError") for error in failures(outcomes))


def test_without_lock_and_constraint_a_code_lets_many_in():
    with without_constraint(InvitationUse, "invitation_use_number_once"):
        outcomes, uses, _rows = _takers_of_one_code(locks=False)

    assert len(values(outcomes)) > 1
    assert uses > 1


def _crowd_at_a_quota(**how):
    """Ten beginners for two places of their quota on a run with ten seats."""
    run = make.run(capacity=10)
    make.quota(of=run, kind="at_most", seats=2)
    calls = [partial(_enroll, run.pk, users.user().pk, level="beginner") for _number in range(10)]
    return race(calls, gate="enroll:checked", **how)


def test_a_quota_is_never_exceeded():
    outcomes = _crowd_at_a_quota()

    assert failures(outcomes) == []
    assert Counter(values(outcomes)) == {S.CONFIRMED: 2, S.WAITING: 8}


def test_without_the_lock_a_quota_is_exceeded():
    assert values(_crowd_at_a_quota(locks=False)).count(S.CONFIRMED) > 2


def _cancel(row):
    return rules.cancel(Enrollment.objects.get(pk=row)).status


def _two_seats_freed_at_a_quota(**how):
    """Two who practise leave at once; two beginners wait, of whom the quota takes one, then one who practises.

    Returns outcomes, the states of the queue and how often somebody of it was written down as moved up.
    """
    run = make.run(capacity=2)
    make.quota(of=run, kind="at_most", seats=1)
    first = [rules.enroll(users.user(), run, level="intermediate") for _number in range(2)]
    queue = [rules.enroll(users.user(), run, level=level) for level in ("beginner", "beginner", "intermediate")]
    outcomes = race([partial(_cancel, row.pk) for row in first], gate="promote:chosen", **how)
    moved = EnrollmentEvent.objects.filter(enrollment__in=queue, to_status=S.CONFIRMED).count()
    return outcomes, [Enrollment.objects.get(pk=row.pk).status for row in queue], moved


def test_seats_freed_at_once_pass_over_by_the_quota_together():
    outcomes, queue, moved = _two_seats_freed_at_a_quota()

    assert failures(outcomes) == []
    assert (queue, moved) == ([S.CONFIRMED, S.WAITING, S.CONFIRMED], 2)


def test_without_the_lock_seats_freed_at_once_move_the_wrong_people_up_or_one_twice():
    _outcomes, queue, moved = _two_seats_freed_at_a_quota(locks=False)

    assert (queue, moved) != ([S.CONFIRMED, S.WAITING, S.CONFIRMED], 2)
