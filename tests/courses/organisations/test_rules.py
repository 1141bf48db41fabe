from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone, translation

from academy.mail.models import Message
from academy.users import memberships
from academy.users.models import Membership, Organisation, User
from courses import enrollment as enrolling
from courses.entry.models import SeatQuota
from courses.errors import EnrollmentClosed, OfferExpired
from courses.models import Enrollment
from courses.organisations import rules
from courses.organisations.errors import (
    NobodyNamed,
    NotEnoughSeats,
    NotForOrganisations,
    NotYourPerson,
    OnTheRunAlready,
    TooLateForOthers,
    TooLateToSwap,
)
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def label():
    return Organisation.objects.create(name="Vydavatelství")


@pytest.fixture
def manager(label):
    person = users.user("Manažerka")
    Membership.objects.create(organisation=label, user=person, role="manager", accepted_at=NOW)
    return person


def group(n, start=1):
    return [(f"new{number}@example.org", f"Person {number}") for number in range(start, start + n)]


def ask(label, run, people, by, **how):
    return rules.enroll_group(label, run, people, by=by, at=how.pop("at", NOW), **how)


def status_of(row):
    row.refresh_from_db()
    return row.status


def told(kind):
    return set(Message.objects.filter(kind=kind).values_list("to", flat=True))


def test_each_named_person_is_held_a_seat_and_gets_their_own_mail(label, manager):
    run = make.run(capacity=3)
    known = users.user("Jana", email="jana@example.org")

    outcome = ask(label, run, [("JANA@example.org ", "Jana Jiná"), ("new1@example.org", "Nová")], manager)

    rows = list(run.enrollments.order_by("pk"))
    assert outcome.offered == rows
    assert [(row.status, row.source, row.organisation, row.offered_until) for row in rows] == [
        (S.OFFERED, "organisation", label, NOW + timedelta(hours=48))
    ] * 2
    assert [row.learner for row in rows] == [known, User.objects.get(email="new1@example.org")]
    known.refresh_from_db()
    assert known.name == "Jana"
    assert told("organisation_offer") == {"jana@example.org", "new1@example.org"}
    assert run.enrollments.holding_seat(NOW).count() == 2


def test_account_opened_for_somebody_is_unverified_until_they_log_in(label, manager):
    ask(label, make.run(), group(1), manager)

    opened = User.objects.get(email="new1@example.org")
    assert not EmailAddress.objects.filter(user=opened, verified=True).exists()
    assert not opened.has_usable_password()


def test_organisation_that_asks_for_five_with_three_left_gets_nothing_and_hears_how_many_are_left(label, manager):
    run = make.run(capacity=3)

    with pytest.raises(NotEnoughSeats) as refused:
        ask(label, run, group(5), manager)

    assert (str(refused.value), refused.value.left) == ("Only 3 seats are left, so nobody was enrolled.", 3)
    assert not Enrollment.objects.exists()
    assert not User.objects.filter(email__startswith="new").exists()
    assert not Message.objects.exists()


def test_as_many_as_possible_takes_the_first_in_the_list_and_queues_nobody(label, manager):
    run = make.run(capacity=3)

    outcome = ask(label, run, group(5), manager, all_or_nothing=False)

    assert [row.learner.email for row in outcome.offered] == [email for email, _name in group(3)]
    assert outcome.left_out == ["new4@example.org", "new5@example.org"]
    assert set(run.enrollments.values_list("status", flat=True)) == {S.OFFERED}
    assert not User.objects.filter(email="new4@example.org").exists()


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_nobody_is_served_before_those_who_wait(label, manager, all_or_nothing):
    run = make.run(capacity=2, freeze_hours=24)
    make.enrollment(of=run, status=S.WAITING, queue_number=1)
    late = run.sessions.get().starts_at - timedelta(hours=30)
    run.capacity = 1
    run.save()
    make.enrollment(of=run, confirmed_at=NOW)

    if all_or_nothing:
        with pytest.raises(NotEnoughSeats) as refused:
            ask(label, run, group(1), manager, at=late)
        assert "People wait" in str(refused.value)
    else:
        assert ask(label, run, group(1), manager, at=late, all_or_nothing=False).offered == []
    assert run.enrollments.count() == 2


def test_who_is_on_the_run_already_takes_no_second_seat(label, manager):
    run = make.run(capacity=2)
    there = enrolling.enroll(users.user(email="new1@example.org"), run, at=NOW)

    with pytest.raises(OnTheRunAlready) as refused:
        ask(label, run, group(2), manager)
    assert "new1@example.org" in str(refused.value)
    outcome = ask(label, run, group(2), manager, all_or_nothing=False)

    assert (outcome.there_already, [row.learner.email for row in outcome.offered]) == (
        ["new1@example.org"],
        ["new2@example.org"],
    )
    assert status_of(there) == S.CONFIRMED


def test_same_address_twice_is_one_person(label, manager):
    run = make.run()

    ask(label, run, [("a@example.org", "A"), ("A@example.org", "B")], manager)

    assert run.enrollments.count() == 1


def test_seat_not_accepted_returns_to_the_queue_at_the_deadline(label, manager):
    run = make.run(capacity=1)
    (row,) = ask(label, run, group(1), manager).offered
    waiting = enrolling.enroll(users.user(), run, at=NOW)
    deadline = row.offered_until

    assert run.enrollments.holding_seat(deadline).count() == 1
    assert run.enrollments.holding_seat(deadline + timedelta(seconds=1)).count() == 0
    with pytest.raises(OfferExpired):
        enrolling.accept_offer(row, by=row.learner, at=deadline + timedelta(seconds=1))
    enrolling.sweep_offers(at=deadline + timedelta(seconds=1))

    assert (status_of(row), status_of(waiting)) == (S.CANCELLED, S.CONFIRMED)


def test_named_person_accepts_to_the_second(label, manager):
    (row,) = ask(label, make.run(), group(1), manager).offered

    accepted = enrolling.accept_offer(row, by=row.learner, at=row.offered_until + timedelta(microseconds=5))

    assert (accepted.status, accepted.organisation) == (S.CONFIRMED, label)


@pytest.mark.parametrize(
    ("run", "refusal"),
    [
        ({"entry": "call"}, NotForOrganisations),
        ({"entry": "approval"}, NotForOrganisations),
        ({"freeze_hours": 24 * 20}, TooLateForOthers),
        ({"closes_at": NOW - timedelta(seconds=1)}, EnrollmentClosed),
    ],
)
def test_group_is_refused_and_nothing_is_written(label, manager, run, refusal):
    run = make.run(**run)

    with pytest.raises(refusal):
        ask(label, run, group(2), manager)

    assert not run.enrollments.exists()
    assert not User.objects.filter(email__startswith="new").exists()


def test_group_of_nobody_is_refused(label, manager):
    with pytest.raises(NobodyNamed):
        ask(label, make.run(), [], manager)


def test_offer_ends_at_the_freeze_at_the_latest(label, manager):
    run = make.run(starts_in=timedelta(hours=40), freeze_hours=24)

    (row,) = ask(label, run, group(1), manager).offered

    assert row.offered_until == (run.sessions.get().starts_at - timedelta(hours=24)).replace(microsecond=0)


# --- giving a place to somebody else ---


@pytest.mark.parametrize("is_accepted", [False, True])
def test_swap_keeps_the_seat_and_tells_both(label, manager, is_accepted):
    run = make.run(capacity=1)
    (old,) = ask(label, run, group(1), manager).offered
    if is_accepted:
        enrolling.accept_offer(old, by=old.learner, at=NOW)
    waiting = enrolling.enroll(users.user(), run, at=NOW)

    new = rules.swap(old, email="Other@example.org", name="Other", by=manager, at=NOW)

    assert (status_of(old), old.is_late_cancellation, status_of(waiting)) == (S.CANCELLED, False, S.WAITING)
    assert (new.status, new.follows, new.organisation, new.learner.email, new.moves) == (
        S.OFFERED,
        old,
        label,
        "other@example.org",
        0,
    )
    assert told("organisation_swapped_out") == {"new1@example.org"}
    assert "other@example.org" in told("organisation_offer")
    assert old.events.last().by == manager


def test_swap_twice_is_the_same_place(label, manager):
    (old,) = ask(label, make.run(), group(1), manager).offered

    made = [rules.swap(old, email="o@example.org", name="O", by=manager, at=NOW) for _time in range(2)]

    assert made[0] == made[1]
    assert Message.objects.filter(kind="organisation_swapped_out").count() == 1


def test_swap_is_possible_up_to_the_second_of_the_deadline(label, manager):
    run = make.run(cancel_until=NOW + timedelta(days=2))
    row = ask(label, run, group(1), manager).offered[0]
    enrolling.accept_offer(row, by=row.learner, at=NOW)

    with pytest.raises(TooLateToSwap):
        rules.swap(row, email="o@example.org", name="O", by=manager, at=run.cancel_until + timedelta(seconds=1))
    assert rules.swap(row, email="o@example.org", name="O", by=manager, at=run.cancel_until).status == S.OFFERED


def test_swap_refuses_a_place_that_the_person_took_themselves(label, manager):
    row = enrolling.enroll(users.user(), make.run(), at=NOW)

    with pytest.raises(NotYourPerson):
        rules.swap(row, email="o@example.org", name="O", by=manager, at=NOW)


def test_swap_refuses_expired_offers_and_people_on_the_run(label, manager):
    run = make.run()
    first, second = ask(label, run, group(2), manager).offered

    with pytest.raises(OnTheRunAlready):
        rules.swap(first, email=second.learner.email, name="X", by=manager, at=NOW)
    with pytest.raises(TooLateToSwap):
        rules.swap(first, email="o@example.org", name="O", by=manager, at=first.offered_until + timedelta(seconds=1))
    enrolling.cancel(second, at=NOW)
    with pytest.raises(TooLateToSwap):
        rules.swap(second, email="o@example.org", name="O", by=manager, at=NOW)

    assert status_of(first) == S.OFFERED
    assert not User.objects.filter(email="o@example.org").exists()


def test_manager_sees_members_who_agreed_and_people_they_asked_for_and_nobody_else(label, manager):
    run = make.run()
    agreed, invited, stranger = (enrolling.enroll(users.user(), run, at=NOW) for _number in range(3))
    memberships.accept(memberships.add_member(label, agreed.learner))
    memberships.add_member(label, invited.learner)
    asked = ask(label, run, group(1), manager).offered[0]
    other = Organisation.objects.create(name="Jiná")
    memberships.accept(memberships.add_member(other, stranger.learner))

    assert set(rules.people_of(label)) == {agreed, asked}
    assert set(rules.people_of(other)) == {stranger}
    memberships.leave(Membership.objects.get(user=agreed.learner))
    assert set(rules.people_of(label)) == {asked}


def test_group_costs_the_same_number_of_queries_per_person_whatever_the_queue(
    label, manager, django_assert_num_queries
):
    for there in (3, 30):
        run = make.run(capacity=100)
        for _number in range(there):
            make.enrollment(of=run)
        with django_assert_num_queries(24):
            ask(label, run, group(2, start=there), manager)


def test_group_takes_no_more_seats_than_the_quota_of_one_organisation(label, manager):
    run = make.run(capacity=10)
    SeatQuota.objects.create(run=run, kind="per_organisation", seats=2)

    with pytest.raises(NotEnoughSeats) as refused:
        ask(label, run, group(3), manager)
    assert refused.value.left == 2
    outcome = ask(label, run, group(3), manager, all_or_nothing=False)

    assert (len(outcome.offered), outcome.left_out) == (2, ["new3@example.org"])
    swapped = rules.swap(outcome.offered[0], email="o@example.org", name="O", by=manager, at=NOW)
    assert swapped.admission.organisation_id == label.pk
    assert ask(label, run, group(1, start=9), manager, all_or_nothing=False).offered == []
