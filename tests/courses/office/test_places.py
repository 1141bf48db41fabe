"""Places given by the office's own hand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from academy.users.models import User
from courses.errors import NotPossible, ReasonMissing, RunCancelled, RunIsFull, RunIsOver
from courses.models import CourseRun, Enrollment
from courses.office import places
from courses.office.places import NoSeatToOffer, Way
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


def waiting(run, number):
    return make.enrollment(of=run, status=S.WAITING, queue_number=number)


def test_offer_inside_the_freeze_needs_no_reason_holds_until_the_start_and_tells_once():
    run = make.run(capacity=2, freeze_hours=48, starts_in=timedelta(hours=10))
    _first, chosen = waiting(run, 1), waiting(run, 2)

    for _time in range(2):
        offered = places.offer(chosen, by=users.staff())

    assert (offered.status, offered.offered_until) == (S.OFFERED, run.sessions.get().starts_at.replace(microsecond=0))
    assert [message.kind for message in Message.objects.all()] == ["enrollment_offered"]


def test_offer_before_the_freeze_moves_the_queue_first_and_needs_a_reason_out_of_turn():
    run = make.run(capacity=2)
    make.enrollment(of=run)
    first, second, third = waiting(run, 1), waiting(run, 2), waiting(run, 3)

    with pytest.raises(NoSeatToOffer):  # the free seat went to whoever was first
        places.offer(third, by=users.staff(), reason="Speaks")

    first.refresh_from_db()
    assert first.status == S.WAITING  # what was refused is undone
    assert Enrollment.objects.filter(status=S.OFFERED).count() == 0
    assert second.status == S.WAITING


def test_offer_refuses_without_a_free_seat_after_the_start_and_for_others_than_those_who_wait():
    full = make.run(capacity=1, freeze_hours=24 * 30)
    make.enrollment(of=full)
    with pytest.raises(NoSeatToOffer):
        places.offer(waiting(full, 1), by=users.staff())

    started = make.run(starts_in=timedelta(hours=-1), sessions=2)
    with pytest.raises(RunIsOver):
        places.offer(waiting(started, 1), by=users.staff())

    cancelled = make.run(status=CourseRun.Status.CANCELLED, cancelled_at=NOW)
    with pytest.raises(RunCancelled):
        places.offer(waiting(cancelled, 1), by=users.staff())

    with pytest.raises(NotPossible):
        places.offer(make.enrollment(of=make.run(), status=S.DECLINED), by=users.staff())


def add(run, way, *, email="eva@example.org", **extra):
    return places.add_person(run, email=email, name="Eva Malá", language="en", way=way, by=users.staff(), **extra)


def test_add_person_gives_a_free_place_with_a_note_in_the_history():
    run = make.run()

    made = add(run, Way.PLACE, note="Called on Monday, vegetarian.")

    assert (made.status, made.source, made.learner.language) == (S.CONFIRMED, "staff", "en")
    assert [(note.what, note.reason) for note in made.notes.all()] == [("note", "Called on Monday, vegetarian.")]


def test_add_person_for_a_place_is_refused_when_full_and_leaves_nothing():
    run = make.run(capacity=1)
    make.enrollment(of=run)

    with pytest.raises(RunIsFull):
        add(run, Way.PLACE)

    assert not User.objects.filter(email="eva@example.org").exists()
    assert run.enrollments.count() == 1


def test_add_person_to_the_waiting_list_only_while_there_is_one():
    run = make.run(capacity=1)
    with pytest.raises(NotPossible):
        add(run, Way.WAITING)
    make.enrollment(of=run)

    assert add(run, Way.WAITING).status == S.WAITING


def test_add_person_over_capacity_needs_a_reason_that_stays():
    run = make.run(capacity=1)
    make.enrollment(of=run)
    with pytest.raises(ReasonMissing):
        add(run, Way.OVER)

    made = add(run, Way.OVER, reason="Interpreter")

    assert (made.status, made.is_overbooked, made.overbooking_reason) == (S.CONFIRMED, True, "Interpreter")


def test_add_person_over_capacity_takes_somebody_who_waits_off_the_list():
    run = make.run(capacity=1)
    make.enrollment(of=run)
    there = make.enrollment(of=run, learner=users.user(email="eva@example.org"), status=S.WAITING, queue_number=1)

    made = add(run, Way.OVER, reason="Interpreter")

    assert (made.pk, made.status) == (there.pk, S.CONFIRMED)


@pytest.mark.parametrize("way", [Way.PLACE, Way.WAITING])
def test_add_person_twice_is_one_enrollment_and_one_mail(way):
    run = make.run(capacity=1)
    if way == Way.WAITING:
        make.enrollment(of=run)

    first, second = add(run, way), add(run, way)

    assert first == second
    assert Message.objects.filter(recipient=first.learner).count() == 1
