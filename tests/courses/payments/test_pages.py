"""What a person sees of their payment."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cms.models import PaymentSettings
from courses import enrollment
from courses.models import Enrollment, Payment
from courses.payments import rules, words
from tests.factories import payments, users

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(client):
    person = users.user("Žofie", language="en")
    client.force_login(person)
    return person


def page(client, payment, language="en"):
    address = reverse("courses:enrollment", args=[payment.enrollment_id])
    return client.get(f"/{language}/{address.split('/', 2)[2]}").content.decode()


def test_the_page_of_a_place_says_how_to_pay(client, learner):
    payments.account()
    payment = payments.payment(learner=learner)

    shown = page(client, payment)

    for fact in ["CZK\xa0900", "19-2000145399/0800", "CZ65 0800", str(payment.variable_symbol), "Unpaid"]:
        assert fact in shown
    assert '<img src="data:image/svg+xml' in shown
    assert "QR code of this payment: CZK\xa0900, variable symbol" in shown


def test_the_page_is_in_czech_too(client, learner):
    payments.account()
    shown = page(client, payments.payment(learner=learner), "cs")

    for fact in ["Nezaplaceno", "900\xa0Kč", "Variabilní symbol", "Načtěte jej v aplikaci své banky"]:
        assert fact in shown


def test_without_an_account_the_page_says_that_the_office_will_write(client, learner):
    assert "The office will write to you how to pay." in page(client, payments.payment(learner=learner))
    assert not PaymentSettings.objects.exists()  # a look makes no row


def test_an_overdue_payment_says_so_and_when_the_place_lapses(client, learner):
    payment = payments.payment(learner=learner)
    Payment.objects.update(due_at=timezone.now() - timedelta(days=1))
    Enrollment.objects.update(lapses_at=timezone.now() + timedelta(days=1))

    shown = page(client, payment)

    assert "Payment overdue" in shown
    assert "Without the payment the place lapses after" in shown


def test_a_place_that_has_lapsed_says_so_before_anything_has_noticed(client, learner):
    payments.account()
    payment = payments.payment(learner=learner)
    Enrollment.objects.update(lapses_at=timezone.now() - timedelta(seconds=5))

    shown = page(client, payment)

    assert "The place was not paid in time and has lapsed." in shown
    assert "Enroll again" in shown
    assert "data:image/svg" not in shown


@pytest.mark.parametrize("verb", [rules.mark_paid, rules.waive])
def test_who_owes_nothing_is_shown_no_code(client, learner, verb):
    payments.account()
    payment = payments.payment(learner=learner)
    verb(payment, by=None, reason="Cash.")

    shown = page(client, payment)

    assert "data:image/svg" not in shown
    assert payment.__class__.objects.get().get_status_display() in shown


def test_a_refund_that_is_due_is_shown(client, learner):
    payment = payments.payment(learner=learner)
    rules.mark_paid(payment, by=None, reason="Cash.")
    enrollment.cancel(payment.enrollment)

    assert "The office will return CZK\xa0900." in page(client, payment)


def test_somebody_elses_payment_is_not_found(client, learner):
    address = reverse("courses:enrollment", args=[payments.payment().enrollment_id])
    assert client.get(address).status_code == 404


def test_my_academy_names_what_is_to_be_paid(client, learner):
    payment = payments.payment(learner=learner)
    assert "Pay CZK\xa0900 by" in client.get("/en/my/").content.decode()

    rules.mark_paid(payment, by=None, reason="Cash.")
    assert "Payment: Paid, CZK\xa0900" in client.get("/en/my/").content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_my_academy_costs_the_same_with_1_and_30_payments(client, learner, count, django_assert_num_queries):
    payments.account()
    for _number in range(count):
        payments.payment(learner=learner)
    client.get("/en/my/")

    with django_assert_num_queries(13):
        client.get("/en/my/")


def test_the_page_of_a_run_says_the_price_as_every_other_page(client):
    run = payments.paid_run(price=1200)
    assert "CZK\xa01,200" in client.get(f"/en/runs/{run.code}/enroll/").content.decode()


def test_the_code_of_an_overdue_payment_asks_for_today():
    payments.account()
    payment = payments.payment()
    at = payment.due_at + timedelta(days=3)

    said = words.of_payment(payment, payment.enrollment, at=at)

    assert f"*DT:{at:%Y%m%d}*" in said.transfer.descriptor


def test_whose_place_has_lapsed_can_enroll_again_before_anything_has_noticed(client, learner):
    run = payments.payment(learner=learner).enrollment.run
    Enrollment.objects.update(lapses_at=timezone.now() - timedelta(seconds=5))

    assert "You are enrolled in this run already." not in client.get(f"/en/runs/{run.code}/enroll/").content.decode()
