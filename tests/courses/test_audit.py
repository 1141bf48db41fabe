"""Every check finds what it looks for: each test plants one violation past the rules and sees it named."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy import registry
from courses import attendance, completion, enrollment, runs
from courses.models import (
    Attendance,
    AttendanceChange,
    Completion,
    CourseRun,
    CurriculumCompletion,
    Enrollment,
    EnrollmentEvent,
    WorkshopSession,
)
from tests.factories import courses as make
from tests.factories import users
from tests.plant import unchecked
from tests.races.rivals import without_constraint

pytestmark = pytest.mark.django_db

S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)
CHECKS = [
    "seats",
    "one active enrollment",
    "queue",
    "quotas",
    "invitations",
    "promotion",
    "history",
    "history of runs",
    "moves and swaps",
    "attendance",
    "results",
    "learning paths",
    "calendar entries",
]


def found(name):
    return list(registry.audit_checks[name]())


def enrolled(run, **extra):
    return enrollment.enroll(users.user(), run, **extra)


def test_rules_leave_nothing_to_find():
    staff = users.staff()
    run = make.run(capacity=2, sessions=2, promotion="offer", starts_in=timedelta(days=3))
    people = [enrolled(run, at=NOW) for _number in range(6)]
    enrollment.cancel(people[0], at=NOW)
    enrollment.accept_offer(people[2], at=NOW)
    enrollment.give_seat(people[5], by=staff, reason="Interpreter.", at=NOW)
    runs.change_capacity(run, 1, by=staff, at=NOW)
    first, last = run.sessions.order_by("starts_at")
    walk_in = attendance.admit_walk_in(first, users.user(), by=staff, reason="Came.", at=first.starts_at)
    for session in (first, last):
        for row in run.enrollments.filter(status=S.CONFIRMED):
            attendance.mark(session, row, "present", by=staff, at=session.starts_at)
    completion.close_run(run, by=staff, at=last.ends_at)
    attendance.mark(first, walk_in, "absent", by=staff, reason="Wrong line.", at=last.ends_at)
    runs.cancel_run(make.run(), by=staff, reason="Too few people.")

    assert {name: found(name) for name in CHECKS} == {name: [] for name in CHECKS}


# --- Truth 1 ------------------------------------------------------------------------


def test_seats_finds_an_oversold_run():
    run = make.run(capacity=1)
    make.enrollment(of=run)
    assert found("seats") == []

    make.enrollment(of=run, status=S.OFFERED, offered_until=NOW + timedelta(days=1))

    assert found("seats") == [f"Run {run.code} has 1 seats and 2 people on them."]


def test_seats_finds_overbooking_without_a_reason():
    row = make.enrollment(of=make.run())
    with unchecked(Enrollment, "enrollment_overbooking_has_reason"):
        Enrollment.objects.update(is_overbooked=True)

        assert found("seats") == [f"Enrollment {row.pk} is over capacity without a reason."]


# --- Truth 2 ------------------------------------------------------------------------


def test_one_active_finds_a_second_row():
    run, learner = make.run(), users.user()
    with unchecked(Enrollment, "enrollment_active_once"):
        make.enrollment(of=run, learner=learner)
        make.enrollment(of=run, learner=learner, status=S.WAITING, queue_number=1)

        assert found("one active enrollment") == [f"Person {learner.pk} has 2 active enrollments in run {run.code}."]


# --- Truth 3 ------------------------------------------------------------------------


def test_queue_finds_a_number_that_was_never_given():
    row = make.enrollment(of=make.run(), status=S.WAITING, queue_number=7)

    assert found("queue") == [f"Enrollment {row.pk} has queue number 7, which its run has not given yet."]


@pytest.mark.django_db(transaction=True)
def test_queue_finds_a_number_given_twice():
    run = make.run(next_queue_number=2)
    with without_constraint(Enrollment, "enrollment_queue_number_once"):
        for _number in range(2):
            make.enrollment(of=run, status=S.WAITING, queue_number=1)

        assert found("queue") == [f"Run {run.code} has given queue number 1 2 times."]


def test_queue_finds_somebody_waiting_without_a_number():
    with unchecked(Enrollment, "enrollment_waiting_has_number"):
        row = make.enrollment(of=make.run(), status=S.WAITING)

        assert found("queue") == [f"Enrollment {row.pk} waits without a queue number."]


def test_queue_finds_somebody_who_was_moved_up_out_of_turn():
    run = make.run(capacity=1)
    _holder, _first, second = (enrolled(run) for _number in range(3))
    Enrollment.objects.filter(pk=second.pk).update(status=S.CONFIRMED)
    event = EnrollmentEvent.objects.create(enrollment=second, from_status=S.WAITING, to_status=S.CONFIRMED)

    assert found("queue") == [f"Enrollment {second.pk} moved up before somebody who has waited longer."]
    event.reason = "Interpreter."
    event.save()
    assert found("queue") == []


# --- Truths 4 and 5 -----------------------------------------------------------------


def test_promotion_finds_a_free_seat_while_somebody_waits():
    run = make.run(capacity=1)
    make.enrollment(of=run, status=S.WAITING, queue_number=1)

    assert found("promotion") == [f"Run {run.code} has a free seat while somebody waits."]


def test_promotion_finds_an_offer_that_outlives_the_start():
    run = make.run(starts_in=timedelta(days=1))
    row = make.enrollment(of=run, status=S.OFFERED, offered_until=NOW + timedelta(days=2))

    assert found("promotion") == [f"Enrollment {row.pk} has an offer that outlives the start of its run."]


@pytest.mark.parametrize(("status", "run_status"), [(S.WAITING, "closed"), (S.CONFIRMED, "cancelled")])
def test_promotion_finds_people_left_in_a_run_that_has_ended(status, run_status):
    run = make.run(status=run_status, closed_at=NOW, cancelled_at=NOW)
    row = make.enrollment(of=run, status=status, queue_number=1)

    assert found("promotion") == [f"Enrollment {row.pk} is {status} in a run that is {run_status}."]


# --- Truth 6 ------------------------------------------------------------------------


def test_history_finds_a_state_that_no_line_explains():
    row = enrolled(make.run())
    Enrollment.objects.update(status=S.COMPLETED)

    assert found("history") == [f"Enrollment {row.pk} is completed, its history says confirmed."]


def test_history_finds_an_enrollment_without_history():
    row = make.enrollment(of=make.run(), confirmed_at=NOW)

    assert found("history") == [f"Enrollment {row.pk} is confirmed, its history says None."]


def test_history_finds_what_ended_without_a_time_and_a_wrong_mark():
    row = enrolled(make.run())
    enrollment.cancel(row)
    Enrollment.objects.update(ended_at=None)
    assert found("history") == [f"Enrollment {row.pk} ended without a time."]

    other = enrolled(make.run())
    Enrollment.objects.filter(pk=row.pk).update(ended_at=NOW)
    Enrollment.objects.filter(pk=other.pk).update(is_late_cancellation=True, confirmed_at=None)
    assert found("history") == [
        f"Enrollment {other.pk} is marked as cancelled late, but is confirmed.",
        f"Enrollment {other.pk} has a place without the time it was confirmed.",
    ]


def test_history_finds_a_change_written_twice():
    row = enrolled(make.run())
    enrollment.cancel(row)
    EnrollmentEvent.objects.create(enrollment=row, from_status=S.CONFIRMED, to_status=S.CANCELLED)

    assert found("history") == [f"Enrollment {row.pk} became cancelled 2 times."]


# --- Truth 7 ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_attendance_finds_two_records_of_one_person():
    run = make.run()
    row, session = make.enrollment(of=run), run.sessions.get()
    with without_constraint(Attendance, "attendance_once"):
        for _number in range(2):
            make.attendance(of=row, session=session)

        assert found("attendance") == [f"Session {session.pk} has 2 records of enrollment {row.pk}."]


def test_attendance_finds_a_record_of_another_run_and_too_many_minutes():
    session = make.run().sessions.get()
    stranger = make.attendance(of=make.enrollment(of=make.run()), session=session)
    tireless = make.attendance(of=make.enrollment(of=session.run), session=session, minutes=121)

    assert found("attendance") == [
        f"Attendance {stranger.pk} is of a session of another run.",
        f"Attendance {tireless.pk} has more minutes than its session.",
    ]


def test_attendance_finds_a_correction_that_leads_elsewhere():
    session = make.run().sessions.get()
    row = make.attendance(of=make.enrollment(of=session.run), session=session)
    AttendanceChange.objects.create(
        attendance=row, old_status="present", old_minutes=120, new_status="absent", new_minutes=0
    )

    assert found("attendance") == [f"The corrections of attendance {row.pk} do not lead to what it says."]


# --- Results and calendar -----------------------------------------------------------


def test_results_finds_a_result_that_is_missing_or_says_otherwise():
    run = make.run(status="closed", closed_at=NOW)
    without, otherwise = (make.enrollment(of=run, status=S.COMPLETED) for _number in range(2))
    Completion.objects.create(enrollment=otherwise, is_met=False, minutes_attended=0, minutes_held=1)

    assert found("results") == [
        f"Enrollment {without.pk} is completed without a result.",
        f"The result of enrollment {otherwise.pk} and its state differ.",
    ]
    CourseRun.objects.update(status="published")
    assert f"Enrollment {without.pk} is completed, but its run is not closed." in found("results")


def test_learning_paths_finds_one_that_stands_without_its_course():
    learner, curriculum = users.user(), make.curriculum(courses=1)
    run = make.run(of=curriculum.steps.get().course, status="closed", closed_at=NOW)
    row = make.enrollment(of=run, learner=learner, status=S.NOT_COMPLETED)
    Completion.objects.create(enrollment=row, is_met=False, minutes_attended=0, minutes_held=1, decided_at=NOW)
    completed = CurriculumCompletion.objects.create(
        curriculum=curriculum, learner=learner, completed_at=NOW - timedelta(days=1)
    )
    assert found("learning paths") == []  # it never counted for this path

    EnrollmentEvent.objects.create(enrollment=row, from_status=S.CONFIRMED, to_status=S.COMPLETED, at=NOW)

    assert found("learning paths") == [
        f"Completed path {completed.pk} stands, although a required course no longer counts."
    ]


def test_calendar_entries_finds_a_cancellation_without_a_sequence():
    session = make.run().sessions.get()
    WorkshopSession.objects.update(status="cancelled")

    assert found("calendar entries") == [f"Session {session.pk} was cancelled without raising its SEQUENCE."]


def test_capacity_changed_past_the_rule_is_found():
    run = make.run(capacity=5)
    runs.change_capacity(run, 7, by=users.staff())
    assert found("history of runs") == []

    CourseRun.objects.filter(pk=run.pk).update(capacity=9)

    assert found("history of runs") == [f"Run {run.code} has capacity 9; its history says 7."]


def test_audit_finds_a_place_that_follows_another_wrongly():
    first = make.run()
    second = make.run(of=first.course)
    old = make.enrollment(of=first)
    neither = make.enrollment(of=make.run(), follows=old, moves=1)
    uncounted = make.enrollment(of=second, learner=old.learner, follows=old)
    nobody = make.enrollment(of=first, follows=old)

    assert found("moves and swaps") == [
        f"Enrollment {neither.pk} follows {old.pk}, which is neither a move nor a swap.",
        f"Enrollment {uncounted.pk} counts 0 moves after 0.",
        f"Enrollment {nobody.pk} was swapped in by no organisation.",
    ]


def test_audit_finds_a_place_given_up_twice_and_an_offer_from_nobody():
    first = make.run()
    old = make.enrollment(of=first, status=S.CANCELLED)
    for _time in range(2):
        new = make.enrollment(of=make.run(of=first.course), learner=old.learner, follows=old, moves=1)
        new.events.create(to_status=S.CONFIRMED)
    offer = make.enrollment(of=first, status=S.OFFERED, offered_until=NOW + timedelta(days=1))
    offer.events.create(to_status=S.OFFERED)

    assert found("moves and swaps") == [
        f"Enrollment {old.pk} was given up for 2 places.",
        f"Enrollment {offer.pk} began as an offer that no organisation asked for.",
    ]
