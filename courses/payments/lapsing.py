"""What the clock asks for: a reminder before the due day; after it, where the run says so, a warning and then the end.

The warning writes on the enrollment when the place lapses. From that second on
the place holds no seat, whether or not anything has noticed; the next write on
the run, or the sweep of offers, ends it and promotes the next (courses.seats).
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from courses.models import CourseRun, Enrollment, Payment, PaymentEvent, WorkshopSession
from courses.seats import lock_run, tally, to_the_second

from . import notices
from .due import record

SHORTEST_WARNING = timedelta(hours=1)


def queue_due(*, at=None):
    """Queue the reminders and warnings that are due; return how many. Any number of workers may do this at once."""
    at = at or timezone.now()
    return _remind(at) + _warn(at)


def lapse_time(run, starts_at, at):
    """When (datetime, to the second) a place warned of at `at` lapses, or None where it does not any more.

    A place never lapses after the start, nor when a warning would come too late to be of use.
    """
    lapses_at = to_the_second(at + max(SHORTEST_WARNING, timedelta(hours=run.lapse_hours)))
    return lapses_at if starts_at is None or lapses_at <= starts_at else None


def _waiting_for_money():
    return Payment.objects.filter(
        status=Payment.Status.UNPAID,
        enrollment__status=Enrollment.Status.CONFIRMED,
        enrollment__run__status=CourseRun.Status.PUBLISHED,
    ).select_related("enrollment__run", "enrollment__learner")


def _remind(at):
    count = 0
    candidates = _waiting_for_money().filter(
        reminded_at=None, due_at__gte=at, enrollment__run__payment_reminder_days__gt=0
    )
    for payment in candidates.order_by("pk"):
        days = timedelta(days=payment.enrollment.run.payment_reminder_days)
        # Somebody who got the place within the last days has just been told.
        if payment.due_at - days > at or payment.created_at > payment.due_at - days:
            continue
        with transaction.atomic():
            lock_run(payment.enrollment.run_id)
            if Payment.objects.filter(pk=payment.pk, status=Payment.Status.UNPAID, reminded_at=None).update(
                reminded_at=at
            ):
                notices.remind(payment)
                count += 1
    return count


def _warn(at):
    count = 0
    candidates = _waiting_for_money().filter(
        due_at__lt=to_the_second(at), enrollment__run__unpaid_lapses=True, enrollment__lapses_at=None
    )
    sessions = WorkshopSession.objects.planned().filter(run=OuterRef("enrollment__run")).order_by("starts_at")
    candidates = candidates.annotate(starts_at=Subquery(sessions.values("starts_at")[:1]))
    in_time = Q(starts_at=None) | Q(starts_at__gte=to_the_second(at + SHORTEST_WARNING))
    for payment in candidates.filter(in_time, received__lt=F("amount")).order_by("enrollment__run", "pk"):
        # No run is locked for nothing every few minutes; decided again under the lock.
        if lapse_time(payment.enrollment.run, payment.starts_at, at) is None:
            continue
        with transaction.atomic():
            count += _warn_one(payment, at)
    return count


def _warn_one(payment, at):
    """Set the time and queue the warning, both or neither; return 1, or 0 where there is nothing to do any more."""
    run = lock_run(payment.enrollment.run_id)
    payment = Payment.objects.select_related("enrollment__learner").get(pk=payment.pk)
    enrollment = payment.enrollment
    lapses_at = lapse_time(run, tally(run, at).starts_at, at)
    still_due = payment.status == Payment.Status.UNPAID and enrollment.status == Enrollment.Status.CONFIRMED
    if lapses_at is None or not still_due or enrollment.lapses_at is not None or not run.unpaid_lapses:
        return 0
    enrollment.lapses_at = lapses_at
    enrollment.save(update_fields=["lapses_at"])
    record(payment, PaymentEvent.Kind.WARNED, payment.status, by=None, at=at)
    notices.warn(payment, lapses_at)
    return 1
