"""What people are told about money; one function queues a message, payments.letters composes it when it is sent."""

from academy.mail import outbox
from courses.notifications import about_run

REMINDER = "payment_reminder"
WARNING = "payment_warning"
RECEIVED = "payment_received"


def remind(payment):
    """The due day comes near; once."""
    return _queue(REMINDER, payment, payment.due_at.isoformat())


def warn(payment, lapses_at):
    """The due day is over; the place lapses at `lapses_at` (datetime) unless it is paid."""
    return _queue(WARNING, payment, lapses_at.isoformat(), lapses_at=lapses_at.isoformat())


def tell_received(payment):
    """Money has come."""
    return _queue(RECEIVED, payment, str(payment.events.count()))


def _queue(kind, payment, version, **facts):
    return outbox.queue(
        kind,
        key=f"{kind}:{payment.pk}:{version}",
        recipient=payment.enrollment.learner,
        facts={"enrollment": payment.enrollment_id, **facts},
        about=about_run(payment.enrollment.run_id),
    )
