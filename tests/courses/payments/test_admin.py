"""Payments in the admin."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from academy import registry
from courses import enrollment
from courses.admin import timeline
from courses.models import Payment
from courses.office import exporting
from courses.payments import rules
from tests.factories import payments, users

pytestmark = pytest.mark.django_db
P = Payment.Status
ACTIONS = ["mark_paid", "waive", "mark_returned", "owe_refund", "undo"]


@pytest.fixture
def office(client):
    client.force_login(users.staff(language="en"))
    return client


def action(name, payment):
    return reverse(f"admin_payment_{name}", args=[payment.pk])


def names(response):
    return {row.enrollment.learner.name for row in response.context["object_list"]}


def test_the_list_finds_what_is_to_be_done(office):
    run = payments.paid_run(capacity=None)
    people = {name: payments.payment(of=run, learner=users.user(name)) for name in ("Ada", "Bea", "Cyr", "Dan")}
    Payment.objects.filter(pk=people["Bea"].pk).update(due_at=timezone.now() - timedelta(days=1))
    rules.mark_paid(people["Cyr"], by=None, reason="Cash.")
    rules.mark_paid(people["Dan"], by=None, reason="Cash.")
    enrollment.cancel(people["Dan"].enrollment)
    address = reverse("payment:index")

    assert names(office.get(address)) == {"Ada", "Bea", "Cyr", "Dan"}
    assert names(office.get(address, {"standing": "overdue"})) == {"Bea"}
    assert names(office.get(address, {"standing": "to_return"})) == {"Dan"}
    assert names(office.get(address, {"status": "paid"})) == {"Cyr"}
    assert names(office.get(address, {"run": run.pk, "status": "unpaid"})) == {"Ada", "Bea"}


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_the_same_queries_for_any_number(office, count, django_assert_num_queries):
    run = payments.paid_run(capacity=None)
    for _number in range(count):
        payments.payment(of=run)
    address = reverse("payment:index")
    office.get(address)

    with django_assert_num_queries(9):
        office.get(address)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "Žluťoučký kůň"])
def test_the_export_opens_in_excel_and_holds_no_formula(office, name):
    payments.payment(learner=users.user(name))

    export = office.get(reverse("payment:index") + "?export=xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(export.streaming_content))).active
    row = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    assert (row["Full name"].value, row["Full name"].data_type) == (name, "s")
    assert row["Amount"].value == 900


@pytest.mark.parametrize("name", ["mark_paid", "waive"])
def test_an_action_asks_for_a_reason_and_changes_by_post_only(office, name):
    payment = payments.payment()

    assert office.get(action(name, payment)).status_code == 200
    refused = office.post(action(name, payment), {"reason": " "})
    assert refused.context["form"].errors["reason"]
    assert Payment.objects.get().status == P.UNPAID

    office.post(action(name, payment), {"reason": "Agreed by phone."})
    assert Payment.objects.get().status in (P.PAID, P.WAIVED)
    shown = office.get(reverse("payment:inspect", args=[payment.pk])).content.decode()
    assert "Agreed by phone." in shown


def test_a_refund_is_recorded_and_taken_back(office):
    payment = payments.payment()
    rules.mark_paid(payment, by=None, reason="Cash.")
    enrollment.cancel(payment.enrollment)

    office.post(action("mark_returned", payment), {"reason": "Sent today."})
    assert Payment.objects.get().status == P.REFUNDED
    office.post(action("undo", payment), {"reason": "The bank returned it."})
    assert Payment.objects.get().status == P.REFUND_DUE


def test_a_late_leavers_money_is_returned_when_the_office_decides_so(office):
    run = payments.paid_run(cancel_until=timezone.now() - timedelta(days=1))
    payment = payments.payment(of=run)
    payment.enrollment.__class__.objects.update(confirmed_at=timezone.now() - timedelta(days=9))
    rules.mark_paid(payment, by=None, reason="Cash.")
    enrollment.cancel(payment.enrollment)
    assert Payment.objects.get().status == P.PAID

    office.post(action("owe_refund", payment), {"reason": "Illness."})

    assert Payment.objects.get().status == P.REFUND_DUE


def test_a_refused_action_says_why_and_keeps_what_was_written(office):
    payment = payments.payment()
    rules.waive(payment, by=None, reason="Scholarship.")

    page = office.post(action("mark_paid", payment), {"reason": "Cash."})

    assert "This is not possible: the state is “Payment waived”." in page.content.decode()
    assert "Cash." in page.content.decode()


def person_of(role):
    call_command("migrate", verbosity=0)
    person = users.user(language="en", is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.mark.parametrize(("role", "status"), [("Programme managers", 200), ("Administrators", 200), ("Editors", 302)])
def test_who_may_see_and_change_payments(client, role, status):
    payment = payments.payment()
    client.force_login(person_of(role))

    assert client.get(reverse("payment:index")).status_code == status
    for name in ACTIONS:
        assert client.get(action(name, payment)).status_code == status


def test_strangers_are_sent_to_the_login(client):
    payment = payments.payment()
    assert "login" in client.get(reverse("payment:index")).url
    assert "login" in client.get(action("waive", payment)).url


@pytest.mark.parametrize(
    ("role", "allowed"), [("Programme managers", True), ("Administrators", True), ("Editors", False)]
)
def test_who_may_change_the_account(role, allowed):
    assert person_of(role).has_perm("cms.change_paymentsettings") == allowed


@pytest.mark.parametrize(
    ("iban", "accepted"), [("CZ65 0800 0000 1920 0014 5399", True), ("CZ6508000000192000145398", False), ("", True)]
)
def test_the_account_is_checked_when_it_is_written(office, iban, accepted):
    account = payments.account(iban="")
    address = reverse("wagtailsettings:edit", args=["cms", "paymentsettings", account.pk])

    page = office.post(address, {"iban": iban, "bic": "", "holder": "Kancelář"})

    assert (page.status_code == 302) == accepted
    account.refresh_from_db()
    assert bool(account.iban) == (accepted and bool(iban))


def test_attention_names_what_waits_for_the_office():
    def lines():
        return [sentence for sentence, _url in registry.attention_items["payments"](timezone.now())]

    assert lines() == []
    overdue, back = payments.payment(), payments.payment()
    Payment.objects.filter(pk=overdue.pk).update(due_at=timezone.now() - timedelta(days=1))
    rules.mark_paid(back, by=None, reason="Cash.")
    enrollment.withdraw(back.enrollment, by=None, reason="Mistake.")

    with override("en"):
        assert lines() == [
            "There are paid runs, but no account to pay to: write it under Settings.",
            "1 payment is overdue.",
            "Money is to be returned to 1 person.",
        ]
        payments.account()
        assert len(lines()) == 2


def test_the_list_of_a_runs_people_has_a_column_of_payments_only_where_something_is_paid(office):
    paid = payments.payment(learner=users.user("Ada"))
    rules.mark_paid(paid, by=None, reason="Cash.")
    run = paid.enrollment.run
    free = payments.paid_run(price=0)
    address = "admin_courserun_export_people"

    answer = office.post(reverse(address, args=[run.pk]), {"file_format": "csv", "columns": ["name", "payment"]})

    assert answer.content.decode("utf-8-sig").split() == ["Full", "name;Payment", "Ada;Paid"]
    assert "payment" not in exporting.columns(free, users.staff())


def test_the_column_of_payments_is_only_for_who_may_see_payments():
    run = payments.payment().enrollment.run
    manager, editor = users.user(is_staff=True), users.user(is_staff=True)
    manager.user_permissions.add(Permission.objects.get(codename="view_payment"))
    assert "payment" in exporting.columns(run, manager)
    assert "payment" not in exporting.columns(run, editor)


def test_the_history_of_a_run_has_payments_only_for_who_may_see_payments():
    run = payments.payment().enrollment.run
    reader = users.user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_courserun"))
    accountant = users.user(is_staff=True)
    accountant.user_permissions.set(Permission.objects.filter(codename__in=["view_courserun", "view_payment"]))

    def said(user):
        return [line.what for _at, line in timeline.page_of(run, 1, user).lines]

    with override("en"):
        assert sorted(said(reader)) == ["Enrollment"]
        assert sorted(said(accountant)) == ["Enrollment", "payment opened"]
