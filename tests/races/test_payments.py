"""Money under real competition: one file imported twice at once, and paying while the place lapses."""

from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from django.utils import timezone

from academy import checkpoints
from courses import enrollment as enroll_rules
from courses.models import BankLine, BankStatement, Enrollment, Payment
from courses.payments import importing, rules
from courses.payments.statements import sample
from courses.seats import sweep_offers
from tests.factories import payments

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
PRICE = 90_000
S, P = Enrollment.Status, Payment.Status


def _apply(statement):
    row = BankStatement.objects.get(pk=statement)
    done = importing.apply(row, {5, 6}, by=None)
    return done.counted, done.before


def _one_file_imported_twice_at_once(**how):
    """Returns outcomes and, for each of two payments, what was received."""
    rows = [payments.payment() for _number in range(2)]
    content = sample.as_csv(
        [
            sample.Transfer(amount=PRICE, variable_symbol=row.variable_symbol, bank_id=str(row.pk))
            for row in reversed(rows)
        ]
    )
    statements = [importing.upload(content, name="vypis.csv", by=None) for _number in range(2)]
    outcomes = race([partial(_apply, row.pk) for row in statements], gate="import:read", **how)
    return outcomes, list(Payment.objects.order_by("pk").values_list("received", flat=True))


def test_one_file_imported_twice_at_once_counts_once():
    outcomes, received = _one_file_imported_twice_at_once()

    assert failures(outcomes) == []
    assert sorted(values(outcomes)) == [(0, 2), (2, 0)]
    assert received == [PRICE, PRICE]


def test_without_the_constraint_one_file_counts_twice():
    with without_constraint(BankLine, "bank_line_counted_once"):
        _outcomes, received = _one_file_imported_twice_at_once()

    assert received == [2 * PRICE, 2 * PRICE]


def _receive(payment, statement, at):
    line = BankLine(statement_id=statement, fingerprint="f", number=1, date=at.date(), amount=PRICE)
    return rules.receive(Payment.objects.get(pk=payment), line, by=None, at=at).status


def _sweep(at):
    return sweep_offers(at=at)


def _paying_while_the_place_lapses(**how):
    """A transfer counted in the last second, and the sweep in the next one. Returns outcomes and how both stand."""
    payment = payments.payment(unpaid_lapses=True)
    statement = payments.statement()
    last = timezone.now().replace(microsecond=0)
    Enrollment.objects.update(lapses_at=last)
    outcomes = race(
        [partial(_receive, payment.pk, statement.pk, last), partial(_sweep, last + timedelta(seconds=1))],
        gate="money:read",
        **how,
    )
    row = Payment.objects.select_related("enrollment").get()
    return outcomes, (row.enrollment.status, row.status, row.received)


KEPT, RETURNED = (S.CONFIRMED, P.PAID, PRICE), (S.CANCELLED, P.REFUND_DUE, PRICE)


def test_paying_while_the_place_lapses_keeps_the_place_or_owes_the_money():
    outcomes, stands = _paying_while_the_place_lapses()

    assert failures(outcomes) == []
    assert stands in (KEPT, RETURNED)


def test_without_the_lock_paying_while_the_place_lapses_goes_wrong():
    outcomes, stands = _paying_while_the_place_lapses(locks=False)

    assert failures(outcomes) or stands not in (KEPT, RETURNED)


def _leave(enrollment):
    """Leave the place; paying is met where the money of both places has been read, the second time at the gate."""
    meet, times = checkpoints.hooks["money:read"], count()
    checkpoints.hooks["money:read"] = lambda: next(times) and meet()
    enroll_rules.cancel(Enrollment.objects.get(pk=enrollment))


def _paying_the_new_place_while_leaving_the_old_one(**how):
    """The office gave a place on another run to somebody who waits for it. Returns outcomes and all that was paid."""
    old = payments.payment()
    rules.mark_paid(old, by=None, reason="Cash.")
    new = payments.payment(learner=old.enrollment.learner)
    Enrollment.objects.filter(pk=new.enrollment_id).update(follows=old.enrollment)
    statement = payments.statement()
    outcomes = race(
        [partial(_leave, old.enrollment_id), partial(_receive, new.pk, statement.pk, timezone.now())],
        gate="money:read",
        **how,
    )
    return outcomes, sum(Payment.objects.values_list("received", flat=True))


def test_money_carried_over_and_money_from_the_bank_both_count():
    outcomes, received = _paying_the_new_place_while_leaving_the_old_one()

    assert failures(outcomes) == []
    assert received == 2 * PRICE


def test_without_locks_money_is_lost_on_the_way():
    # Leaving has a longer way to the gate than paying: on a busy machine paying must wait for it.
    outcomes, received = _paying_the_new_place_while_leaving_the_old_one(locks=False, patience=5)

    assert failures(outcomes) or received != 2 * PRICE
