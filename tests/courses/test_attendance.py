from datetime import timedelta

import pytest
from django.utils import timezone

from courses import attendance as rules
from courses import completion, enrollment
from courses.errors import BadMark, NotEnrolled, NotPossible, ReasonMissing, RunCancelled, RunIsFull, RunIsOver
from courses.models import Attendance, AttendanceChange, CourseRun, Enrollment, WorkshopSession
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

A = Attendance.Status
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def trainer():
    return users.user("Hedvika Rosůlková")


@pytest.fixture
def session():
    return make.run(starts_in=timedelta(minutes=-10)).sessions.get()


def recorded(session):
    return {row.enrollment_id: (row.status, row.minutes) for row in session.attendance.all()}


def test_mark_derives_minutes_from_the_status(session, trainer):
    session.break_minutes = 20
    session.save()
    people = [make.enrollment(of=session.run) for _number in range(5)]
    marks = [(A.PRESENT, None), (A.LATE, 90), (A.LEFT_EARLY, 1), (A.EXCUSED, None), (A.ABSENT, 30)]

    for person, (status, minutes) in zip(people, marks, strict=True):
        rules.mark(session, person, status, minutes=minutes, by=trainer)

    assert list(recorded(session).values()) == [
        (A.PRESENT, 100),
        (A.LATE, 90),
        (A.LEFT_EARLY, 1),
        (A.EXCUSED, 0),
        (A.ABSENT, 0),
    ]


def test_mark_again_changes_nothing(session, trainer):
    person = make.enrollment(of=session.run)

    first = rules.mark(session, person, A.PRESENT, by=trainer, at=NOW)
    second = rules.mark(session, person, A.PRESENT, by=users.user(), at=NOW + timedelta(minutes=1))

    assert first == second
    assert (second.recorded_at, second.recorded_by) == (NOW, trainer)
    assert not AttendanceChange.objects.exists()


def test_mark_otherwise_keeps_what_stood_before(session, trainer):
    person, other = make.enrollment(of=session.run), users.user()
    rules.mark(session, person, A.ABSENT, note="No answer.", by=trainer, at=NOW)

    rules.mark(session, person, A.LATE, minutes=60, by=other, reason="Came at half past.", at=NOW)

    change = AttendanceChange.objects.get()
    assert (change.old_status, change.old_minutes, change.old_note) == (A.ABSENT, 0, "No answer.")
    assert (change.new_status, change.new_minutes, change.new_note) == (A.LATE, 60, "")
    assert (change.by, change.at, change.reason) == (other, NOW, "Came at half past.")
    assert recorded(session) == {person.pk: (A.LATE, 60)}


@pytest.mark.parametrize("minutes", [None, 0, 121, -5])
def test_mark_refuses_minutes_that_cannot_be(session, trainer, minutes):
    person = make.enrollment(of=session.run)

    with pytest.raises(BadMark, match="Alžběta"):
        rules.mark(session, person, A.LATE, minutes=minutes, by=trainer)

    assert recorded(session) == {}


def test_mark_refuses_an_unknown_status(session, trainer):
    with pytest.raises(BadMark):
        rules.mark(session, make.enrollment(of=session.run), "asleep", by=trainer)


@pytest.mark.parametrize("status", [S.WAITING, S.APPLIED, S.CANCELLED, S.WITHDRAWN])
def test_mark_refuses_people_without_a_place(session, trainer, status):
    person = make.enrollment(of=session.run, status=status, queue_number=1)

    with pytest.raises(NotEnrolled):
        rules.mark(session, person, A.PRESENT, by=trainer)


def test_mark_refuses_people_of_another_run(session, trainer):
    with pytest.raises(NotEnrolled):
        rules.mark(session, make.enrollment(of=make.run()), A.PRESENT, by=trainer)


def test_mark_refuses_people_who_joined_after_the_session(session, trainer):
    joined_later = make.enrollment(of=session.run, confirmed_at=session.ends_at + timedelta(seconds=1))
    joined_before_the_end = make.enrollment(of=session.run, confirmed_at=session.ends_at)

    with pytest.raises(NotEnrolled):
        rules.mark(session, joined_later, A.PRESENT, by=trainer)
    rules.mark(session, joined_before_the_end, A.PRESENT, by=trainer)

    assert set(recorded(session)) == {joined_before_the_end.pk}


def test_mark_opens_an_hour_before_the_start(session, trainer):
    person = make.enrollment(of=session.run)
    opens_at = session.starts_at - timedelta(hours=1)

    with pytest.raises(NotPossible):
        rules.mark(session, person, A.PRESENT, by=trainer, at=opens_at - timedelta(seconds=1))
    assert rules.mark(session, person, A.PRESENT, by=trainer, at=opens_at).status == A.PRESENT


def test_mark_refuses_cancelled_sessions_and_runs(session, trainer):
    person = make.enrollment(of=session.run)
    WorkshopSession.objects.update(status="cancelled")
    with pytest.raises(NotPossible):
        rules.mark(session, person, A.PRESENT, by=trainer)
    CourseRun.objects.update(status="cancelled", cancelled_at=NOW)
    with pytest.raises(RunCancelled):
        rules.mark(session, person, A.PRESENT, by=trainer)

    assert recorded(session) == {}


def test_mark_many_records_all_or_nobody(session, trainer):
    people = [make.enrollment(of=session.run) for _number in range(3)]
    good = {people[0].pk: (A.PRESENT, None, ""), people[1].pk: (A.ABSENT, None, "Ill.")}

    with pytest.raises(BadMark):
        rules.mark_many(session, {**good, people[2].pk: (A.LATE, None, "")}, by=trainer)
    assert recorded(session) == {}

    rules.mark_many(session, good, by=trainer)
    assert recorded(session) == {people[0].pk: (A.PRESENT, 120), people[1].pk: (A.ABSENT, 0)}


@pytest.mark.parametrize("people", [1, 30])
def test_mark_many_reads_with_the_same_number_of_queries(session, trainer, django_assert_num_queries, people):
    marks = {make.enrollment(of=session.run).pk: (A.PRESENT, None, "") for _number in range(people)}
    rules.mark_many(session, marks, by=trainer)

    with django_assert_num_queries(6):
        rules.mark_many(session, marks, by=trainer)


def test_correction_on_a_closed_run_needs_a_reason_and_changes_the_result(session, trainer):
    person = make.enrollment(of=session.run, confirmed_at=NOW - timedelta(days=5))
    rules.mark(session, person, A.PRESENT, by=trainer)
    completion.close_run(session.run, by=trainer, at=session.ends_at)

    with pytest.raises(ReasonMissing):
        rules.mark(session, person, A.ABSENT, by=trainer)
    rules.mark(session, person, A.ABSENT, by=trainer, reason="Mixed up with a namesake.")

    person.refresh_from_db()
    assert person.status == S.NOT_COMPLETED
    assert person.completion.is_met is False


def test_mark_refuses_a_first_record_on_a_closed_run(session, trainer):
    CourseRun.objects.update(status="closed", closed_at=NOW)
    person = make.enrollment(of=session.run, status=S.COMPLETED)

    with pytest.raises(RunIsOver):
        rules.mark(session, person, A.PRESENT, by=trainer)


# --- Walk-ins -----------------------------------------------------------------------


def test_walk_in_gets_a_place_that_says_so(session, trainer):
    learner = users.user()

    admitted = rules.admit_walk_in(session, learner, by=trainer, at=session.starts_at + timedelta(minutes=20))

    assert (admitted.status, admitted.source, admitted.confirmed_at) == (S.CONFIRMED, "walk_in", session.starts_at)
    assert rules.admit_walk_in(session, learner, by=trainer) == admitted
    assert rules.mark(session, admitted, A.LATE, minutes=100, by=trainer).minutes == 100


def test_walk_in_over_capacity_needs_a_reason(session, trainer):
    CourseRun.objects.update(capacity=1)
    make.enrollment(of=session.run)
    learner = users.user()

    with pytest.raises(RunIsFull):
        rules.admit_walk_in(session, learner, by=trainer)
    admitted = rules.admit_walk_in(session, learner, by=trainer, reason="A chair was free.")

    assert (admitted.is_overbooked, admitted.overbooking_reason) == (True, "A chair was free.")


def test_walk_in_from_the_waiting_list_keeps_their_row(trainer):
    run = make.run(capacity=1)
    session = run.sessions.get()
    enrollment.enroll(users.user(), run)
    waiting = enrollment.enroll(users.user(), run)

    admitted = rules.admit_walk_in(session, waiting.learner, by=trainer, reason="Came.", at=session.starts_at)

    assert admitted == waiting
    assert (admitted.status, admitted.source, admitted.is_overbooked) == (S.CONFIRMED, "self", True)


def test_walk_in_may_be_written_down_the_next_day(session, trainer):
    admitted = rules.admit_walk_in(session, users.user(), by=trainer, at=session.ends_at + timedelta(days=1))

    assert rules.mark(session, admitted, A.PRESENT, by=trainer, at=session.ends_at + timedelta(days=1)).minutes == 120


def test_walk_in_is_refused_too_early_and_on_a_closed_run(session, trainer):
    with pytest.raises(NotPossible):
        rules.admit_walk_in(session, users.user(), by=trainer, at=session.starts_at - timedelta(hours=2))
    CourseRun.objects.update(status="closed", closed_at=NOW)
    with pytest.raises(RunIsOver):
        rules.admit_walk_in(session, users.user(), by=trainer)
