"""What the clock asks for. Any number of schedulers and workers may run this at once."""

from celery import shared_task

from . import lapsing


@shared_task
def queue_payment_reminders():
    """Queue reminders of payments and warnings of places that lapse."""
    lapsing.queue_due()
