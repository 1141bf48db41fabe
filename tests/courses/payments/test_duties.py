"""The audit finds what the rules never write; a person's data are exported and forgotten."""

import datetime

import pytest
from django.utils import timezone

from academy import registry
from courses import enrollment
from courses.models import BankLine, Enrollment, Payment, PaymentEvent
from courses.payments import lapsing, rules
from tests.factories import courses as make
from tests.factories import payments, users
from tests.plant import unchecked

pytestmark = pytest.mark.django_db
P = Payment.Status


def found():
    return [line for name in ("payments", "places and payments") for line in registry.audit_checks[name]()]


def transfer(payment, amount=90_000, fingerprint="a"):
    line = BankLine(
        statement=payments.statement(),
        fingerprint=fingerprint,
        number=1,
        date=datetime.date(2026, 3, 1),
        amount=amount,
        counter_account="…399/0800",
    )
    return rules.receive(payment, line, by=None)


def test_what_the_rules_write_breaks_nothing():
    run = payments.paid_run(capacity=None, unpaid_lapses=True)
    rows = [payments.payment(of=run) for _number in range(6)]
    rules.mark_paid(rows[0], by=None, reason="Cash.")
    rules.waive(rows[1], by=None, reason="Scholarship.")
    transfer(rows[2], fingerprint="a")
    rules.undo(rows[2], by=None, reason="Wrong.")
    transfer(rows[3], fingerprint="b")
    enrollment.cancel(rows[3].enrollment)
    rules.mark_returned(rows[3], by=None)
    transfer(rows[4], 100, fingerprint="c")
    lapsing.queue_due(at=rows[5].due_at + datetime.timedelta(seconds=1))

    assert found() == []


def test_money_that_nothing_explains_is_found():
    payment = payments.payment()
    Payment.objects.update(received=5)

    assert found() == [f"Payment {payment.pk} says that 5 came; transfers and marks add up to 0."]


def test_a_state_without_history_is_found():
    payment = payments.payment()
    Payment.objects.update(status=P.WAIVED)

    assert found() == [f"Payment {payment.pk} is waived, its history says unpaid."]


def test_a_payment_for_a_place_that_nobody_has_is_found():
    payment = payments.payment()
    Enrollment.objects.update(status="cancelled")

    assert found() == [f"Payment {payment.pk} is expected for a place that nobody has."]


def test_a_settled_payment_of_a_place_that_is_held_is_found():
    payment = payments.payment()
    enrollment.cancel(payment.enrollment)
    Enrollment.objects.update(status="confirmed")

    assert found() == [f"Payment {payment.pk} is void for a place that is held."]


def test_a_payment_that_asks_for_nothing_is_found():
    payment = payments.payment()
    with unchecked(Payment, "payment_asks_for_something"), unchecked(Payment, "payment_unpaid_lacks_money"):
        Payment.objects.update(amount=0)
        assert found() == [f"Payment {payment.pk} asks for nothing."]


def test_a_payment_opened_twice_is_found():
    payment = payments.payment()
    PaymentEvent.objects.create(payment=payment, kind="opened", to_status=P.UNPAID)

    assert found() == [f"Payment {payment.pk} was opened 2 times."]


def test_a_place_that_would_lapse_without_reason_or_warning_is_found():
    row = make.enrollment(of=make.run(), lapses_at=timezone.now())

    assert found() == [
        f"Enrollment {row.pk} would lapse, but it waits for no payment.",
        f"Enrollment {row.pk} lapses without a warning.",
    ]


def test_a_place_that_lapses_after_the_start_is_found():
    payment = payments.payment(unpaid_lapses=True)
    lapsing.queue_due(at=payment.due_at + datetime.timedelta(seconds=1))
    Enrollment.objects.update(lapses_at=timezone.now() + datetime.timedelta(days=400))

    assert found() == [f"Enrollment {payment.enrollment_id} lapses after the start of its run."]


def test_a_persons_copy_has_their_payments_and_erasing_forgets_the_account():
    payment = payments.payment()
    transfer(payment)
    learner = payment.enrollment.learner

    copy = registry.personal_data_exporters["payments"](learner)["payments"]
    sentences = registry.personal_data_erasers["payments"](learner)

    assert [(row["amount"], row["status"], row["transfers"][0]["account"]) for row in copy] == [
        (90_000, "paid", "…399/0800")
    ]
    assert len(sentences) == 1
    assert BankLine.objects.get().counter_account == ""
    assert registry.personal_data_erasers["payments"](users.user()) == []
