"""A payment follows its place."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from academy import registry
from courses import enrollment, runs
from courses.models import CourseRun, Enrollment, Payment
from courses.moving import rules as moving
from courses.payments import due, rules
from tests.factories import courses as make
from tests.factories import payments, users

pytestmark = pytest.mark.django_db
P = Payment.Status


def fresh(payment):
    return Payment.objects.get(pk=payment.pk)


def test_a_place_on_a_paid_run_opens_a_payment_with_a_frozen_amount():
    run = payments.paid_run(price=900)
    row = enrollment.enroll(users.user(), run)
    CourseRun.objects.filter(pk=run.pk).update(price=1200)

    payment = fresh(row.payment)

    assert (payment.status, payment.amount, payment.received, payment.currency) == (P.UNPAID, 90_000, 0, "CZK")
    assert [(event.kind, event.to_status) for event in payment.events.all()] == [("opened", P.UNPAID)]


def test_a_free_run_asks_for_nothing():
    row = enrollment.enroll(users.user(), make.run())

    assert row.status == Enrollment.Status.CONFIRMED
    assert not Payment.objects.exists()


def test_a_payment_is_opened_with_the_place_not_with_the_queue():
    run = payments.paid_run(capacity=1)
    first, second = (enrollment.enroll(users.user(), run) for _number in range(2))

    assert [row.enrollment for row in Payment.objects.all()] == [first]
    enrollment.cancel(first)
    assert Payment.objects.get(enrollment=second).status == P.UNPAID


def test_enrolling_twice_opens_one_payment():
    run, learner = payments.paid_run(), users.user()
    enrollment.enroll(learner, run)
    enrollment.enroll(learner, run)

    assert Payment.objects.count() == 1


def test_the_due_time_is_the_end_of_the_day_so_many_days_later_on_the_runs_clocks():
    at = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    run = payments.paid_run(payment_days=14, starts_in=timedelta(days=900))

    # The clocks change on 29 March: 23:59:59 is then 21:59:59 UTC.
    assert due.due_time(run, at).astimezone(UTC) == datetime(2026, 4, 3, 21, 59, 59, tzinfo=UTC)


def test_the_due_time_is_never_after_the_start():
    run = payments.paid_run(payment_days=14, starts_in=timedelta(days=3))

    assert due.due_time(run, timezone.now()) == run.sessions.get().starts_at


def test_who_comes_after_the_start_pays_at_once():
    run = payments.paid_run(starts_in=timedelta(days=-1), sessions=3)
    at = timezone.now()

    assert due.due_time(run, at) == at.replace(microsecond=0)


def test_variable_symbols_are_unique_numbers_of_up_to_ten_digits():
    symbols = {payments.payment().variable_symbol for _number in range(5)}

    assert len(symbols) == 5
    assert all(1 <= symbol <= 9_999_999_999 for symbol in symbols)


def test_a_mistyped_digit_is_no_other_symbol():
    at = timezone.now()
    symbols = {str(due.variable_symbol(Enrollment(pk=number), at)) for number in range(1, 400)}
    for symbol in symbols:
        for place in range(len(symbol)):
            for digit in "0123456789":
                mistyped = symbol[:place] + digit + symbol[place + 1 :]
                assert mistyped == symbol or mistyped not in symbols


@pytest.mark.parametrize("symbol", [0, 10_000_000_000])
def test_the_database_refuses_symbols_that_no_bank_takes(symbol):
    payment = payments.payment()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(variable_symbol=symbol)


def test_the_database_refuses_one_symbol_twice():
    first, second = payments.payment(), payments.payment()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=second.pk).update(variable_symbol=first.variable_symbol)


@pytest.mark.parametrize(
    ("paid", "late", "by_office", "expected"),
    [
        (False, False, False, P.VOID),
        (True, False, False, P.REFUND_DUE),
        (True, True, False, P.PAID),
        (False, True, False, P.VOID),
        (True, True, True, P.REFUND_DUE),
        (True, False, True, P.REFUND_DUE),
    ],
)
def test_what_becomes_of_the_money_when_a_place_ends(paid, late, by_office, expected):
    run = payments.paid_run()
    payment = payments.payment(of=run)
    if paid:
        rules.mark_paid(payment, by=None, reason="Cash.")
    deadline = timezone.now() + timedelta(days=-1 if late else 1)
    CourseRun.objects.filter(pk=run.pk).update(cancel_until=deadline)
    Enrollment.objects.update(confirmed_at=timezone.now() - timedelta(days=5))
    row = Enrollment.objects.get()

    if by_office:
        enrollment.withdraw(row, by=None, reason="Wrong course.")
    else:
        enrollment.cancel(row)

    payment = fresh(payment)
    assert payment.status == expected
    assert payment.received == (90_000 if paid else 0)


def test_a_cancelled_run_owes_everybody_their_money():
    run = payments.paid_run()
    paid, unpaid = (payments.payment(of=run) for _number in range(2))
    rules.mark_paid(paid, by=None, reason="Cash.")

    runs.cancel_run(run, by=None, reason="Illness.")

    assert (fresh(paid).status, fresh(unpaid).status) == (P.REFUND_DUE, P.VOID)


def test_money_that_came_in_part_is_returned_too():
    payment = payments.payment()
    Payment.objects.filter(pk=payment.pk).update(received=100)

    enrollment.cancel(payment.enrollment)

    assert (fresh(payment).status, fresh(payment).to_return) == (P.REFUND_DUE, 100)


def test_who_enrolls_again_gets_a_new_payment():
    run, learner = payments.paid_run(), users.user()
    first = payments.payment(of=run, learner=learner)
    enrollment.cancel(first.enrollment)

    second = payments.payment(of=run, learner=learner)

    assert second.pk != first.pk
    assert second.variable_symbol != first.variable_symbol


def two_runs_of_one_course(price=900, second_price=900):
    first = payments.paid_run(price=price, cancel_until=timezone.now() + timedelta(days=5))
    second = payments.paid_run(price=second_price, of=first.course, capacity=1)
    return first, second


@pytest.mark.parametrize(
    ("second_price", "status", "received", "to_return"),
    [(900, P.PAID, 90_000, 0), (1000, P.UNPAID, 90_000, 0), (500, P.PAID, 90_000, 40_000)],
)
def test_who_changes_runs_takes_the_money_along(second_price, status, received, to_return):
    first, second = two_runs_of_one_course(second_price=second_price)
    old = payments.payment(of=first)
    rules.mark_paid(old, by=None, reason="Cash.")

    made = moving.change_run(old.enrollment, second, by=old.enrollment.learner)

    new = Payment.objects.get(enrollment=made)
    assert (fresh(old).status, fresh(old).received) == (P.VOID, 0)
    assert (new.status, new.received, new.to_return) == (status, received, to_return)
    assert [line for name in ("payments", "places and payments") for line in registry.audit_checks[name]()] == []


def test_who_accepts_another_place_later_takes_the_money_along():
    first, second = two_runs_of_one_course()
    holder = payments.payment(of=second)
    old = payments.payment(of=first)
    rules.mark_paid(old, by=None, reason="Cash.")
    waiting = moving.wait_for_run(old.enrollment, second, by=old.enrollment.learner)
    enrollment.cancel(holder.enrollment)

    moving.accept_instead(Enrollment.objects.get(pk=waiting.pk), by=old.enrollment.learner)

    assert (fresh(old).status, Payment.objects.get(enrollment=waiting).status) == (P.VOID, P.PAID)


def test_who_changes_to_a_free_run_gets_the_money_back():
    first, second = two_runs_of_one_course(second_price=0)
    old = payments.payment(of=first)
    rules.mark_paid(old, by=None, reason="Cash.")

    moving.change_run(old.enrollment, second, by=old.enrollment.learner)

    assert fresh(old).status == P.REFUND_DUE
