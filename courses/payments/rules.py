"""What the office and the bank do to a payment. The only writer of payments after they were opened (see due.py).

Every verb locks the run of the payment's enrollment first, as the rules about
seats do, so that paying and lapsing can never both happen to one place.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.checkpoints import reach
from academy.errors import RuleError
from courses.errors import NotPossible, ReasonMissing
from courses.models import BankLine, Payment, PaymentEvent
from courses.seats import lock_run, settle

from . import notices
from .due import record

P = Payment.Status
K = PaymentEvent.Kind
# What the office may take back, newest first: its own marks and what the bank brought.
UNDOABLE = (K.MARKED, K.BANK, K.WAIVED, K.OWED, K.RETURNED)


class AlreadyCounted(RuleError):
    sentence = _("This transfer was counted already.")


class StillWaived(NotPossible):
    sentence = _("The payment is waived. Take the waiver back first, or send the money back.")


def mark_paid(payment, *, by, reason, at=None):
    """The office has the money by another way (cash, another account); return the payment. Twice is safe.

    Raises ReasonMissing, and NotPossible for a place that ended or has lapsed.
    """
    with transaction.atomic():
        payment, at = _lock(payment, at)
        if payment.status == P.PAID:
            return payment
        _check_reason(reason)
        _check_status(payment, P.UNPAID)
        return _take(payment, payment.outstanding, K.MARKED, by=by, at=at, reason=reason)


def waive(payment, *, by, reason, at=None):
    """The office asks for no (more) money, for a reason; return the payment. Twice is safe.

    Raises ReasonMissing, and NotPossible for what is not unpaid.
    """
    with transaction.atomic():
        payment, at = _lock(payment, at)
        if payment.status == P.WAIVED:
            return payment
        _check_reason(reason)
        _check_status(payment, P.UNPAID)
        _keep_the_place(payment)
        return _move(payment, P.WAIVED, K.WAIVED, by=by, at=at, reason=reason)


def owe_refund(payment, *, by, reason, at=None):
    """The office decides to return what somebody paid who left late; return the payment. Twice is safe.

    Raises ReasonMissing, and NotPossible while the place is held.
    """
    with transaction.atomic():
        payment, at = _lock(payment, at)
        if payment.status == P.REFUND_DUE:
            return payment
        _check_reason(reason)
        if payment.status != P.PAID or payment.enrollment.is_active:
            raise NotPossible(_("A refund is due once a paid place has ended."))
        return _move(payment, P.REFUND_DUE, K.OWED, by=by, at=at, reason=reason)


def mark_returned(payment, *, by, reason="", line=None, at=None):
    """What is owed to the person has been sent back: the refund, or what came above the amount. Twice is safe.

    `line` is the BankLine that took the money away, perhaps a part of it. Raises NotPossible
    where less, or nothing, is owed.
    """
    with transaction.atomic():
        payment, at = _lock(payment, at)
        if payment.status == P.REFUNDED and line is None:
            return payment
        back = payment.to_return if line is None else -line.amount
        if not back or back > payment.to_return:
            raise NotPossible(_("That is more than there is to return."))
        payment.received -= back
        to = P.REFUNDED if payment.status == P.REFUND_DUE and not payment.received else payment.status
        return _move(payment, to, K.RETURNED, by=by, at=at, amount=-back, line=line, reason=reason)


def receive(payment, line, *, by, at=None):
    """Count a transfer (unsaved BankLine with its statement and fingerprint) towards a payment; return the payment.

    Parts add up; more than was asked for stays visible. Money for a place that has
    ended or lapsed is never lost: a refund is due. Raises AlreadyCounted for a
    transfer that any statement brought before, StillWaived while nothing is asked for.
    """
    with transaction.atomic():
        payment, at = _lock(payment, at)
        if payment.status == P.WAIVED:
            # What would have come before the waiver and what after it could not be told apart.
            raise StillWaived
        line.payment = payment
        try:
            with transaction.atomic():
                line.save()
        except IntegrityError as error:
            raise AlreadyCounted from error
        if line.amount < 0:
            return mark_returned(payment, by=by, line=line, at=at)
        return _take(payment, line.amount, K.BANK, by=by, at=at, line=line)


def undo(payment, *, by, reason, at=None):
    """Take back the last change that the office or a statement made; return the payment.

    What was undone is not undone again: then nothing is left to take back, which
    raises NotPossible. Raises ReasonMissing.
    """
    with transaction.atomic():
        payment, at = _lock(payment, at)
        _check_reason(reason)
        last = payment.events.exclude(kind=K.WARNED).order_by("pk").last()
        if last is None or last.kind not in UNDOABLE:
            raise NotPossible(
                _("There is nothing to take back: the last change was not made by the office or the bank.")
            )
        payment.received -= last.amount
        if last.line_id:
            BankLine.objects.filter(pk=last.line_id, undone_at=None).update(undone_at=at)
        to = last.from_status
        if to == P.UNPAID and not payment.enrollment.is_active:
            # The place was left late and kept its money, which leaves no line here; nothing is expected for it.
            to = P.REFUND_DUE if payment.received else P.VOID
        return _move(payment, to, K.UNDONE, by=by, at=at, amount=-last.amount, reason=reason)


def _lock(payment, at):
    """The payment as it is now, under its run's lock, after places whose time is over have ended; and the time."""
    run = lock_run(payment.enrollment.run_id)
    at = at or timezone.now()
    settle(run, at)
    # The row itself too: whoever leaves another run carries money over to it under that run's lock (see due.py).
    rows = Payment.objects.select_for_update(of=("self",)).select_related("enrollment__learner")
    payment = rows.get(pk=payment.pk)
    payment.enrollment.run = run
    reach("money:read")
    return payment, at


def _take(payment, amount, kind, *, by, at, line=None, reason=""):
    """Add money; what follows depends on what the payment waits for."""
    payment.received += amount
    to = payment.status
    if payment.status == P.UNPAID and payment.received >= payment.amount:
        to = P.PAID
        _keep_the_place(payment)
    elif payment.status in (P.VOID, P.REFUNDED):
        to = P.REFUND_DUE
    payment = _move(payment, to, kind, by=by, at=at, amount=amount, line=line, reason=reason)
    if kind == K.BANK or to == P.PAID:
        notices.tell_received(payment)
    return payment


def _keep_the_place(payment):
    """Whatever a warning said, the place does not lapse any more."""
    if payment.enrollment.lapses_at is not None:
        payment.enrollment.lapses_at = None
        payment.enrollment.save(update_fields=["lapses_at"])


def _move(payment, to, kind, *, by, at, amount=0, line=None, reason=""):
    came_from, payment.status = payment.status, to
    payment.settled_at = None if to in (P.UNPAID, P.REFUND_DUE) else at
    payment.save(update_fields=["status", "received", "settled_at"])
    record(payment, kind, came_from, by=by, at=at, amount=amount, line=line, reason=reason)
    return payment


def _check_reason(reason):
    if not reason.strip():
        raise ReasonMissing


def _check_status(payment, *statuses):
    if payment.status not in statuses:
        raise NotPossible(
            _("This is not possible: the state is “%(status)s”.") % {"status": payment.get_status_display()}
        )
