"""Quotas of seats: enrolling, approving, the office and the waiting list keep to them."""

import math
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from academy.mail.models import Message
from courses import enrollment as rules
from courses import notifications, runs, standing
from courses.entry.quotas import Group, Quotas, look_up_obstacles, note_organisations
from courses.models import Admission, Enrollment
from courses.seats import lock_run
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)
BEGINNER, PRACTISING = "beginner", "intermediate"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def come(run, *levels, **how):
    """One newcomer of each level after the other; the enrollments they got."""
    return [rules.enroll(users.user(), run, level=level, **how) for level in levels]


def states(rows):
    return [Enrollment.objects.get(pk=row.pk).status for row in rows]


def rule(kind, seats, level="", segment=None, kept_until=None):
    return SimpleNamespace(kind=kind, seats=seats, level=level, segment_id=segment, kept_until=kept_until)


B, P, NOBODY = Group(BEGINNER), Group(PRACTISING), Group()


@pytest.mark.parametrize(
    ("quotas", "free", "taken", "group", "admitted"),
    [
        ([], 1, {}, NOBODY, True),
        ([], 0, {}, NOBODY, False),
        ([rule("at_least", 2, BEGINNER)], 3, {}, P, True),
        ([rule("at_least", 2, BEGINNER)], 2, {}, P, False),
        ([rule("at_least", 2, BEGINNER)], 2, {}, NOBODY, False),
        ([rule("at_least", 2, BEGINNER)], 2, {}, B, True),
        ([rule("at_least", 2, BEGINNER)], 1, {B: 1}, P, False),
        ([rule("at_least", 2, BEGINNER)], 1, {B: 2}, P, True),
        ([rule("at_least", 2, BEGINNER)], 1, {B: 2}, B, True),
        ([rule("at_least", 2, BEGINNER)], math.inf, {}, P, True),
        # More is kept than is free, since somebody was let in over it: those for whom it is kept still come.
        ([rule("at_least", 3, BEGINNER)], 1, {}, B, True),
        ([rule("at_least", 3, BEGINNER)], 1, {}, P, False),
        # Two kept groups that somebody may belong to at once.
        ([rule("at_least", 1, BEGINNER), rule("at_least", 1, "", 7)], 2, {}, Group(PRACTISING, 8), False),
        ([rule("at_least", 1, BEGINNER), rule("at_least", 1, "", 7)], 2, {}, Group(BEGINNER, 8), True),
        ([rule("at_least", 1, BEGINNER), rule("at_least", 1, "", 7)], 1, {Group(BEGINNER, 7): 1}, P, True),
        ([rule("at_most", 2, PRACTISING)], 5, {P: 1}, P, True),
        ([rule("at_most", 2, PRACTISING)], 5, {P: 2}, P, False),
        ([rule("at_most", 2, PRACTISING)], 5, {P: 2}, B, True),
        ([rule("at_most", 1, BEGINNER, 7)], 5, {Group(BEGINNER, 7): 1}, Group(BEGINNER, 8), True),
        ([rule("at_most", 1, BEGINNER, 7)], 5, {Group(BEGINNER, 7, 3): 1}, Group(BEGINNER, 7, 4), False),
        ([rule("per_organisation", 2)], 5, {Group("", None, 3): 2}, Group("", None, 3), False),
        (
            [rule("per_organisation", 2)],
            5,
            {Group("", None, 3): 1, Group(BEGINNER, None, 3): 1},
            Group("", 1, 3),
            False,
        ),
        ([rule("per_organisation", 2)], 5, {Group("", None, 3): 2}, Group("", None, 4), True),
        ([rule("per_organisation", 2)], 5, {NOBODY: 4}, NOBODY, True),
        ([rule("at_least", 2, BEGINNER, kept_until=NOW - timedelta(seconds=1))], 1, {}, P, True),
        ([rule("at_least", 2, BEGINNER, kept_until=NOW)], 1, {}, P, False),
    ],
)
def test_quotas_admit(quotas, free, taken, group, admitted):
    assert Quotas(quotas, free=free, taken=taken, at=NOW).admits(group) is admitted


def test_choose_passes_over_and_keeps_the_order():
    quotas = Quotas([rule("at_most", 1, PRACTISING)], free=3, taken={}, at=NOW)

    assert quotas.choose([(1, P), (2, P), (3, B), (4, P), (5, B), (6, B)]) == [1, 3, 5]
    assert quotas.taken == Counter({B: 2, P: 1})


def test_seat_that_one_person_frees_of_two_quotas_goes_to_the_first_who_was_passed_over():
    beginners, segment = rule("at_least", 1, BEGINNER), rule("at_least", 1, segment=7)
    quotas = Quotas([beginners, segment], free=2, taken={}, at=NOW)

    assert quotas.choose([(1, P), (2, Group(BEGINNER, 7)), (3, P)]) == [2, 1]


def test_enroll_keeps_seats_for_a_group_and_lets_the_group_past_those_who_wait():
    run = make.run(capacity=3)
    make.quota(of=run, seats=2)

    rows = come(run, PRACTISING, PRACTISING, BEGINNER, PRACTISING, BEGINNER, BEGINNER)

    assert states(rows) == [S.CONFIRMED, S.WAITING, S.CONFIRMED, S.WAITING, S.CONFIRMED, S.WAITING]
    assert [row.queue_number for row in rows] == [None, 1, None, 2, None, 3]


def test_enroll_takes_no_more_of_a_group_than_its_quota():
    run = make.run(capacity=9)
    make.quota(of=run, kind="at_most", seats=1)

    assert states(come(run, BEGINNER, BEGINNER, PRACTISING)) == [S.CONFIRMED, S.WAITING, S.CONFIRMED]


def test_enroll_takes_no_more_of_an_organisation_than_its_quota():
    run = make.run(capacity=9)
    make.quota(of=run, kind="per_organisation", seats=2)
    people = [users.user() for _number in range(4)]
    organisation = users.organisation(*people[:3])

    rows = [rules.enroll(person, run) for person in people]

    assert states(rows) == [S.CONFIRMED, S.CONFIRMED, S.WAITING, S.CONFIRMED]
    assert [row.admission.organisation for row in rows[:3]] == [organisation] * 3


def test_membership_that_was_not_accepted_does_not_count():
    run = make.run(capacity=9)
    make.quota(of=run, kind="per_organisation", seats=1)
    people = [users.user() for _number in range(2)]
    organisation = users.organisation(people[0])
    organisation.memberships.create(user=people[1])

    assert states([rules.enroll(person, run) for person in people]) == [S.CONFIRMED, S.CONFIRMED]


def test_promotion_passes_over_whom_a_quota_keeps_out_and_they_keep_their_number():
    run = make.run(capacity=2)
    make.quota(of=run, kind="at_most", seats=1, level=PRACTISING)
    practising, beginner, second, third, fourth = come(run, PRACTISING, BEGINNER, PRACTISING, BEGINNER, PRACTISING)

    rules.cancel(beginner)

    assert states([practising, second, third, fourth]) == [S.CONFIRMED, S.WAITING, S.CONFIRMED, S.WAITING]
    second.refresh_from_db()
    assert second.queue_number == 1
    rules.cancel(practising)
    assert states([second, third, fourth]) == [S.CONFIRMED, S.CONFIRMED, S.WAITING]
    assert Message.objects.filter(kind=notifications.CONFIRMED, recipient=second.learner).count() == 1


def test_raised_capacity_promotes_in_order_those_whom_the_quotas_admit_once():
    run = make.run(capacity=1)
    make.quota(of=run, kind="at_most", seats=2, level=PRACTISING)
    rows = come(run, PRACTISING, PRACTISING, PRACTISING, BEGINNER, PRACTISING)

    moved = runs.change_capacity(run, 4, by=users.staff())

    assert moved == [rows[1], rows[3]]
    assert states(rows) == [S.CONFIRMED, S.CONFIRMED, S.WAITING, S.CONFIRMED, S.WAITING]
    assert rules.promote(run) == []


def test_seats_kept_until_a_time_go_to_the_queue_then_without_anybody_doing_anything():
    run = make.run(capacity=1)
    make.quota(of=run, kept_until=NOW + timedelta(days=1))
    first, second = come(run, PRACTISING, PRACTISING, at=NOW)
    assert states([first, second]) == [S.WAITING, S.WAITING]

    assert rules.sweep_offers(at=NOW + timedelta(days=1)) == 1
    assert states([first, second]) == [S.WAITING, S.WAITING]
    rules.sweep_offers(at=NOW + timedelta(days=1, seconds=1))

    assert states([first, second]) == [S.CONFIRMED, S.WAITING]


def test_approval_keeps_to_the_quotas():
    run = make.run(entry="approval", capacity=9)
    make.quota(of=run, kind="at_most", seats=1)
    rows = come(run, BEGINNER, BEGINNER, PRACTISING)

    approved = [rules.approve(row, by=users.staff()) for row in rows]

    assert [row.status for row in approved] == [S.CONFIRMED, S.WAITING, S.CONFIRMED]
    assert rules.approve(rows[1], by=users.staff()).status == S.WAITING


def test_office_gives_a_seat_past_a_quota_only_with_a_reason_that_stays():
    run = make.run(capacity=9)
    make.quota(of=run, kind="at_most", seats=1)
    _first, second = come(run, BEGINNER, BEGINNER)

    with pytest.raises(rules.RunIsFull):
        rules.give_seat(second, by=users.staff())
    given = rules.give_seat(second, by=users.staff(), reason="The speaker's assistant.")

    assert (given.status, given.is_overbooked, given.overbooking_reason) == (
        S.CONFIRMED,
        True,
        "The speaker's assistant.",
    )


def test_office_enrolls_past_a_quota_only_with_a_reason_else_the_person_waits():
    run = make.run(capacity=9)
    make.quota(of=run, kind="at_most", seats=1)
    how = {"source": Enrollment.Source.STAFF, "by": users.staff()}

    rows = come(run, BEGINNER, BEGINNER, **how) + come(run, BEGINNER, overbooking_reason="A late guest.", **how)

    assert states(rows) == [S.CONFIRMED, S.WAITING, S.CONFIRMED]
    assert [row.is_overbooked for row in rows] == [False, False, True]


def test_offer_counts_in_its_quota_until_it_expires():
    run = make.run(capacity=2, promotion="offer", offer_hours=48)
    make.quota(of=run, kind="at_most", seats=1)
    practising, beginner, waiting = come(run, PRACTISING, BEGINNER, BEGINNER, at=NOW)
    rules.cancel(beginner, at=NOW)
    offered = Enrollment.objects.get(pk=waiting.pk)
    assert offered.status == S.OFFERED

    late = come(run, BEGINNER, at=NOW + timedelta(hours=1))
    after = come(run, BEGINNER, at=NOW + timedelta(hours=49))

    assert states([practising, waiting, *late, *after]) == [S.CONFIRMED, S.CANCELLED, S.OFFERED, S.WAITING]


def test_frozen_queue_comes_before_a_newcomer_whatever_the_quotas():
    run = make.run(capacity=2, freeze_hours=48, starts_in=timedelta(days=1))
    make.quota(of=run, kind="at_most", seats=1)
    waiting = make.enrollment(of=run, status=S.WAITING, queue_number=1)
    run.next_queue_number = 2
    run.save()

    newcomer = come(run, PRACTISING)[0]

    assert states([waiting, newcomer]) == [S.WAITING, S.WAITING]


@pytest.mark.parametrize("waiting", [3, 300])
def test_a_seat_passes_the_queue_in_the_same_number_of_queries(django_assert_num_queries, waiting):
    """All but the last are passed over: nobody's row is read for it."""
    run = make.run(capacity=2)
    make.quota(of=run, kind="at_most", seats=1, level=PRACTISING)
    _practising, beginner = come(run, PRACTISING, BEGINNER)
    learners = [users.user(verified=False) for _number in range(waiting)]
    rows = Enrollment.objects.bulk_create(
        Enrollment(run=run, learner=learner, status=S.WAITING, queue_number=number)
        for number, learner in enumerate(learners, 1)
    )
    Admission.objects.bulk_create(
        Admission(enrollment=row, level=BEGINNER if row == rows[-1] else PRACTISING) for row in rows
    )
    run.next_queue_number = waiting + 1
    run.save()

    with django_assert_num_queries(26):
        rules.cancel(beginner)

    assert states([rows[0], rows[-1]]) == [S.WAITING, S.CONFIRMED]


@pytest.mark.parametrize("waiting", [1, 30])
def test_reasons_of_many_rows_cost_the_same_queries(django_assert_num_queries, waiting):
    run = make.run(capacity=None)
    make.quota(of=run, kind="at_most", seats=1)
    come(run, *[BEGINNER] * (waiting + 1))
    rows = list(Enrollment.objects.filter(run=run).for_pages())

    with django_assert_num_queries(3):
        look_up_obstacles(rows, NOW)

    assert [row.held_back_by is not None for row in sorted(rows, key=lambda row: row.pk)] == [False] + [True] * waiting


def standing_of(row):
    return standing.of_enrollment(Enrollment.objects.for_pages().get(pk=row.pk)).sentences


def test_person_reads_why_a_quota_passes_them_over():
    run = make.run(capacity=2)
    make.quota(of=run, kind="at_most", seats=1)
    _first, passed, _third, behind = come(run, BEGINNER, BEGINNER, PRACTISING, PRACTISING)

    assert standing_of(passed) == [
        "You are number 1 on the waiting list.",
        "When somebody cancels, the next person gets the place at once, and a mail about it.",
        "Your group has all the places it can have now, so a free place goes to the next person.",
        "At most 1 place goes to this group: Starting out.",
        "You keep your number.",
    ]
    assert standing_of(behind)[2:] == []


def test_person_reads_that_free_places_are_kept_for_others():
    run = make.run(capacity=2)
    make.quota(of=run, seats=1)
    rows = come(run, PRACTISING, PRACTISING)

    assert standing_of(rows[1])[2:] == [
        "The places that are free now are kept for others.",
        "1 place is kept for this group: Starting out.",
        "You keep your number.",
    ]


def test_person_reads_that_their_organisation_has_its_places():
    run = make.run(capacity=9)
    make.quota(of=run, kind="per_organisation", seats=1)
    people = [users.user(), users.user()]
    users.organisation(*people)
    rows = [rules.enroll(person, run) for person in people]

    assert standing_of(rows[1])[2:] == [
        "Your organisation has all the places it can have now, so a free place goes to the next person.",
        "At most 1 person from one organisation takes part.",
        "You keep your number.",
    ]


def test_quota_added_later_knows_the_organisations_of_those_who_came_before():
    run = make.run(capacity=9)
    people = [users.user() for _number in range(3)]
    organisation = users.organisation(*people)
    rows = [rules.enroll(person, run) for person in people[:2]]
    make.quota(of=run, kind="per_organisation", seats=2)

    for _twice in range(2):
        note_organisations(lock_run(run))

    assert [Admission.objects.get(enrollment=row).organisation for row in rows] == [organisation] * 2
    assert rules.enroll(people[2], run).status == S.WAITING
