"""The demo's money: one paid run with people in every state, brought there by the rules, and a statement to try."""

from datetime import timedelta

from django.conf import settings

from academy.demo import people
from academy.users.models import User
from courses import enrollment
from courses.models import CourseRun, Payment

from . import importing, lapsing, rules
from .statements import sample

RUN = "BK-4"
SAVED_AS = "demo-statement"


def replay_history(content, now):
    """Pay, in whole and in part, waive, return and forget to pay on one run; write a statement for the rest."""
    run = CourseRun.objects.filter(code=RUN, price__gt=0).first()
    if run is None:
        return
    CourseRun.objects.filter(pk=run.pk).update(unpaid_lapses=True)
    office = User.objects.get(email=people.OFFICE)
    rows = list(
        Payment.objects.filter(enrollment__run=run, status=Payment.Status.UNPAID)
        .exclude(enrollment__learner__email__startswith="p")
        .select_related("enrollment")
        .order_by("pk")
    )
    if len(rows) < 11:
        return
    paid, (part, above, waived, leaving, gone) = rows[:5], rows[5:10]
    amounts = [(row, row.amount) for row in (*paid, leaving)]
    amounts += [(part, part.amount // 2), (above, above.amount + 10_000)]
    _import(amounts, office, now - timedelta(days=9))
    rules.waive(waived, by=office, reason="Stipendium kanceláře.", at=now - timedelta(days=8))
    rules.mark_paid(gone, by=office, reason="Hotově v kanceláři.", at=now - timedelta(days=8))
    for row in (leaving, gone):
        enrollment.cancel(row.enrollment, by=row.enrollment.learner, at=now - timedelta(days=5))
    rules.mark_returned(gone, by=office, reason="Vráceno hotově.", at=now - timedelta(days=4))
    lapsing.queue_due(at=now)
    _write_statement(now)


def _transfers(amounts, now, first=26_962_199_000):
    return [
        sample.Transfer(
            amount=amount,
            variable_symbol=row.variable_symbol,
            bank_id=str(first + row.pk),
            date=(now - timedelta(days=1)).date(),
        )
        for row, amount in amounts
    ]


def _import(amounts, office, at):
    statement = importing.upload(sample.as_csv(_transfers(amounts, at)), name="vypis-1.csv", by=office, at=at)
    numbers = {one.line.number for group in importing.review(statement) for one in group.proposals}
    importing.apply(statement, numbers, by=office, at=at)


def _write_statement(now):
    """Files in both formats, in the folder of the site's data: what is still to be paid, and a line nobody knows."""
    rows = Payment.objects.filter(status=Payment.Status.UNPAID).order_by("pk")[:5]
    transfers = _transfers([(row, row.outstanding) for row in rows], now, first=26_962_300_000)
    transfers.append(sample.Transfer(amount=50_000, variable_symbol=424242, bank_id="26962400000"))
    folder = settings.DATA_DIR
    (folder / f"{SAVED_AS}.csv").write_bytes(sample.as_csv(transfers))
    (folder / f"{SAVED_AS}.gpc").write_bytes(sample.as_gpc(transfers))
