"""Reminders, the warning, and when an unpaid place lapses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from courses import enrollment, runs
from courses.models import CourseRun, Enrollment, Payment
from courses.payments import lapsing, rules
from courses.seats import sweep_offers, tally
from tests.factories import payments, users

pytestmark = pytest.mark.django_db
S, P = Enrollment.Status, Payment.Status
SECOND = timedelta(seconds=1)


def fresh(payment):
    return Payment.objects.select_related("enrollment").get(pk=payment.pk)


def sent(kind):
    return Message.objects.filter(kind=kind).count()


def overdue(**extra):
    """A payment whose due time was a second ago on a run of one seat, and the moment."""
    extra = {"unpaid_lapses": True, "payment_reminder_days": 0, **extra}
    run = payments.paid_run(capacity=1, **extra)
    payment = payments.payment(of=run)
    return run, payment, payment.due_at + SECOND


def test_a_reminder_is_sent_once_in_the_last_days():
    payment = payments.payment(payment_days=14, payment_reminder_days=3)

    assert lapsing.queue_due(at=payment.due_at - timedelta(days=3, seconds=1)) == 0
    assert lapsing.queue_due(at=payment.due_at - timedelta(days=3)) == 1
    assert lapsing.queue_due(at=payment.due_at - timedelta(days=2)) == 0
    assert sent("payment_reminder") == 1


@pytest.mark.parametrize("case", ["paid", "cancelled", "no reminders", "just enrolled"])
def test_nobody_is_reminded_without_need(case):
    days = {"no reminders": 0, "just enrolled": 20}.get(case, 3)
    payment = payments.payment(payment_reminder_days=days)
    if case == "paid":
        rules.mark_paid(payment, by=None, reason="Cash.")
    if case == "cancelled":
        enrollment.cancel(payment.enrollment)

    assert lapsing.queue_due(at=payment.due_at - timedelta(hours=1)) == 0


def test_a_warning_names_the_time_and_comes_after_the_due_time_only():
    _run, payment, at = overdue(lapse_hours=72)

    assert lapsing.queue_due(at=payment.due_at) == 0
    assert lapsing.queue_due(at=at) == 1
    assert lapsing.queue_due(at=at + timedelta(hours=1)) == 0

    assert fresh(payment).enrollment.lapses_at == at.replace(microsecond=0) + timedelta(hours=72)
    assert sent("payment_warning") == 1


def test_an_unpaid_place_stays_where_the_run_does_not_say_that_it_lapses():
    _run, payment, at = overdue(unpaid_lapses=False)

    assert lapsing.queue_due(at=at) == 0
    sweep_offers(at=at + timedelta(days=30))

    assert fresh(payment).enrollment.status == S.CONFIRMED


def test_the_last_second_is_in_time_and_the_next_one_is_not():
    run, payment, at = overdue()
    lapsing.queue_due(at=at)
    lapses_at = fresh(payment).enrollment.lapses_at

    assert tally(run, lapses_at).taken == 1
    assert tally(run, lapses_at + SECOND).taken == 0
    assert Enrollment.objects.holding_seat(lapses_at).count() == 1
    assert Enrollment.objects.holding_seat(lapses_at + SECOND).count() == 0
    assert CourseRun.objects.with_seats(lapses_at + SECOND).get(pk=run.pk).seats_taken == 0


def test_the_sweep_releases_the_seat_and_promotes_the_next_at_once():
    run, payment, at = overdue()
    waiting = enrollment.enroll(users.user(), run)
    lapsing.queue_due(at=at)
    lapses_at = fresh(payment).enrollment.lapses_at

    sweep_offers(at=lapses_at)
    assert fresh(payment).enrollment.status == S.CONFIRMED
    sweep_offers(at=lapses_at + SECOND)
    sweep_offers(at=lapses_at + SECOND)

    row, waiting = fresh(payment).enrollment, Enrollment.objects.get(pk=waiting.pk)
    assert (row.status, row.events.last().reason) == (S.CANCELLED, "The place was not paid in time.")
    assert (waiting.status, waiting.payment.status) == (S.CONFIRMED, P.UNPAID)
    assert fresh(payment).status == P.VOID
    assert sent("enrollment_cancelled") == 1


def test_a_newcomer_gets_a_lapsed_seat_without_any_sweep():
    run, payment, at = overdue()
    lapsing.queue_due(at=at)

    made = enrollment.enroll(users.user(), run, at=fresh(payment).enrollment.lapses_at + SECOND)

    assert made.status == S.CONFIRMED
    assert fresh(payment).enrollment.status == S.CANCELLED


@pytest.mark.parametrize("verb", [rules.mark_paid, rules.waive])
def test_paying_or_waiving_takes_the_threat_away(verb):
    _run, payment, at = overdue()
    lapsing.queue_due(at=at)
    lapses_at = fresh(payment).enrollment.lapses_at

    verb(payment, by=None, reason="Cash.", at=lapses_at)
    sweep_offers(at=lapses_at + timedelta(days=1))

    assert fresh(payment).enrollment.status == S.CONFIRMED
    assert fresh(payment).enrollment.lapses_at is None


def test_no_place_lapses_after_the_start():
    _run, payment, at = overdue(starts_in=timedelta(days=15), payment_days=14, lapse_hours=72)

    assert lapsing.queue_due(at=at) == 0
    assert fresh(payment).enrollment.lapses_at is None


def test_a_run_moved_before_the_time_takes_the_threat_away():
    run, payment, at = overdue(starts_in=timedelta(days=30), payment_days=14, lapse_hours=72)
    lapsing.queue_due(at=at)
    session = run.sessions.get()
    starts_at = fresh(payment).enrollment.lapses_at - timedelta(hours=1)

    runs.move_session(session, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), by=None, at=at)

    assert fresh(payment).enrollment.lapses_at is None


def test_reminders_cost_a_constant_number_of_queries_while_nothing_is_due(django_assert_num_queries):
    run = payments.paid_run(capacity=None)
    for _number in range(3):
        payments.payment(of=run)

    with django_assert_num_queries(2):
        lapsing.queue_due(at=timezone.now())


def test_a_run_that_nobody_can_be_warned_of_in_time_is_not_locked(django_assert_num_queries):
    _run, payment, at = overdue(starts_in=timedelta(days=15), payment_days=14, lapse_hours=72)

    for moment in (at, at + timedelta(days=2)):  # too late for the warning, then started
        with django_assert_num_queries(2):  # what is due, and nothing for each of them
            assert lapsing.queue_due(at=moment) == 0
    assert fresh(payment).enrollment.lapses_at is None
