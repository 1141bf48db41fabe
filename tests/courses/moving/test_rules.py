from datetime import timedelta

import pytest
from django.utils import timezone, translation

from academy.mail.models import Message
from courses import enrollment as enrolling
from courses import standing
from courses.entry.models import Admission
from courses.errors import EnrollmentClosed, NotPossible
from courses.models import Enrollment
from courses.moving import rules
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


def two_runs(**target):
    """Two runs of one course; the second starts a month later."""
    first = make.run(capacity=1)
    return first, make.run(of=first.course, starts_in=timedelta(days=44), **target)


def placed(run, at=NOW):
    return enrolling.enroll(users.user(), run, at=at)


def told(kind):
    return set(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


def status_of(row):
    row.refresh_from_db()
    return row.status


def test_change_run_gives_the_new_place_releases_the_old_and_promotes_there():
    first, second = two_runs()
    row, waiting = placed(first), placed(first)

    new = rules.change_run(row, second, by=row.learner, at=NOW)

    assert (new.status, new.run, new.follows, new.moves, new.confirmed_at) == (S.CONFIRMED, second, row, 1, NOW)
    assert (status_of(row), row.is_late_cancellation, status_of(waiting)) == (S.CANCELLED, False, S.CONFIRMED)
    assert told("enrollment_moved") == {row.learner_id}
    assert told("enrollment_cancelled") == set()


def test_change_run_twice_gives_the_same_place():
    first, second = two_runs()
    row = placed(first)

    made = [rules.change_run(row, second, by=row.learner, at=NOW) for _time in range(2)]

    assert made[0] == made[1]
    assert row.learner.enrollments.count() == 2
    assert Message.objects.filter(kind="enrollment_moved").count() == 1


@pytest.mark.parametrize("waiting", [False, True])
def test_moving_to_a_full_run_leaves_the_old_place_untouched(waiting):
    first, second = two_runs(capacity=1)
    row = placed(first)
    placed(second)
    if waiting:
        placed(second)
    before = list(row.events.values_list("pk", flat=True))

    with pytest.raises(rules.ThatRunIsFull):
        rules.change_run(row, second, by=row.learner, at=NOW)

    assert status_of(row) == S.CONFIRMED
    assert list(row.events.values_list("pk", flat=True)) == before
    assert not second.enrollments.filter(learner=row.learner).exists()


def test_nobody_moves_past_the_queue_into_a_seat_that_is_free():
    first, second = two_runs(capacity=2)
    row = placed(first)
    make.enrollment(of=second, status=S.WAITING, queue_number=1)
    # Inside the freeze nobody is promoted, so the seat stays free while somebody waits.
    second.freeze_hours = 24 * 90
    second.save()

    with pytest.raises(rules.ThatRunIsFull):
        rules.change_run(row, second, by=row.learner, at=NOW)


def test_moving_is_possible_up_to_the_second_of_the_deadline():
    first, second = two_runs()
    first.cancel_until = NOW + timedelta(days=3)
    first.save()
    row = placed(first)

    with pytest.raises(rules.TooLateToMove):
        rules.change_run(row, second, by=row.learner, at=first.cancel_until + timedelta(seconds=1))
    new = rules.change_run(row, second, by=row.learner, at=first.cancel_until + timedelta(microseconds=900))

    assert new.run == second


def test_third_move_is_refused_when_two_are_allowed():
    first, second = two_runs()
    third = make.run(of=first.course, starts_in=timedelta(days=60))
    row = placed(first)
    for target in (second, third):
        row = rules.change_run(row, target, by=row.learner, at=NOW)

    with pytest.raises(rules.TooManyMoves):
        rules.change_run(row, first, by=row.learner, at=NOW)

    assert (status_of(row), row.run, row.moves) == (S.CONFIRMED, third, 2)


def test_office_moves_people_after_the_deadline_and_beyond_the_limit():
    first, second = two_runs()
    first.max_moves = 0
    first.cancel_until = NOW
    first.save()
    row, office = placed(first), users.staff()
    later = NOW + timedelta(days=2)
    with pytest.raises(rules.TooManyMoves):
        rules.change_run(row, second, by=row.learner, at=later)

    new = rules.change_run(row, second, by=office, by_office=True, at=later)

    assert (new.status, new.events.get().by) == (S.CONFIRMED, office)


@pytest.mark.parametrize(
    ("which", "refusal"),
    [
        ("same", rules.NotTheSameCourse),
        ("other course", rules.NotTheSameCourse),
        ("waiting", rules.NoPlaceToMove),
        ("there already", rules.OnThatRunAlready),
        ("call", rules.DecidedByOffice),
        ("closed", EnrollmentClosed),
        ("started", rules.TooLateToMove),
    ],
)
def test_change_run_refuses_and_changes_nothing(which, refusal):
    first, second = two_runs(entry="call" if which == "call" else "open")
    row = placed(first)
    target, at = second, NOW
    match which:
        case "same":
            target = first
        case "other course":
            target = make.run()
        case "waiting":
            row = placed(first)
        case "there already":
            enrolling.enroll(row.learner, second, at=NOW)
        case "closed":
            second.closes_at = NOW - timedelta(seconds=1)
            second.save()
        case "started":
            first.cancel_until = NOW + timedelta(days=90)
            first.save()
            at = NOW + timedelta(days=20)
    before = (status_of(row), Enrollment.objects.count())

    with pytest.raises(refusal):
        rules.change_run(row, target, by=row.learner, at=at)

    assert (status_of(row), Enrollment.objects.count()) == before


def test_approved_place_moves_to_another_run_with_approval():
    first, second = two_runs(entry="approval")
    first.entry = "approval"
    first.save()
    row = enrolling.approve(placed(first), by=users.staff(), at=NOW)

    assert rules.change_run(row, second, by=row.learner, at=NOW).status == S.CONFIRMED


def test_waiting_for_another_run_keeps_the_place_until_the_offer_is_accepted():
    first, second = two_runs(capacity=1)
    row, sitting = placed(first), placed(second)
    behind = placed(first)

    waits = rules.wait_for_run(row, second, by=row.learner, at=NOW)
    assert (waits.status, status_of(row), status_of(behind)) == (S.WAITING, S.CONFIRMED, S.WAITING)
    assert rules.wait_for_run(row, second, by=row.learner, at=NOW) == waits
    enrolling.cancel(sitting, at=NOW)
    assert (status_of(waits), status_of(row)) == (S.OFFERED, S.CONFIRMED)

    accepted = rules.accept(Enrollment.objects.get(pk=waits.pk), by=row.learner, at=NOW)

    assert (accepted.status, status_of(row), status_of(behind)) == (S.CONFIRMED, S.CANCELLED, S.CONFIRMED)
    assert row.is_late_cancellation is False
    assert told("enrollment_cancelled") == {sitting.learner_id, row.learner_id}


def test_offer_of_another_run_that_is_declined_leaves_the_old_place():
    first, second = two_runs(capacity=1)
    row, sitting = placed(first), placed(second)
    waits = rules.wait_for_run(row, second, by=row.learner, at=NOW)
    enrolling.cancel(sitting, at=NOW)

    enrolling.cancel(waits, at=NOW)

    assert (status_of(waits), status_of(row)) == (S.CANCELLED, S.CONFIRMED)


def test_accepting_after_the_old_run_has_started_keeps_both_places():
    first, second = two_runs(capacity=1)
    second.offer_hours = 24 * 30
    second.save()
    row, sitting = placed(first), placed(second)
    waits = rules.wait_for_run(row, second, by=row.learner, at=NOW)
    enrolling.cancel(sitting, at=NOW + timedelta(days=10))

    accepted = rules.accept(Enrollment.objects.get(pk=waits.pk), by=row.learner, at=NOW + timedelta(days=15))

    assert (accepted.status, status_of(row)) == (S.CONFIRMED, S.CONFIRMED)


def test_waiting_is_refused_where_a_place_is_free():
    first, second = two_runs()
    row = placed(first)

    with pytest.raises(NotPossible):
        rules.wait_for_run(row, second, by=row.learner, at=NOW)


def test_other_runs_are_those_one_can_go_to():
    first, second = two_runs()
    row = placed(first)
    make.run(of=first.course, starts_in=timedelta(days=-1))
    make.run(of=first.course, status="draft")
    make.run(of=first.course, entry="call")
    make.run()
    taken = make.run(of=first.course)
    enrolling.enroll(row.learner, taken, at=NOW)

    assert rules.other_runs(row, at=NOW) == [second]


def test_change_run_costs_the_same_number_of_queries_whatever_the_queue(django_assert_num_queries):
    for waiting in (1, 30):
        first, second = two_runs()
        row = placed(first)
        for _number in range(waiting):
            placed(first)
        with django_assert_num_queries(30):
            rules.change_run(row, second, by=row.learner, at=NOW)


def test_waiting_for_the_run_that_one_left_finds_nobody_elses_place():
    run = make.run(capacity=1)
    old = make.enrollment(of=run, status=S.CANCELLED)
    make.enrollment(of=run, status=S.OFFERED, offered_until=NOW + timedelta(hours=3), follows=old)

    with pytest.raises(rules.NotTheSameCourse):
        rules.wait_for_run(old, run, by=old.learner, at=NOW)


def test_run_meant_for_a_part_of_the_trade_takes_only_its_people_from_other_runs():
    booking, (first, second) = make.segment("Booking"), two_runs(capacity=1)
    second.audience.set([booking])
    second.save()
    stranger, theirs = placed(first), make.enrollment(of=first)
    Admission.objects.create(enrollment=theirs, segment=booking)

    for verb in (rules.change_run, rules.wait_for_run):
        with pytest.raises(rules.DecidedByOffice):
            verb(stranger, second, by=stranger.learner, at=NOW)
    assert (rules.other_runs(stranger, at=NOW), rules.other_runs(theirs, at=NOW)) == ([], [second])
    assert rules.change_run(theirs, second, by=theirs.learner, at=NOW).admission.segment == booking
    assert status_of(stranger) == S.CONFIRMED


def test_office_moves_people_to_a_run_that_is_not_meant_for_them():
    first, second = two_runs()
    second.audience.set([make.segment("Booking")])
    second.save()

    assert rules.change_run(placed(first), second, by=users.staff(), by_office=True, at=NOW).status == S.CONFIRMED


@pytest.mark.parametrize("by_office", [False, True])
def test_unpaid_place_that_has_lapsed_is_not_moved_before_anything_has_noticed(by_office):
    first, second = two_runs()
    row = placed(first)
    Enrollment.objects.update(lapses_at=NOW)

    with pytest.raises(rules.NoPlaceToMove):
        rules.change_run(row, second, by=row.learner, by_office=by_office, at=NOW + timedelta(seconds=1))
    assert rules.change_run(row, second, by=row.learner, by_office=by_office, at=NOW).status == S.CONFIRMED


def waits_for_two():
    """A place on one run, and offers of two other runs of the course that would take it over."""
    first, second = two_runs(capacity=1)
    third = make.run(of=first.course, starts_in=timedelta(days=58), capacity=1)
    row, sitting = placed(first), [placed(second), placed(third)]
    offers = [rules.wait_for_run(row, run, by=row.learner, at=NOW) for run in (second, third)]
    for one in sitting:
        enrolling.cancel(one, at=NOW)
    return row, [Enrollment.objects.get(pk=offer.pk) for offer in offers]


@pytest.mark.parametrize("moves_on", [False, True])
def test_second_acceptance_gives_no_second_place_unawares(moves_on):
    row, (one, other) = waits_for_two()
    place = rules.accept(one, by=row.learner, at=NOW)
    if moves_on:
        place = rules.change_run(place, make.run(of=row.run.course, starts_in=timedelta(days=70)), by=None, at=NOW)

    with pytest.raises(rules.MovedElsewhereMeanwhile, match=place.run.code):
        rules.accept(other, by=row.learner, at=NOW)

    assert (status_of(place), status_of(other)) == (S.CONFIRMED, S.OFFERED)
    enrolling.cancel(place, at=NOW)
    assert rules.accept(other, by=row.learner, at=NOW).status == S.CONFIRMED


def test_offer_names_no_place_as_kept_that_was_left_meanwhile():
    row, (one, other) = waits_for_two()
    code = row.run.code
    with translation.override("en"):
        assert code in str(standing.of_enrollment(Enrollment.objects.for_pages().get(pk=other.pk)).sentences)
        rules.accept(one, by=row.learner, at=NOW)
        assert code not in str(standing.of_enrollment(Enrollment.objects.for_pages().get(pk=other.pk)).sentences)
