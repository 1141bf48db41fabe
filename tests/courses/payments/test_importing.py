"""A bank statement: uploaded, reviewed, applied."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from courses import enrollment
from courses.models import BankLine, BankStatement, Payment, StatementFormat
from courses.payments import importing, rules
from courses.payments.statements import sample
from courses.payments.statements.lines import BadStatement
from tests.factories import payments

pytestmark = pytest.mark.django_db
P = Payment.Status
PRICE = 90_000


def transfer(symbol=None, amount=PRICE, bank_id="1", **extra):
    return sample.Transfer(amount=amount, variable_symbol=symbol, bank_id=bank_id, **extra)


def uploaded(*transfers, write=sample.as_csv):
    return importing.upload(write(transfers), name="vypis.csv", by=None)


def grouped(statement):
    return {
        group.key: [(proposal.line.bank_id, proposal.is_chosen) for proposal in group.proposals]
        for group in importing.review(statement)
    }


def fresh(payment):
    return Payment.objects.get(pk=payment.pk)


def chosen(statement):
    return {
        proposal.line.number
        for group in importing.review(statement)
        for proposal in group.proposals
        if proposal.is_chosen
    }


def everything(statement):
    return {
        proposal.line.number
        for group in importing.review(statement)
        for proposal in group.proposals
        if proposal.can_be_chosen
    }


def test_every_line_falls_into_its_group():
    run = payments.paid_run(capacity=None)
    exact, less, more, settled, waived, ended, euro, back = (payments.payment(of=run) for _number in range(8))
    rules.mark_paid(settled, by=None, reason="Cash.")
    rules.waive(waived, by=None, reason="Scholarship.")
    enrollment.cancel(ended.enrollment)
    rules.mark_paid(back, by=None, reason="Cash.")
    enrollment.cancel(back.enrollment)

    statement = uploaded(
        transfer(exact.variable_symbol, bank_id="1"),
        transfer(less.variable_symbol, PRICE - 1, bank_id="2"),
        transfer(more.variable_symbol, PRICE + 1, bank_id="3"),
        transfer(settled.variable_symbol, bank_id="4"),
        transfer(ended.variable_symbol, bank_id="5"),
        transfer(424242, bank_id="6"),
        transfer(None, bank_id="7"),
        transfer(euro.variable_symbol, bank_id="8", currency="EUR"),
        transfer(back.variable_symbol, -PRICE, bank_id="9"),
        transfer(None, -5_000, bank_id="10"),
        transfer(exact.variable_symbol, bank_id="11"),
        transfer(waived.variable_symbol, bank_id="12"),
    )

    assert grouped(statement) == {
        "exact": [("1", True)],
        "less": [("2", False)],
        "more": [("3", False)],
        "settled": [("4", False), ("11", False)],
        "waived": [("12", False)],
        "ended": [("5", False)],
        "refund": [("9", True)],
        "unknown": [("6", False), ("7", False)],
        "outgoing": [("10", False)],
        "currency": [("8", False)],
    }


def test_nothing_is_counted_before_somebody_has_looked():
    payment = payments.payment()
    uploaded(transfer(payment.variable_symbol))

    assert (fresh(payment).status, BankLine.objects.count()) == (P.UNPAID, 0)


@pytest.mark.parametrize("write", [sample.as_csv, sample.as_gpc])
def test_what_is_chosen_is_counted_and_the_rest_forgotten(write):
    payment, other = payments.payment(), payments.payment()
    statement = uploaded(transfer(payment.variable_symbol), transfer(other.variable_symbol, 100, "2"), write=write)

    done = importing.apply(statement, chosen(statement), by=None)

    statement.refresh_from_db()
    line = BankLine.objects.get()
    assert done == importing.Applied(counted=1, before=0)
    assert (fresh(payment).status, fresh(other).received) == (P.PAID, 0)
    assert (line.payment, line.amount, line.counter_account) == (payment, PRICE, "…333/2010")
    assert (statement.status, statement.lines) == ("applied", [])


def test_applying_twice_counts_once():
    payment = payments.payment()
    statement = uploaded(transfer(payment.variable_symbol))
    numbers = chosen(statement)

    importing.apply(statement, numbers, by=None)
    again = importing.apply(statement, numbers, by=None)

    assert again == importing.Applied(counted=0, before=1)
    assert fresh(payment).received == PRICE


@pytest.mark.parametrize("write", [sample.as_csv, sample.as_gpc])
def test_the_same_transfer_in_another_file_is_counted_once(write):
    payment = payments.payment()
    first = uploaded(transfer(payment.variable_symbol))
    second = uploaded(transfer(payment.variable_symbol), write=write)
    numbers = chosen(second)
    importing.apply(first, chosen(first), by=None)

    assert grouped(second) == {"counted": [("1", False)]}
    assert importing.apply(second, numbers, by=None) == importing.Applied(counted=0, before=1)
    assert fresh(payment).received == PRICE


def test_parts_in_one_file_add_up():
    payment = payments.payment()
    statement = uploaded(transfer(payment.variable_symbol, 40_000, "1"), transfer(payment.variable_symbol, 50_000, "2"))

    importing.apply(statement, everything(statement), by=None)

    assert (fresh(payment).status, fresh(payment).received) == (P.PAID, PRICE)


def test_more_than_is_asked_for_stays_visible():
    payment = payments.payment()
    statement = uploaded(transfer(payment.variable_symbol, PRICE + 500))

    importing.apply(statement, everything(statement), by=None)

    assert (fresh(payment).status, fresh(payment).to_return) == (P.PAID, 500)


def test_money_for_a_place_that_ended_becomes_a_refund():
    payment = payments.payment()
    enrollment.cancel(payment.enrollment)
    statement = uploaded(transfer(payment.variable_symbol))

    importing.apply(statement, everything(statement), by=None)

    assert fresh(payment).status == P.REFUND_DUE


def test_a_refund_that_left_is_recorded():
    payment = payments.payment()
    rules.mark_paid(payment, by=None, reason="Cash.")
    enrollment.cancel(payment.enrollment)
    statement = uploaded(transfer(payment.variable_symbol, -PRICE))

    importing.apply(statement, chosen(statement), by=None)

    assert (fresh(payment).status, fresh(payment).received) == (P.REFUNDED, 0)


def test_an_unknown_symbol_is_put_right_by_hand():
    payment = payments.payment()
    statement = uploaded(transfer(424242))
    number = importing.review(statement)[0].proposals[0].line.number

    importing.apply(statement, {number}, assigned={number: payment.variable_symbol}, by=None)

    assert fresh(payment).status == P.PAID


def test_one_line_that_cannot_be_counted_stops_all_of_them():
    payment = payments.payment()
    statement = uploaded(transfer(payment.variable_symbol), transfer(424242, bank_id="2"))

    with override("en"), pytest.raises(importing.LineRefused) as error:
        importing.apply(statement, {5, 6}, assigned={6: 171717}, by=None)

    statement.refresh_from_db()
    assert str(error.value.sentence) == "Line 6: no payment has the symbol 171717."
    assert (fresh(payment).status, statement.status, BankLine.objects.count()) == (P.UNPAID, "review", 0)


def test_a_refund_larger_than_what_is_owed_stops_all():
    payment, back = payments.payment(), payments.payment()
    statement = uploaded(transfer(payment.variable_symbol), transfer(back.variable_symbol, -PRICE, "2"))

    with pytest.raises(importing.LineRefused):
        importing.apply(statement, {5, 6}, by=None)

    assert (fresh(payment).status, BankLine.objects.count()) == (P.UNPAID, 0)


UNKNOWN = "Kdy;Kolik;Symbol;Kdo\n15.01.2027;900,00;{symbol};Žofie\n"


def test_unknown_columns_are_named_once_and_known_from_then_on():
    payment = payments.payment()
    content = UNKNOWN.format(symbol=payment.variable_symbol).encode()
    statement = importing.upload(content, name="a.csv", by=None)
    assert statement.status == "columns"

    importing.name_columns(statement, {"date": 0, "amount": 1, "variable_symbol": 2, "currency": None})

    statement.refresh_from_db()
    assert statement.status == "review"
    assert "Žofie" not in str(statement.lines)
    assert importing.upload(content, name="b.csv", by=None).status == "review"
    assert StatementFormat.objects.count() == 1


def test_columns_that_are_needed_have_to_be_named():
    statement = importing.upload(UNKNOWN.format(symbol=1).encode(), name="a.csv", by=None)
    with pytest.raises(importing.ColumnsMissing):
        importing.name_columns(statement, {"date": 0, "amount": 1, "variable_symbol": None})
    with pytest.raises(BadStatement):
        importing.name_columns(statement, {"date": 3, "amount": 1, "variable_symbol": 2})
    statement.refresh_from_db()
    assert statement.status == "columns"


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(importing.TooLarge):
        importing.upload(b"x" * (importing.LARGEST_FILE + 1), name="a.csv", by=None)


def test_files_that_nobody_applied_are_forgotten():
    at = timezone.now()
    old = importing.upload(sample.as_csv([transfer(1)]), name="a", by=None, at=at - timedelta(days=31))
    named = importing.upload(UNKNOWN.format(symbol=1).encode(), name="b", by=None, at=at - timedelta(days=2))
    kept = uploaded(transfer(1))
    done = uploaded(transfer(1))
    importing.apply(done, set(), by=None)
    BankStatement.objects.filter(pk=done.pk).update(uploaded_at=at - timedelta(days=99))

    assert importing.forget_old(at=at) == 2

    assert set(BankStatement.objects.all()) == {kept, done}
    importing.discard(old)
    importing.discard(named)
    importing.discard(done)
    assert BankStatement.objects.filter(pk=done.pk).exists()


@pytest.mark.parametrize("count", [1, 30])
def test_a_review_takes_the_same_queries_for_any_number_of_lines(count, django_assert_num_queries):
    run = payments.paid_run(capacity=None)
    rows = [payments.payment(of=run) for _number in range(count)]
    statement = uploaded(*(transfer(row.variable_symbol, bank_id=str(number)) for number, row in enumerate(rows)))

    with django_assert_num_queries(2):
        groups = importing.review(statement)
        assert [str(proposal.payment.enrollment.learner) for group in groups for proposal in group.proposals]
