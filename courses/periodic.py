"""What the clock asks for. Any number of schedulers and workers may run these at once."""

from celery import shared_task

from . import enrollment, reminders
from .payments import periodic as payments  # noqa: F401  found here by Celery


@shared_task
def sweep_offers():
    """End offers that have expired and promote the next."""
    enrollment.sweep_offers()


@shared_task
def queue_reminders():
    """Queue tomorrow's reminders."""
    reminders.queue_due()
