"""The audit finds what breaks a quota or a code, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy import registry
from courses import enrollment as rules
from courses import runs
from courses.entry import codes
from courses.models import Admission, Enrollment, EnrollmentEvent, InvitationUse
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


def found(name):
    return list(registry.audit_checks[name]())


def seated(run, level="", at=NOW, **extra):
    """A place as the rules would write it, past them."""
    row = make.enrollment(of=run, confirmed_at=at, **extra)
    Admission.objects.create(enrollment=row, level=level)
    row.events.create(to_status=S.CONFIRMED, at=at)
    return row


def test_rules_leave_nothing_to_find_on_a_run_with_quotas_and_codes():
    run = make.run(capacity=3, entry="invitation", promotion="offer")
    make.quota(of=run, seats=1)
    make.quota(of=run, kind="at_most", seats=2, level="intermediate")
    make.quota(of=run, kind="per_organisation", seats=2)
    _invitation, code = codes.make_shared(run, by=None, uses=20)[0]
    rows = [
        rules.enroll(users.user(), run, level=level, invitation=code, at=NOW)
        for level in ["intermediate"] * 4 + ["beginner"] * 3
    ]
    rules.cancel(rows[0], at=NOW)
    rules.cancel(rows[4], at=NOW)
    rules.give_seat(rows[3], by=users.staff(), reason="The interpreter.", at=NOW)
    runs.change_capacity(run, 5, by=users.staff(), at=NOW)
    rules.sweep_offers(at=NOW + timedelta(hours=50))

    names = ["seats", "quotas", "invitations", "queue", "promotion", "history"]
    assert {name: found(name) for name in names} == {name: [] for name in names}


def test_quotas_finds_one_too_many_of_a_group_but_not_those_who_came_before_the_rule():
    run = make.run()
    quota = make.quota(of=run, kind="at_most", seats=1, since=NOW)
    for _number in range(2):
        seated(run, "beginner", at=NOW - timedelta(days=1))
    seated(run, "intermediate")
    seated(run, "beginner", is_overbooked=True, overbooking_reason="Interpreter.")
    assert found("quotas") == []

    seated(run, "beginner")

    assert found("quotas") == [f"Run {quota.run.code} has a quota of 1 and 3 people in it."]


def test_quotas_finds_one_too_many_of_an_organisation():
    run = make.run()
    make.quota(of=run, kind="per_organisation", seats=1, since=NOW)
    organisation, other = users.organisation(), users.organisation(name="Jiná")
    rows = [seated(run) for _number in range(3)]
    for row, of in zip(rows, (organisation, other, organisation), strict=True):
        Admission.objects.filter(enrollment=row).update(organisation=of)

    assert found("quotas") == [f"Run {run.code} has a quota of 1 and 2 people in it."]


def test_invitations_finds_a_code_used_too_often_and_one_used_on_another_run():
    run = make.run(entry="invitation")
    invitation, code = codes.make_shared(run, by=None, uses=1)[0]
    rules.enroll(users.user(), run, invitation=code)
    assert found("invitations") == []

    row = make.enrollment(of=make.run())
    InvitationUse.objects.create(invitation=invitation, enrollment=row, number=2)

    assert found("invitations") == [
        f"Invitation {invitation.pk} is good for 1 people and let 2 in.",
        f"Invitation {invitation.pk} let enrollment {row.pk} into another run.",
    ]


def waiting(run, number, level):
    row = make.enrollment(of=run, status=S.WAITING, queue_number=number)
    Admission.objects.create(enrollment=row, level=level)
    row.events.create(to_status=S.WAITING, at=NOW - timedelta(hours=1))
    return row


@pytest.mark.parametrize(("level", "is_found"), [("beginner", False), ("intermediate", True)])
def test_queue_compares_people_of_one_group_where_a_run_has_quotas(level, is_found):
    run = make.run(capacity=1, next_queue_number=3)
    make.quota(of=run, kind="at_most", seats=1, level="intermediate")
    waiting(run, 1, "intermediate")
    second = waiting(run, 2, level)

    EnrollmentEvent.objects.create(enrollment=second, from_status=S.WAITING, to_status=S.CONFIRMED, at=NOW)

    assert bool([one for one in found("queue") if "moved up before" in one]) is is_found


def test_promotion_finds_a_free_seat_only_when_somebody_who_waits_may_have_it():
    run = make.run(capacity=1, next_queue_number=3)
    make.quota(of=run, seats=1)
    waiting(run, 1, "intermediate")
    assert found("promotion") == []

    waiting(run, 2, "beginner")

    assert found("promotion") == [f"Run {run.code} has a free seat while somebody waits."]
