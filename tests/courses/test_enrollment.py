from datetime import timedelta

import pytest
from django.utils import timezone

from academy import registry
from academy.mail.models import Message
from courses import enrollment as rules
from courses import notifications
from courses.models import CourseRun, Enrollment, EnrollmentEvent
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

S = Enrollment.Status
SECOND = timedelta(seconds=1)
NOW = timezone.now().replace(microsecond=0)


def statuses(run):
    """Statuses by learner's name."""
    return {row.learner.name: row.status for row in run.enrollments.select_related("learner")}


def people(*names):
    return [users.user(name) for name in names]


def kinds(learner):
    return sorted(Message.objects.filter(recipient=learner).values_list("kind", flat=True))


def history(enrollment):
    return list(enrollment.events.values_list("from_status", "to_status", "by", "reason"))


# --- Enrolling ----------------------------------------------------------------


def test_enroll_gives_a_free_seat():
    run, learner = make.run(capacity=1), users.user()

    row = rules.enroll(learner, run, at=NOW)

    assert (row.status, row.queue_number, row.source, row.created_at, row.confirmed_at) == (
        S.CONFIRMED,
        None,
        "self",
        NOW,
        NOW,
    )
    assert history(row) == [("", S.CONFIRMED, learner.pk, "")]
    assert kinds(learner) == [notifications.CONFIRMED]


def test_enroll_twice_returns_the_same_row():
    run, learner = make.run(), users.user()

    first, second = rules.enroll(learner, run), rules.enroll(learner, run)

    assert first == second
    assert set(run.enrollments.all()) == {first}
    assert EnrollmentEvent.objects.count() == 1
    assert Message.objects.count() == 1


def test_enroll_joins_the_queue_when_the_run_is_full():
    run = make.run(capacity=1)
    ada, eva, ida = people("Ada", "Eva", "Ida")

    rows = [rules.enroll(learner, run) for learner in (ada, eva, ida)]

    assert [row.status for row in rows] == [S.CONFIRMED, S.WAITING, S.WAITING]
    assert [row.queue_number for row in rows] == [None, 1, 2]
    assert [rules.position(row) for row in rows] == [None, 1, 2]
    assert list(run.enrollments.with_position().waiting().values_list("position", flat=True)) == [1, 2]
    assert kinds(ida) == [notifications.WAITING]


def test_enroll_without_a_limit_confirms_everybody():
    run = make.run(capacity=None)

    assert {rules.enroll(users.user(), run).status for _number in range(5)} == {S.CONFIRMED}


def test_enroll_refuses_when_capacity_is_zero():
    run = make.run(capacity=0)

    with pytest.raises(rules.EnrollmentClosed):
        rules.enroll(users.user(), run)

    assert not run.enrollments.exists()


def test_enroll_puts_a_newcomer_behind_those_who_wait_even_when_a_seat_is_free():
    run = make.run(capacity=2, freeze_hours=24 * 30)
    waiting = make.enrollment(of=run, status=S.WAITING, queue_number=1)
    CourseRun.objects.filter(pk=run.pk).update(next_queue_number=2)

    newcomer = rules.enroll(users.user(), run)

    waiting.refresh_from_db()
    assert (waiting.status, newcomer.status, newcomer.queue_number) == (S.WAITING, S.WAITING, 2)


def test_enroll_again_after_cancelling_makes_a_new_row_at_the_tail():
    run = make.run(capacity=1)
    ada, eva = people("Ada", "Eva")
    first = rules.enroll(ada, run)
    rules.enroll(eva, run)
    rules.cancel(first)

    again = rules.enroll(ada, run)

    assert again != first
    assert (again.status, again.queue_number) == (S.WAITING, 2)
    first.refresh_from_db()
    assert first.status == S.CANCELLED


@pytest.mark.parametrize(
    ("status", "error"),
    [("draft", rules.RunNotPublic), ("cancelled", rules.RunCancelled), ("closed", rules.RunIsOver)],
)
def test_enroll_refuses_runs_that_are_not_published(status, error):
    run = make.run(status=status, cancelled_at=NOW, closed_at=NOW)

    with pytest.raises(error):
        rules.enroll(users.user(), run)
    with pytest.raises(error):
        rules.enroll(users.user(), run, source="staff", by=users.staff())


def test_enroll_refuses_a_course_without_a_live_page_but_not_the_office():
    assert registry.public_course_ids
    run = make.run(of=make.course(public=False))

    with pytest.raises(rules.RunNotPublic):
        rules.enroll(users.user(), run)

    assert rules.enroll(users.user(), run, source="staff", by=users.staff()).status == S.CONFIRMED


def test_enroll_keeps_the_window_to_the_second():
    opens_at, closes_at = NOW + timedelta(days=1), NOW + timedelta(days=2)
    run = make.run(opens_at=opens_at, closes_at=closes_at)

    with pytest.raises(rules.EnrollmentNotOpen):
        rules.enroll(users.user(), run, at=opens_at - SECOND)
    with pytest.raises(rules.EnrollmentClosed):
        rules.enroll(users.user(), run, at=closes_at + SECOND)
    assert rules.enroll(users.user(), run, at=opens_at).status == S.CONFIRMED
    assert rules.enroll(users.user(), run, at=closes_at + timedelta(milliseconds=900)).status == S.CONFIRMED


def test_enroll_ends_when_the_first_session_starts():
    run = make.run(sessions=2)
    first = run.sessions.first()

    with pytest.raises(rules.EnrollmentClosed):
        rules.enroll(users.user(), run, at=first.starts_at)
    assert rules.enroll(users.user(), run, at=first.starts_at - SECOND).status == S.CONFIRMED


def test_enroll_lets_the_office_in_until_the_run_is_over():
    run = make.run(sessions=2, opens_at=NOW - timedelta(days=2), closes_at=NOW - timedelta(days=1))
    last = run.sessions.last()
    staff = users.staff()

    late = rules.enroll(users.user(), run, source="staff", by=staff, at=last.starts_at)

    assert late.status == S.CONFIRMED
    with pytest.raises(rules.RunIsOver):
        rules.enroll(users.user(), run, source="staff", by=staff, at=last.ends_at + SECOND)


def test_enroll_by_invitation_is_for_the_office():
    run = make.run(entry="invitation")

    with pytest.raises(rules.ByInvitationOnly):
        rules.enroll(users.user(), run)
    assert rules.enroll(users.user(), run, source="staff", by=users.staff()).status == S.CONFIRMED


def test_enroll_over_capacity_needs_a_reason_that_stays():
    run, staff = make.run(capacity=1), users.staff()
    rules.enroll(users.user(), run)

    waiting = rules.enroll(users.user(), run, source="staff", by=staff)
    over = rules.enroll(users.user(), run, source="staff", by=staff, overbooking_reason="Interpreter.")

    assert (waiting.status, over.status) == (S.WAITING, S.CONFIRMED)
    assert (over.is_overbooked, over.overbooking_reason) == (True, "Interpreter.")
    assert history(over) == [("", S.CONFIRMED, staff.pk, "Interpreter.")]


# --- Applications ---------------------------------------------------------------


def test_application_becomes_a_place():
    run, learner, staff = make.run(entry="approval", capacity=1), users.user(), users.staff()
    row = rules.enroll(learner, run, at=NOW)
    assert (row.status, row.queue_number) == (S.APPLIED, 1)

    approved = rules.approve(row, by=staff, at=NOW)

    assert (approved.status, approved.confirmed_at) == (S.CONFIRMED, NOW)
    assert rules.approve(row, by=staff) == approved
    assert history(row) == [("", S.APPLIED, learner.pk, ""), (S.APPLIED, S.CONFIRMED, staff.pk, "")]
    assert kinds(learner) == [notifications.APPLICATION_RECEIVED, notifications.CONFIRMED]


def test_second_application_for_the_last_seat_waits():
    run, staff = make.run(entry="approval", capacity=1), users.staff()
    first, second = rules.enroll(users.user(), run), rules.enroll(users.user(), run)

    rules.approve(second, by=staff)
    waits = rules.approve(first, by=staff)

    assert (waits.status, waits.queue_number) == (S.WAITING, 1)
    assert kinds(first.learner) == [notifications.APPLICATION_RECEIVED, notifications.WAITING]


def test_application_that_is_not_approved_is_passed_over_and_keeps_its_number():
    run, staff = make.run(entry="approval", capacity=1), users.staff()
    first, second, third = (rules.enroll(users.user(), run) for _number in range(3))
    rules.approve(second, by=staff)
    rules.approve(third, by=staff)

    rules.cancel(second)

    assert {row.pk: (row.status, row.queue_number) for row in run.enrollments.all()} == {
        first.pk: (S.APPLIED, 1),
        second.pk: (S.CANCELLED, 2),
        third.pk: (S.CONFIRMED, 3),
    }


def test_decline_ends_an_application_once():
    run, staff, learner = make.run(entry="approval"), users.staff(), users.user()
    row = rules.enroll(learner, run)

    declined = rules.decline(row, by=staff, reason="Too early.")
    rules.decline(row, by=staff, reason="Again.")

    assert declined.status == S.DECLINED
    assert history(row)[1:] == [(S.APPLIED, S.DECLINED, staff.pk, "Too early.")]
    assert kinds(learner) == [notifications.DECLINED, notifications.APPLICATION_RECEIVED]
    with pytest.raises(rules.NotPossible):
        rules.approve(row, by=staff)


def test_decline_refuses_a_place():
    row = rules.enroll(users.user(), make.run())

    with pytest.raises(rules.NotPossible):
        rules.decline(row, by=users.staff())


# --- Leaving --------------------------------------------------------------------


def test_cancel_releases_the_seat_and_promotes_the_next_once():
    run = make.run(capacity=1)
    ada, eva, ida = people("Ada", "Eva", "Ida")
    first = rules.enroll(ada, run)
    rules.enroll(eva, run)
    rules.enroll(ida, run)

    rules.cancel(first, by=ada)
    rules.cancel(first, by=ada)

    assert statuses(run) == {"Ada": S.CANCELLED, "Eva": S.CONFIRMED, "Ida": S.WAITING}
    assert kinds(eva) == [notifications.CONFIRMED, notifications.WAITING]
    assert kinds(ada) == [notifications.CANCELLED, notifications.CONFIRMED]
    assert [rules.position(row) for row in run.enrollments.filter(learner=ida)] == [1]


def test_cancel_is_in_time_up_to_the_deadlines_second():
    deadline = NOW + timedelta(days=7)
    run = make.run(cancel_until=deadline)
    rows = [rules.enroll(users.user(), run, at=NOW) for _number in range(3)]

    rules.cancel(rows[0], at=deadline)
    rules.cancel(rows[1], at=deadline + timedelta(milliseconds=900))
    rules.cancel(rows[2], at=deadline + SECOND)

    assert [row.is_late_cancellation for row in run.enrollments.order_by("pk")] == [False, False, True]


def test_cancel_deadline_is_the_first_session_by_default():
    run = make.run(sessions=2)
    starts_at = run.sessions.first().starts_at
    row = rules.enroll(users.user(), run, at=NOW)

    assert rules.cancellation_deadline(row) == starts_at
    assert rules.cancel(row, at=starts_at + SECOND).is_late_cancellation


def test_cancel_is_never_late_for_somebody_who_waits():
    run = make.run(capacity=1, cancel_until=NOW)
    rules.enroll(users.user(), run)
    row = rules.enroll(users.user(), run)

    assert not rules.cancel(row, at=NOW + timedelta(days=1)).is_late_cancellation


def test_cancel_after_a_late_promotion_has_a_day_of_grace():
    run = make.run(capacity=1, cancel_until=NOW + timedelta(days=1))
    first = rules.enroll(users.user(), run, at=NOW)
    second = rules.enroll(users.user(), run, at=NOW)
    promoted_at = NOW + timedelta(days=2)
    rules.cancel(first, at=promoted_at)
    second.refresh_from_db()

    assert rules.cancellation_deadline(second) == promoted_at + timedelta(hours=24)
    assert not rules.cancel(second, at=promoted_at + timedelta(hours=24)).is_late_cancellation


def test_cancel_refuses_once_the_run_is_over():
    run = make.run()
    row = rules.enroll(users.user(), run)
    ends_at = run.sessions.get().ends_at

    with pytest.raises(rules.NotPossible):
        rules.cancel(row, at=ends_at + SECOND)

    row.refresh_from_db()
    assert row.status == S.CONFIRMED


def test_withdraw_needs_a_reason_and_promotes_the_next():
    run, staff = make.run(capacity=1), users.staff()
    ada, eva = people("Ada", "Eva")
    first = rules.enroll(ada, run)
    rules.enroll(eva, run)

    with pytest.raises(rules.ReasonMissing):
        rules.withdraw(first, by=staff, reason=" ")
    rules.withdraw(first, by=staff, reason="Asked by telephone.")
    rules.withdraw(first, by=staff, reason="Again.")

    assert statuses(run) == {"Ada": S.WITHDRAWN, "Eva": S.CONFIRMED}
    assert history(first)[1:] == [(S.CONFIRMED, S.WITHDRAWN, staff.pk, "Asked by telephone.")]


# --- Giving a seat by hand ------------------------------------------------------


def test_give_seat_out_of_turn_needs_a_reason():
    run, staff = make.run(capacity=1), users.staff()
    rules.enroll(users.user(), run)
    rules.enroll(users.user(), run)
    second = rules.enroll(users.user(), run)

    with pytest.raises(rules.RunIsFull):
        rules.give_seat(second, by=staff)
    given = rules.give_seat(second, by=staff, reason="Interpreter.")

    assert (given.status, given.is_overbooked, given.overbooking_reason) == (S.CONFIRMED, True, "Interpreter.")
    assert rules.give_seat(second, by=staff) == given


def test_give_seat_to_the_first_in_a_frozen_queue_needs_no_reason():
    run, staff = make.run(capacity=1, freeze_hours=24 * 30), users.staff()
    first = rules.enroll(users.user(), run)
    second = rules.enroll(users.user(), run)
    rules.cancel(first)
    second.refresh_from_db()
    assert second.status == S.WAITING

    given = rules.give_seat(second, by=staff)

    assert (given.status, given.is_overbooked) == (S.CONFIRMED, False)
