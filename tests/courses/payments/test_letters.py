"""What mails say about money, read at the moment of sending."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.delivery import deliver
from academy.mail.models import Message
from courses import enrollment
from courses.payments import lapsing, notices, rules
from tests.factories import payments, users

pytestmark = pytest.mark.django_db


def send(kind, mailoutbox):
    """Deliver the newest message of this kind; return the mail, or None where it was skipped."""
    before = len(mailoutbox)
    deliver(Message.objects.filter(kind=kind).latest("pk").pk, at=timezone.now() + timedelta(days=400))
    return mailoutbox[before] if len(mailoutbox) > before else None


def html(mail):
    return mail.alternatives[0].content


def test_the_confirmation_says_how_to_pay_with_the_code_as_text_and_as_an_image(mailoutbox):
    payments.account()
    payment = payments.payment(learner=users.user("Žofie", language="en"))

    mail = send("enrollment_confirmed", mailoutbox)

    facts = ["CZK\xa0900", "19-2000145399/0800", str(payment.variable_symbol), f"{payment.enrollment.run.code} ZOFIE"]
    for fact in facts:
        assert fact in mail.body
        assert fact in html(mail)
    assert "SPD*1.0*ACC:CZ6508000000192000145399+GIBACZPX*AM:900.00*CC:CZK*" in mail.body
    images = [part for part in mail.message().walk() if part.get_content_maintype() == "image"]
    assert [(part["Content-ID"], part.get_content_disposition()) for part in images] == [("<payment-code>", "inline")]
    assert images[0].get_payload(decode=True).startswith(b"\x89PNG")
    assert 'src="cid:payment-code"' in html(mail)
    assert 'src="http' not in html(mail)


def test_without_an_account_the_office_writes_how_to_pay(mailoutbox):
    payments.payment(learner=users.user(language="en"))

    mail = send("enrollment_confirmed", mailoutbox)

    assert "The office will write to you how to pay." in mail.body
    assert "cid:" not in html(mail)


def test_the_confirmation_of_a_free_place_says_nothing_of_money(mailoutbox):
    payments.account()
    enrollment.enroll(users.user(language="en"), payments.paid_run(price=0))

    assert "Payment" not in send("enrollment_confirmed", mailoutbox).body


def test_reminder_and_warning_name_their_time(mailoutbox):
    payments.account()
    run = payments.paid_run(unpaid_lapses=True)
    payment = payments.payment(of=run, learner=users.user(language="en"))

    lapsing.queue_due(at=payment.due_at - timedelta(days=1))
    assert str(payment.variable_symbol) in send(notices.REMINDER, mailoutbox).body
    lapsing.queue_due(at=payment.due_at + timedelta(seconds=1))
    assert "You keep the place if the payment arrives by" in send(notices.WARNING, mailoutbox).body


@pytest.mark.parametrize("kind", [notices.REMINDER, notices.WARNING])
def test_who_has_paid_meanwhile_is_told_nothing(kind, mailoutbox):
    payment = payments.payment(unpaid_lapses=True)
    lapsing.queue_due(at=payment.due_at - timedelta(days=1))
    lapsing.queue_due(at=payment.due_at + timedelta(seconds=1))
    rules.mark_paid(payment, by=None, reason="Cash.")

    assert send(kind, mailoutbox) is None


def test_who_has_paid_is_thanked(mailoutbox):
    payments.account()
    payment = payments.payment(learner=users.user(language="cs"))
    rules.mark_paid(payment, by=None, reason="Hotově.")

    mail = send(notices.RECEIVED, mailoutbox)

    assert "dorazila. Děkujeme." in mail.body
    assert "SPD*" not in mail.body
