"""What the office does to a payment."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from academy.mail.models import Message
from courses import enrollment
from courses.errors import NotPossible, ReasonMissing
from courses.models import BankLine, Payment
from courses.payments import rules
from courses.payments.duties import check_payments
from tests.factories import payments, users

pytestmark = pytest.mark.django_db
P = Payment.Status
PRICE = 90_000


def fresh(payment):
    return Payment.objects.get(pk=payment.pk)


def line(amount, fingerprint="a"):
    return BankLine(
        statement=payments.statement(), fingerprint=fingerprint, number=1, date=datetime.date(2026, 3, 1), amount=amount
    )


def kinds(payment):
    return list(payment.events.values_list("kind", flat=True))


def test_mark_paid_records_who_why_and_how_much_and_tells_once():
    payment, office = payments.payment(), users.staff()

    rules.mark_paid(payment, by=office, reason="Paid in cash.")
    rules.mark_paid(payment, by=office, reason="Paid in cash.")

    payment = fresh(payment)
    event = payment.events.last()
    assert (payment.status, payment.received) == (P.PAID, PRICE)
    assert (event.kind, event.by, event.amount, event.reason) == ("marked", office, PRICE, "Paid in cash.")
    assert kinds(payment) == ["opened", "marked"]
    assert Message.objects.filter(kind="payment_received").count() == 1


@pytest.mark.parametrize("verb", [rules.mark_paid, rules.waive, rules.undo])
def test_the_office_says_why(verb):
    with pytest.raises(ReasonMissing):
        verb(payments.payment(), by=None, reason=" ")


def test_waive_keeps_the_place_and_asks_for_nothing():
    payment = payments.payment()

    rules.waive(payment, by=None, reason="Scholarship.")
    rules.waive(payment, by=None, reason="Scholarship.")

    assert (fresh(payment).status, fresh(payment).outstanding) == (P.WAIVED, 0)
    assert kinds(payment) == ["opened", "waived"]


def test_what_is_paid_is_not_waived():
    payment = payments.payment()
    rules.mark_paid(payment, by=None, reason="Cash.")

    with pytest.raises(NotPossible):
        rules.waive(payment, by=None, reason="Scholarship.")


@pytest.mark.parametrize("verb", [rules.mark_paid, rules.waive])
def test_undo_takes_a_mark_back_once(verb):
    payment = payments.payment()
    verb(payment, by=None, reason="Mistake.")

    rules.undo(payment, by=None, reason="It was somebody else.")

    assert (fresh(payment).status, fresh(payment).received) == (P.UNPAID, 0)
    with pytest.raises(NotPossible):
        rules.undo(payment, by=None, reason="Again.")


@pytest.mark.parametrize(("amounts", "expected"), [([PRICE], (P.VOID, 0)), ([400, PRICE], (P.REFUND_DUE, 400))])
def test_undo_expects_no_money_for_a_place_that_was_left_late(amounts, expected):
    now = timezone.now()
    payment = payments.payment(cancel_until=now - datetime.timedelta(days=1))
    for number, amount in enumerate(amounts):
        rules.receive(payment, line(amount, f"{number}"), by=None)
    left = enrollment.cancel(payment.enrollment, at=now + datetime.timedelta(days=2))
    assert (left.is_late_cancellation, fresh(payment).status) == (True, P.PAID)

    rules.undo(payment, by=None, reason="Wrong person.")

    assert (fresh(payment).status, fresh(payment).received) == expected
    assert list(check_payments()) == []


def test_money_is_not_counted_while_the_payment_is_waived():
    payment = payments.payment()
    rules.waive(payment, by=None, reason="Scholarship.")

    with pytest.raises(NotPossible):
        rules.receive(payment, line(PRICE), by=None)
    rules.undo(payment, by=None, reason="They pay after all.")
    rules.receive(payment, line(PRICE), by=None)

    assert (fresh(payment).status, fresh(payment).received) == (P.PAID, PRICE)


def test_parts_add_up_and_more_than_asked_for_is_shown():
    payment = payments.payment()

    rules.receive(payment, line(40_000, "a"), by=None)
    assert (fresh(payment).status, fresh(payment).outstanding) == (P.UNPAID, 50_000)
    rules.receive(payment, line(60_000, "b"), by=None)

    payment = fresh(payment)
    assert (payment.status, payment.received, payment.to_return) == (P.PAID, 100_000, 10_000)
    assert payment in Payment.objects.overpaid()


def test_a_transfer_is_counted_once():
    payment = payments.payment()
    rules.receive(payment, line(40_000), by=None)

    with pytest.raises(rules.AlreadyCounted):
        rules.receive(payment, line(40_000), by=None)

    assert fresh(payment).received == 40_000


def test_a_transfer_taken_back_can_be_counted_again():
    payment, other = payments.payment(), payments.payment()
    rules.receive(payment, line(PRICE), by=None)
    rules.undo(payment, by=None, reason="Wrong person.")
    rules.receive(other, line(PRICE), by=None)

    assert (fresh(payment).status, fresh(payment).received) == (P.UNPAID, 0)
    assert fresh(other).status == P.PAID


def test_money_for_a_place_that_ended_is_a_refund_due():
    payment = payments.payment()
    enrollment.cancel(payment.enrollment)

    rules.receive(payment, line(PRICE), by=None)

    assert (fresh(payment).status, fresh(payment).to_return) == (P.REFUND_DUE, PRICE)


def test_a_refund_is_recorded_by_hand_or_by_the_bank_whole_or_in_parts():
    by_hand, by_bank = payments.payment(), payments.payment()
    for payment, print_ in ((by_hand, "a"), (by_bank, "b")):
        rules.receive(payment, line(PRICE, print_), by=None)
        enrollment.cancel(payment.enrollment)

    rules.mark_returned(by_hand, by=None, reason="Sent.")
    rules.mark_returned(by_hand, by=None, reason="Sent.")
    rules.receive(by_bank, line(-40_000, "c"), by=None)
    assert fresh(by_bank).status == P.REFUND_DUE
    rules.receive(by_bank, line(-50_000, "d"), by=None)

    for payment in (by_hand, by_bank):
        assert (fresh(payment).status, fresh(payment).received) == (P.REFUNDED, 0)


def test_more_than_is_owed_is_not_returned():
    payment = payments.payment()
    with pytest.raises(NotPossible):
        rules.mark_returned(payment, by=None)
    rules.receive(payment, line(PRICE + 500, "a"), by=None)
    with pytest.raises(NotPossible):
        rules.receive(payment, line(-600, "b"), by=None)
    assert not BankLine.objects.filter(fingerprint="b").exists()


def test_a_refund_is_decided_for_a_place_that_ended_only():
    payment = payments.payment()
    rules.mark_paid(payment, by=None, reason="Cash.")

    with pytest.raises(NotPossible):
        rules.owe_refund(payment, by=None, reason="Kindness.")


@pytest.mark.parametrize(
    ("status", "received"), [(P.PAID, 0), (P.UNPAID, PRICE), (P.REFUND_DUE, 0), (P.VOID, 1), (P.REFUNDED, 1)]
)
def test_the_database_refuses_states_that_contradict_the_money(status, received):
    payment = payments.payment()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(status=status, received=received)
