"""Importing a bank statement in the admin, and the tab of payments on a run's page."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from courses.models import BankStatement, CourseRun, Payment
from courses.payments import importing, rules
from courses.payments.statements import sample
from tests.factories import payments, users

pytestmark = pytest.mark.django_db
PRICE = 90_000
UPLOAD = "/admin/bank-statements/import/"


@pytest.fixture
def office(client):
    person = users.user("Kancelář", language="en")
    person.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(person)
    return client


def file(content, name="vypis.csv"):
    return {"file": SimpleUploadedFile(name, content)}


def statement_with(*symbols):
    transfers = [
        sample.Transfer(amount=PRICE, variable_symbol=symbol, bank_id=str(number))
        for number, symbol in enumerate(symbols, start=1)
    ]
    return importing.upload(sample.as_csv(transfers), name="vypis.csv", by=None)


def review(statement):
    return reverse("payments_review", args=[statement.pk])


@pytest.mark.parametrize(("write", "name"), [(sample.as_csv, "vypis.csv"), (sample.as_gpc, "vypis.gpc")])
def test_a_file_is_read_reviewed_and_counted(office, write, name):
    payment = payments.payment(learner=users.user("Žofie"))
    content = write([sample.Transfer(amount=PRICE, variable_symbol=payment.variable_symbol, bank_id="1")])

    page = office.post(UPLOAD, file(content, name), follow=True)

    shown = page.content.decode()
    statement = BankStatement.objects.get()
    number = importing.review(statement)[0].proposals[0].line.number
    assert "Symbol and amount fit (1)" in shown
    assert "Žofie" in shown
    assert f'name="line-{number}" checked' in shown
    assert Payment.objects.get().status == "unpaid"

    done = office.post(review(statement), {f"line-{number}": "on"}, follow=True).content.decode()

    assert "1 transfer is counted." in done
    assert Payment.objects.get().status == "paid"
    assert "Žofie" in office.get(reverse("bankstatement:inspect", args=[statement.pk])).content.decode()
    assert office.get(review(statement)).url == reverse("bankstatement:inspect", args=[statement.pk])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "This is no bank statement that can be read"),
        (b"Datum;Objem;VS\nx;1,00;1\n", "Line 2: “x” is no date."),
        (b"Datum;Objem;VS\n", "There is no transfer in this file."),
        (b"", "empty"),
        (b"x" * (importing.LARGEST_FILE + 1), "The file is larger than 2 MB."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(office, content, sentence):
    page = office.post(UPLOAD, file(content))

    assert page.status_code == 200
    assert sentence in str(page.context["form"].errors["file"])
    assert not BankStatement.objects.exists()


def test_columns_are_named_where_they_are_not_known(office):
    payment = payments.payment()
    content = f"Kdy;Kolik;Symbol\n15.01.2027;900,00;{payment.variable_symbol}\n".encode()

    page = office.post(UPLOAD, file(content), follow=True)
    assert "Kolik" in page.content.decode()
    statement = BankStatement.objects.get()
    address = reverse("payments_columns", args=[statement.pk])
    refused = office.post(address, {"date": "0", "amount": "1", "variable_symbol": ""})
    assert refused.context["form"].errors["variable_symbol"]

    page = office.post(address, {"date": "0", "amount": "1", "variable_symbol": "2"}, follow=True)

    assert "Symbol and amount fit (1)" in page.content.decode()


def test_a_symbol_written_by_hand_is_checked_and_nothing_is_lost(office):
    payment = payments.payment()
    statement = statement_with(payment.variable_symbol, 424242)

    page = office.post(review(statement), {"symbol-6": "12x"}).content.decode()
    assert "Line 6: A variable symbol has up to ten digits." in page
    assert 'value="12x"' in page
    assert 'name="line-5" checked' not in page

    page = office.post(review(statement), {"line-5": "on", "symbol-6": "171717"}).content.decode()
    assert "Line 6: no payment has the symbol 171717." in page
    assert 'name="line-5" checked' in page
    assert Payment.objects.get().status == "unpaid"

    other = payments.payment()
    office.post(review(statement), {"line-5": "on", "symbol-6": str(other.variable_symbol)})
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_looking_changes_nothing_and_a_file_can_be_thrown_away(office):
    statement = statement_with(1)
    address = reverse("payments_discard", args=[statement.pk])

    for url in (UPLOAD, review(statement), address, reverse("bankstatement:index")):
        assert office.get(url).status_code == 200
    assert BankStatement.objects.get().status == "review"

    office.post(address)
    assert not BankStatement.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_the_review_takes_the_same_queries_for_any_number(office, count, django_assert_num_queries):
    run = payments.paid_run(capacity=None)
    statement = statement_with(*(payments.payment(of=run).variable_symbol for _number in range(count)))
    office.get(review(statement))

    with django_assert_num_queries(12):
        office.get(review(statement))


@pytest.mark.parametrize("role", ["Editors", None])
def test_statements_are_for_the_office_only(client, role):
    statement = statement_with(1)
    person = users.user()
    if role:
        person.groups.add(Group.objects.get(name=role))
    addresses = [UPLOAD, review(statement), reverse("payments_discard", args=[statement.pk])]
    addresses += [reverse("bankstatement:index"), reverse("bankstatement:inspect", args=[statement.pk])]

    assert [client.get(url).status_code for url in addresses] == [302] * 5
    client.force_login(person)
    assert [client.post(url).status_code for url in addresses] == [302] * 5
    assert BankStatement.objects.get().status == "review"


def run_page(run, part="payments"):
    return f"{reverse(CourseRun.snippet_viewset.get_url_name('inspect'), args=[run.pk])}?part={part}"


def test_the_page_of_a_paid_run_has_a_tab_of_payments(office):
    run = payments.paid_run()
    payment = payments.payment(of=run, learner=users.user("Žofie"))
    rules.mark_paid(payment, by=None, reason="Cash at the door.")

    shown = office.get(run_page(run)).content.decode()
    history = office.get(run_page(run, "history")).content.decode()

    for fact in ["Žofie", "Paid", "CZK\xa0900", str(payment.variable_symbol)]:
        assert fact in shown
    assert "Cash at the door." in history


def test_a_free_run_has_no_such_tab(office):
    run = payments.paid_run(price=0)
    assert "payments" not in dict(office.get(run_page(run, "people")).context["tabs"])


@pytest.mark.parametrize("count", [1, 30])
def test_the_tab_takes_the_same_queries_for_any_number(office, count, django_assert_num_queries):
    run = payments.paid_run(capacity=None)
    for _number in range(count):
        payments.payment(of=run)
    office.get(run_page(run))

    with django_assert_num_queries(16):
        office.get(run_page(run))
