"""What the clock asks for. Any number of schedulers and workers may run this at once."""

from celery import shared_task

from . import importing, lapsing


@shared_task
def queue_payment_reminders():
    """Queue reminders of payments and warnings of places that lapse."""
    lapsing.queue_due()


@shared_task
def forget_statements():
    """Throw away bank statements that nobody applied."""
    importing.forget_old()
