from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from academy.users.models import User
from courses import enrollment as rules
from courses import notifications, runs
from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

S = Enrollment.Status
SECOND = timedelta(seconds=1)
NOW = timezone.now().replace(microsecond=0)


def queue(run):
    """(status, queue number) of everybody in the order in which they came."""
    return list(run.enrollments.order_by("pk").values_list("status", "queue_number"))


def test_promotion_goes_by_queue_number_and_tells_each_once():
    run = make.run(capacity=1)
    rows = [rules.enroll(users.user(), run) for _number in range(4)]
    rules.cancel(rows[0])
    rules.cancel(rows[2])

    rules.cancel(Enrollment.objects.get(pk=rows[1].pk))

    assert queue(run) == [(S.CANCELLED, None), (S.CANCELLED, 1), (S.CANCELLED, 2), (S.CONFIRMED, 3)]
    assert Message.objects.filter(kind=notifications.CONFIRMED, recipient=rows[3].learner).count() == 1


def test_promotion_by_offer_holds_the_seat_until_the_deadline():
    run = make.run(capacity=1, promotion="offer", offer_hours=48)
    first, second, third = (rules.enroll(users.user(), run, at=NOW) for _number in range(3))

    rules.cancel(first, at=NOW)

    second.refresh_from_db()
    assert (second.status, second.offered_until) == (S.OFFERED, NOW + timedelta(hours=48))
    newcomer = rules.enroll(users.user(), run, at=NOW + timedelta(hours=1))
    assert (newcomer.status, newcomer.queue_number) == (S.WAITING, 3)
    third.refresh_from_db()
    assert third.status == S.WAITING


def test_offer_never_outlives_the_freeze():
    run = make.run(capacity=1, promotion="offer", offer_hours=48, freeze_hours=24, starts_in=timedelta(hours=40))
    starts_at = run.sessions.get().starts_at
    first, second = (rules.enroll(users.user(), run, at=NOW) for _number in range(2))

    rules.cancel(first, at=NOW)

    second.refresh_from_db()
    assert second.offered_until == (starts_at - timedelta(hours=24)).replace(microsecond=0)


def test_offer_is_accepted_up_to_its_last_second_and_twice_is_safe():
    run = make.run(capacity=1, promotion="offer")
    first, second = (rules.enroll(users.user(), run, at=NOW) for _number in range(2))
    rules.cancel(first, at=NOW)
    second.refresh_from_db()
    until = second.offered_until

    with pytest.raises(rules.OfferExpired):
        rules.accept_offer(second, at=until + SECOND)
    accepted = rules.accept_offer(second, at=until + timedelta(milliseconds=900))

    assert (accepted.status, accepted.confirmed_at) == (S.CONFIRMED, until + timedelta(milliseconds=900))
    assert rules.accept_offer(second, at=until + SECOND) == accepted


def test_offer_that_expired_holds_no_seat_whether_or_not_a_worker_ran():
    run = make.run(capacity=1, promotion="offer")
    first, second = (rules.enroll(users.user(), run, at=NOW) for _number in range(2))
    rules.cancel(first, at=NOW)
    second.refresh_from_db()
    later = second.offered_until + SECOND
    assert CourseRun.objects.with_seats(later).get(pk=run.pk).seats_taken == 0

    newcomer = rules.enroll(users.user(), run, at=later)

    assert newcomer.status == S.CONFIRMED
    second.refresh_from_db()
    assert second.status == S.CANCELLED
    assert second.events.last().reason == "The offer was not accepted in time."
    with pytest.raises(rules.OfferExpired):
        rules.accept_offer(second, at=later)


def test_expired_offer_goes_to_the_next_before_any_newcomer():
    run = make.run(capacity=1, promotion="offer")
    rows = [rules.enroll(users.user(), run, at=NOW) for _number in range(3)]
    rules.cancel(rows[0], at=NOW)
    later = NOW + timedelta(hours=48, seconds=1)

    newcomer = rules.enroll(users.user(), run, at=later)

    assert newcomer.status == S.WAITING
    assert queue(run) == [(S.CANCELLED, None), (S.CANCELLED, 1), (S.OFFERED, 2), (S.WAITING, 3)]


def test_sweep_ends_expired_offers_and_promotes_once():
    run = make.run(capacity=1, promotion="offer")
    rows = [rules.enroll(users.user(), run, at=NOW) for _number in range(3)]
    rules.cancel(rows[0], at=NOW)
    later = NOW + timedelta(hours=48, seconds=1)

    assert rules.sweep_offers(at=NOW) == 0
    assert rules.sweep_offers(at=later) == 1
    assert rules.sweep_offers(at=later) == 0

    assert queue(run) == [(S.CANCELLED, None), (S.CANCELLED, 1), (S.OFFERED, 2)]


def test_sweep_fills_seats_that_a_changed_run_left_free():
    run = make.run(capacity=1, freeze_hours=24 * 30)
    first, second = (rules.enroll(users.user(), run) for _number in range(2))
    rules.cancel(first)
    assert rules.sweep_offers() == 1
    second.refresh_from_db()
    assert second.status == S.WAITING
    CourseRun.objects.update(freeze_hours=0)

    rules.sweep_offers()

    second.refresh_from_db()
    assert second.status == S.CONFIRMED


def test_nobody_moves_up_inside_the_freeze_unless_a_person_does_it():
    run = make.run(capacity=1, freeze_hours=48, starts_in=timedelta(days=14))
    starts_at = run.sessions.get().starts_at
    first, second = (rules.enroll(users.user(), run, at=NOW) for _number in range(2))
    frozen = starts_at - timedelta(hours=48)

    rules.cancel(first, at=frozen)

    second.refresh_from_db()
    assert second.status == S.WAITING
    assert rules.promote(run, at=frozen) == []
    assert rules.promote(run, by=users.staff(), at=frozen) == [second]


@pytest.mark.parametrize("change", [{"status": "cancelled"}, {"status": "closed"}, {"status": "draft"}])
def test_nobody_moves_up_on_a_run_that_is_not_published(change):
    run = make.run(capacity=None)
    make.enrollment(of=run, status=S.WAITING, queue_number=1)
    CourseRun.objects.update(cancelled_at=NOW, closed_at=NOW, **change)

    assert rules.promote(run) == []


def test_nobody_moves_up_once_the_run_has_started():
    run = make.run(capacity=None)
    row = make.enrollment(of=run, status=S.WAITING, queue_number=1)
    starts_at = run.sessions.get().starts_at

    assert rules.promote(run, by=users.staff(), at=starts_at) == []
    assert rules.promote(run, at=starts_at - timedelta(hours=1)) == [row]


def test_promotion_into_an_overlap_is_an_offer_instead_of_a_place():
    learner = users.user()
    elsewhere = make.run(starts_in=timedelta(days=14, hours=1))
    rules.enroll(learner, elsewhere, at=NOW)
    run = make.run(capacity=1, starts_in=timedelta(days=14))
    first = rules.enroll(users.user(), run, at=NOW)
    busy = rules.enroll(learner, run, at=NOW)
    assert set(rules.overlapping_sessions(learner, run)) == {elsewhere.sessions.get()}

    rules.cancel(first, at=NOW)

    busy.refresh_from_db()
    assert busy.status == S.OFFERED


def test_sessions_that_touch_do_not_overlap():
    learner = users.user()
    run = make.run()
    after = make.run(sessions=0)
    make.session(of=after, starts_at=run.sessions.get().ends_at)
    rules.enroll(learner, after)

    assert not rules.overlapping_sessions(learner, run).exists()


def test_position_moves_up_as_others_leave():
    run = make.run(capacity=1)
    _holder, first, second = (rules.enroll(users.user(), run) for _number in range(3))
    assert (rules.position(first), rules.position(second)) == (1, 2)

    rules.cancel(first)

    assert rules.position(Enrollment.objects.get(pk=second.pk)) == 1
    assert Enrollment.objects.get(pk=second.pk).queue_number == 2


@pytest.mark.parametrize("waiting", [3, 300])
def test_enroll_takes_the_same_number_of_queries_whatever_the_queue(django_assert_num_queries, waiting):
    run = make.run(capacity=1)
    make.enrollment(of=run)
    people = User.objects.bulk_create(User(email=f"w{number}@example.org") for number in range(waiting))
    Enrollment.objects.bulk_create(
        Enrollment(run=run, learner=person, status=S.WAITING, queue_number=number)
        for number, person in enumerate(people, 1)
    )
    CourseRun.objects.filter(pk=run.pk).update(next_queue_number=waiting + 1)
    newcomer = users.user()

    with django_assert_num_queries(13):
        row = rules.enroll(newcomer, run)

    assert row.queue_number == waiting + 1


def states(rows):
    return [Enrollment.objects.get(pk=row.pk).status for row in rows]


def test_full_run_leaves_other_runs_of_its_course_open():
    full = make.run(capacity=1)
    other = make.run(of=full.course, capacity=1)
    rules.enroll(users.user(), full)

    assert rules.enroll(users.user(), full).status == S.WAITING
    assert rules.enroll(users.user(), other).status == S.CONFIRMED


def test_offer_accepted_and_then_cancelled_is_dead_and_the_seat_goes_to_the_next():
    run = make.run(capacity=1, promotion="offer")
    first, second, third = (rules.enroll(users.user(), run, at=NOW) for _number in range(3))
    rules.cancel(first, at=NOW)
    accepted = rules.accept_offer(second, at=NOW)

    rules.cancel(accepted, at=NOW)

    assert states([second, third]) == [S.CANCELLED, S.OFFERED]
    with pytest.raises(rules.OfferExpired):
        rules.accept_offer(second, at=NOW)


def test_declined_offer_frees_the_place_in_the_queue_and_goes_to_the_next_once():
    run = make.run(capacity=1, promotion="offer")
    rows = [rules.enroll(users.user(), run, at=NOW) for _number in range(4)]
    rules.cancel(rows[0], at=NOW)

    for _twice in range(2):
        rules.cancel(Enrollment.objects.get(pk=rows[1].pk), at=NOW)

    assert states(rows) == [S.CANCELLED, S.CANCELLED, S.OFFERED, S.WAITING]
    assert rules.position(Enrollment.objects.get(pk=rows[3].pk)) == 1
    assert Message.objects.filter(kind=notifications.OFFERED).count() == 2


@pytest.mark.parametrize(("capacity", "offers"), [(4, 3), (None, 5)])
def test_raised_capacity_offers_as_many_places_in_order_and_again_none(capacity, offers):
    run = make.run(capacity=1, promotion="offer")
    rows = [rules.enroll(users.user(), run, at=NOW) for _number in range(6)]

    for _twice in range(2):
        runs.change_capacity(run, capacity, by=users.staff(), at=NOW)

    assert states(rows) == [S.CONFIRMED] + [S.OFFERED] * offers + [S.WAITING] * (5 - offers)
    assert Message.objects.filter(kind=notifications.OFFERED).count() == offers


def test_lowered_capacity_moves_nobody_up_until_people_are_fewer_than_seats():
    run = make.run(capacity=3)
    rows = [rules.enroll(users.user(), run) for _number in range(4)]
    runs.change_capacity(run, 2, by=users.staff())

    rules.cancel(rows[0])
    assert states(rows) == [S.CANCELLED, S.CONFIRMED, S.CONFIRMED, S.WAITING]
    rules.cancel(rows[1])

    assert states(rows) == [S.CANCELLED, S.CANCELLED, S.CONFIRMED, S.CONFIRMED]


def test_number_in_the_queue_stays_through_approval_and_messages():
    run = make.run(entry="approval", capacity=1)
    rows = [rules.enroll(users.user(), run) for _number in range(3)]
    staff = users.staff()

    for row in reversed(rows):
        rules.approve(row, by=staff)

    assert queue(run) == [(S.WAITING, 1), (S.WAITING, 2), (S.CONFIRMED, 3)]


def test_approval_persists_through_waiting_and_moving_up():
    run = make.run(entry="approval", capacity=1)
    first, second = (rules.enroll(users.user(), run) for _number in range(2))
    staff = users.staff()
    for row in (first, second):
        rules.approve(row, by=staff)

    rules.cancel(Enrollment.objects.get(pk=first.pk))

    assert states([second]) == [S.CONFIRMED]
    assert list(second.events.values_list("to_status", flat=True)) == [S.APPLIED, S.WAITING, S.CONFIRMED]


def test_somebody_who_leaves_the_queue_moves_nobody_up_and_gets_no_confirmation():
    run = make.run(capacity=1)
    _first, second, third = (rules.enroll(users.user(), run) for _number in range(3))

    rules.cancel(second)

    assert states([second, third]) == [S.CANCELLED, S.WAITING]
    assert not Message.objects.filter(kind=notifications.CONFIRMED, recipient=second.learner).exists()
    assert rules.position(Enrollment.objects.get(pk=third.pk)) == 1
