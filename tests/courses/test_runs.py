from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from courses import enrollment, runs
from courses.errors import BadCapacity, BadTimes, NotPossible, ReasonMissing, RunCancelled, RunIsOver
from courses.models import CourseRun, Enrollment, Venue, WorkshopSession
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def staff():
    return users.staff()


def statuses(run):
    return list(run.enrollments.order_by("pk").values_list("status", flat=True))


def told(kind):
    return set(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


# --- Publishing -------------------------------------------------------------------


def test_publish_opens_a_draft_once(staff):
    run = make.run(status="draft")

    assert runs.publish(run, by=staff).status == CourseRun.Status.PUBLISHED
    assert runs.publish(run, by=staff).status == CourseRun.Status.PUBLISHED


def test_publish_needs_a_session(staff):
    run = make.run(status="draft", sessions=0)

    with pytest.raises(NotPossible):
        runs.publish(run, by=staff)

    run.refresh_from_db()
    assert run.status == CourseRun.Status.DRAFT


def test_publish_refuses_what_is_over(staff):
    with pytest.raises(NotPossible):
        runs.publish(make.run(status="closed", closed_at=NOW), by=staff)


# --- Capacity ---------------------------------------------------------------------


def test_capacity_raised_promotes_as_many_in_order_and_again_nobody(staff):
    run = make.run(capacity=1)
    rows = [enrollment.enroll(users.user(), run) for _number in range(5)]

    promoted = runs.change_capacity(run, 3, by=staff)

    assert promoted == rows[1:3]
    assert statuses(run) == [S.CONFIRMED, S.CONFIRMED, S.CONFIRMED, S.WAITING, S.WAITING]
    assert runs.change_capacity(run, 3, by=staff) == []


def test_capacity_without_limit_promotes_everybody(staff):
    run = make.run(capacity=1)
    rows = [enrollment.enroll(users.user(), run) for _number in range(4)]

    assert runs.change_capacity(run, None, by=staff) == rows[1:]


def test_capacity_lowered_removes_nobody_and_flags_the_last(staff):
    run = make.run(capacity=3)
    rows = [enrollment.enroll(users.user(), run) for _number in range(4)]

    assert runs.change_capacity(run, 1, by=staff) == []

    assert statuses(run) == [S.CONFIRMED, S.CONFIRMED, S.CONFIRMED, S.WAITING]
    assert set(run.enrollments.filter(is_overbooked=True)) == set(rows[1:3])
    enrollment.cancel(rows[0])
    assert statuses(run)[3] == S.WAITING
    runs.change_capacity(run, 3, by=staff)
    assert not run.enrollments.filter(is_overbooked=True).exists()
    assert statuses(run) == [S.CANCELLED, S.CONFIRMED, S.CONFIRMED, S.CONFIRMED]


def test_capacity_keeps_the_flag_of_those_whom_staff_let_in(staff):
    run = make.run(capacity=1)
    enrollment.enroll(users.user(), run)
    guest = enrollment.enroll(users.user(), run, source="staff", by=staff, overbooking_reason="Interpreter.")

    runs.change_capacity(run, 0, by=staff)
    runs.change_capacity(run, 1, by=staff)

    assert set(run.enrollments.filter(is_overbooked=True)) == {guest}
    assert run.enrollments.get(pk=guest.pk).overbooking_reason == "Interpreter."


def test_capacity_refuses_below_zero_and_runs_that_are_over(staff):
    run = make.run(capacity=2)

    with pytest.raises(BadCapacity):
        runs.change_capacity(run, -1, by=staff)
    with pytest.raises(RunCancelled):
        runs.change_capacity(make.run(status="cancelled", cancelled_at=NOW), 3, by=staff)
    with pytest.raises(RunIsOver):
        runs.change_capacity(make.run(status="closed", closed_at=NOW), 3, by=staff)
    run.refresh_from_db()
    assert run.capacity == 2


# --- Cancelling -------------------------------------------------------------------


def test_cancel_run_releases_everybody_tells_each_once_and_promotes_nobody(staff):
    run = make.run(capacity=1, sessions=2)
    rows = [enrollment.enroll(users.user(), run) for _number in range(3)]
    gone = enrollment.enroll(users.user(), run)
    enrollment.cancel(gone)

    at = timezone.now()
    runs.cancel_run(run, by=staff, reason="Too few people.", at=at)
    cancelled = runs.cancel_run(run, by=staff, reason="Again.")

    assert (cancelled.status, cancelled.cancelled_at) == (CourseRun.Status.CANCELLED, at)
    assert statuses(run) == [S.WITHDRAWN, S.WITHDRAWN, S.WITHDRAWN, S.CANCELLED]
    assert [row.events.last().reason for row in rows] == ["Too few people."] * 3
    assert told("run_cancelled") == {row.learner_id for row in rows}
    assert Message.objects.filter(kind="run_cancelled").count() == 3
    assert set(run.sessions.values_list("status", "sequence")) == {("cancelled", 1)}
    with pytest.raises(enrollment.RunCancelled):
        enrollment.enroll(users.user(), run)


def test_cancel_run_leaves_sessions_that_took_place(staff):
    run = make.run(sessions=2)
    first, _second = run.sessions.order_by("starts_at")

    runs.cancel_run(run, by=staff, reason="The trainer is ill.", at=first.ends_at)

    assert list(run.sessions.order_by("starts_at").values_list("status", flat=True)) == ["planned", "cancelled"]


def test_cancel_run_needs_a_reason_and_an_open_run(staff):
    with pytest.raises(ReasonMissing):
        runs.cancel_run(make.run(), by=staff, reason=" ")
    with pytest.raises(RunIsOver):
        runs.cancel_run(make.run(status="closed", closed_at=NOW), by=staff, reason="x")


def test_cancel_session_raises_the_sequence_and_tells_each_once(staff):
    run = make.run(capacity=1, sessions=2)
    rows = [enrollment.enroll(users.user(), run) for _number in range(2)]
    session = run.sessions.order_by("starts_at").first()

    runs.cancel_session(session, by=staff, reason="The hall is flooded.", at=NOW)
    cancelled = runs.cancel_session(session, by=staff, reason="Again.")

    assert (cancelled.status, cancelled.sequence, cancelled.changed_at) == ("cancelled", 1, NOW)
    assert told("session_cancelled") == {row.learner_id for row in rows}
    assert Message.objects.filter(kind="session_cancelled").count() == 2


def test_cancel_session_refuses_the_only_one_and_one_with_attendance(staff):
    run = make.run(sessions=1)
    with pytest.raises(NotPossible):
        runs.cancel_session(run.sessions.get(), by=staff, reason="x")
    held = make.session(of=run)
    make.attendance(of=make.enrollment(of=run), session=held)
    with pytest.raises(NotPossible):
        runs.cancel_session(held, by=staff, reason="x")
    with pytest.raises(ReasonMissing):
        runs.cancel_session(run.sessions.first(), by=staff, reason="")

    assert set(run.sessions.values_list("status", flat=True)) == {"planned"}


# --- Moving -----------------------------------------------------------------------


def test_move_session_keeps_the_uid_and_raises_the_sequence_once(staff):
    run = make.run()
    row = enrollment.enroll(users.user(), run)
    session = run.sessions.get()
    starts_at, ends_at = session.starts_at + timedelta(days=1), session.ends_at + timedelta(days=1)

    moved = runs.move_session(session, starts_at=starts_at, ends_at=ends_at, by=staff, at=NOW)
    again = runs.move_session(session, starts_at=starts_at, ends_at=ends_at, by=staff)

    assert (moved.uid, moved.sequence, moved.starts_at, moved.changed_at) == (session.uid, 1, starts_at, NOW)
    assert (again.sequence, again.changed_at) == (1, NOW)
    message = Message.objects.get(kind="session_moved")
    assert message.recipient == row.learner
    assert message.facts["old"]["starts_at"] == session.starts_at.isoformat()


def test_move_session_to_another_venue_is_a_move(staff):
    run = make.run()
    session, venue = run.sessions.get(), Venue.objects.create(name_cs="Sál", city="Praha")

    moved = runs.move_session(session, starts_at=session.starts_at, ends_at=session.ends_at, venue=venue, by=staff)

    assert (moved.venue, moved.sequence) == (venue, 1)
    away = runs.move_session(session, starts_at=session.starts_at, ends_at=session.ends_at, venue=None, by=staff)
    assert (away.venue, away.sequence) == (None, 2)


def test_move_session_gives_a_day_to_cancel_without_a_mark(staff):
    run = make.run(cancel_until=NOW + timedelta(days=1))
    rows = [enrollment.enroll(users.user(), run, at=NOW) for _number in range(2)]
    session = run.sessions.get()
    moved_at = NOW + timedelta(days=5)
    runs.move_session(
        session,
        starts_at=session.starts_at + timedelta(days=1),
        ends_at=session.ends_at + timedelta(days=1),
        by=staff,
        at=moved_at,
    )

    in_time = enrollment.cancel(rows[0], at=moved_at + timedelta(hours=24))
    late = enrollment.cancel(rows[1], at=moved_at + timedelta(hours=24, seconds=1))

    assert (in_time.is_late_cancellation, late.is_late_cancellation) == (False, True)


def test_move_session_earlier_shortens_offers(staff):
    run = make.run(capacity=1, promotion="offer", offer_hours=200)
    first, second = (enrollment.enroll(users.user(), run, at=NOW) for _number in range(2))
    enrollment.cancel(first, at=NOW)
    session = run.sessions.get()
    starts_at = NOW + timedelta(days=3)

    runs.move_session(session, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), by=staff, at=NOW)

    second.refresh_from_db()
    assert second.offered_until == starts_at


def test_move_session_refuses_bad_times_and_what_is_over(staff):
    run = make.run(sessions=2)
    session, other = run.sessions.order_by("starts_at")
    times = {"starts_at": session.starts_at, "ends_at": session.ends_at + timedelta(hours=1)}

    with pytest.raises(BadTimes):
        runs.move_session(session, starts_at=session.ends_at, ends_at=session.ends_at, by=staff)
    make.attendance(of=make.enrollment(of=run), session=session)
    with pytest.raises(NotPossible):
        runs.move_session(session, by=staff, **times)
    CourseRun.objects.update(status="cancelled", cancelled_at=NOW)
    with pytest.raises(RunCancelled):
        runs.move_session(other, by=staff, **times)

    session.refresh_from_db()
    assert session.sequence == 0


# --- Adding a session ---------------------------------------------------------------


def a_session(run, **extra):
    starts_at = NOW + timedelta(days=30)
    values = {"title_cs": "Navíc", "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2), **extra}
    return WorkshopSession(run=run, **values)


def test_add_session_tells_everybody_concerned_and_adds_it_once(staff):
    run = make.run()
    held, gone = make.enrollment(of=run), make.enrollment(of=run, status=S.CANCELLED)

    added = runs.add_session(a_session(run), by=staff)

    assert runs.add_session(a_session(run), by=staff) == added
    assert run.sessions.count() == 2
    assert told("session_added") == {held.learner_id}
    assert gone.learner_id != held.learner_id


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ({"status": "cancelled", "cancelled_at": NOW}, RunCancelled),
        ({"status": "closed", "closed_at": NOW}, RunIsOver),
    ],
)
def test_add_session_refuses_a_run_that_is_over(staff, state, error):
    run = make.run(**state)

    with pytest.raises(error):
        runs.add_session(a_session(run), by=staff)

    assert run.sessions.count() == 1


def test_add_session_refuses_times_that_make_no_sense(staff):
    run = make.run()

    for extra in ({"ends_at": NOW}, {"break_minutes": 120}):
        with pytest.raises(BadTimes):
            runs.add_session(a_session(run, **extra), by=staff)
