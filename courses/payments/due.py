"""A payment follows its place: opened when the place is given on a paid run, settled when the place ends.

Called by the state machine (courses.states) for every move, inside the rule's
transaction and under the run's lock, so that no way to a place can forget it.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from academy.checkpoints import reach
from academy.money import HUNDREDTHS
from courses.models import Enrollment, Payment, PaymentEvent, WorkshopSession

S = Enrollment.Status
P = Payment.Status


def follow(enrollment, came_from, *, by, at, reason=""):
    """Open or settle the payment of an enrollment that has just moved from `came_from` ("" = new) to its state.

    Closing a run changes nothing: who took part still owes what they owed.
    """
    if enrollment.status == S.CONFIRMED:
        if enrollment.run.price:
            _open(enrollment, by, at)
    elif came_from == S.CONFIRMED and enrollment.status in (S.CANCELLED, S.WITHDRAWN):
        _end(enrollment, by, at, reason)


def record(payment, kind, came_from, *, by, at, amount=0, line=None, reason=""):
    """Write one line of a payment's history; the state is the payment's own."""
    return PaymentEvent.objects.create(
        payment=payment,
        kind=kind,
        from_status=came_from,
        to_status=payment.status,
        amount=amount,
        line=line,
        at=at,
        by=by,
        reason=reason[:300],
    )


def variable_symbol(enrollment, at):
    """A variable symbol (int, up to ten digits) of this enrollment alone: the year, its number, a check digit.

    With the check digit (Luhn, ISO/IEC 7812-1 annex B) one mistyped digit is never somebody else's symbol.
    """
    digits = f"{at.year % 100 or 1}{enrollment.pk:07d}"
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return int(f"{digits}{-total % 10}")


def due_time(run, at):
    """By when (datetime, to the second) somebody who gets a place at `at` pays.

    The end of the day so many days later on the run's clocks, never after the
    start; once the run has started, at once.
    """
    zone = ZoneInfo(run.time_zone)
    day = at.astimezone(zone).date() + timedelta(days=run.payment_days)
    due = datetime.combine(day, time(23, 59, 59), tzinfo=zone)
    sessions = WorkshopSession.objects.planned().filter(run=run).order_by("starts_at")
    starts_at = sessions.values_list("starts_at", flat=True).first()
    if starts_at is not None:
        due = max(min(due, starts_at), at.replace(microsecond=0))
    return due


def _open(enrollment, by, at):
    run = enrollment.run
    payment = Payment.objects.create(
        enrollment=enrollment,
        amount=run.price * HUNDREDTHS,
        currency=settings.CURRENCY,
        variable_symbol=variable_symbol(enrollment, at),
        created_at=at,
        due_at=due_time(run, at),
    )
    record(payment, PaymentEvent.Kind.OPENED, "", by=by, at=at)
    if enrollment.follows_id:
        # Somebody changed runs and has left the old place already.
        old = _locked(enrollment=enrollment.follows_id, status=P.REFUND_DUE)
        if old:
            _carry_over(old, payment, by, at)


def _end(enrollment, by, at, reason):
    """Nothing is owed for a place that ended; what was paid is returned, unless the person left late."""
    payment = _locked(enrollment=enrollment)
    if payment is None:
        return
    reach("money:read")
    came_from = payment.status
    keeps_money = enrollment.status == S.CANCELLED and enrollment.is_late_cancellation
    if payment.status == P.PAID and keeps_money:
        return
    if payment.status not in (P.UNPAID, P.PAID, P.WAIVED):
        return
    payment.status = P.REFUND_DUE if payment.received else P.VOID
    payment.settled_at = None if payment.received else at
    payment.save(update_fields=["status", "settled_at"])
    record(payment, PaymentEvent.Kind.ENDED, came_from, by=by, at=at, reason=reason)
    if payment.status == P.REFUND_DUE:
        # Somebody changed runs and got the new place first.
        new = _locked(enrollment__follows=enrollment, enrollment__status=S.CONFIRMED, status=P.UNPAID)
        if new:
            _carry_over(payment, new, by, at)


def _locked(**which):
    """The Payment, locked until the transaction ends, or None.

    Money is carried over between two runs of which the caller has perhaps locked one only.
    """
    return Payment.objects.select_for_update(of=("self",)).filter(**which).first()


def _carry_over(old, new, by, at):
    """What was paid for the old place pays for the new one; the caller holds the locks on both payments."""
    if old.currency != new.currency:
        return
    reach("money:read")
    amount, came_from = old.received, old.status
    old.status, old.received, old.settled_at = P.VOID, 0, at
    old.save(update_fields=["status", "received", "settled_at"])
    record(old, PaymentEvent.Kind.CARRIED, came_from, by=by, at=at, amount=-amount)
    new.received += amount
    if new.received >= new.amount:
        new.status, new.settled_at = P.PAID, at
        Enrollment.objects.filter(pk=new.enrollment_id).update(lapses_at=None)
    new.save(update_fields=["status", "received", "settled_at"])
    record(new, PaymentEvent.Kind.CARRIED, P.UNPAID, by=by, at=at, amount=amount)
