"""What the clock asks for. Any number of schedulers and workers may run these at once."""

from celery import shared_task

from . import enrollment, reminders
from .office import importing
from .payments import periodic as payments  # noqa: F401  found here by Celery
from .questions import files, tasks, upkeep


@shared_task
def sweep_offers():
    """End offers that have expired and promote the next."""
    enrollment.sweep_offers()


@shared_task
def queue_reminders():
    """Queue tomorrow's reminders."""
    reminders.queue_due()


@shared_task
def delete_overdue_answers():
    """Delete sensitive answers whose days after the end of the run are over; each deletion leaves a trace."""
    upkeep.delete_overdue()


@shared_task
def sweep_answer_files():
    """Drop uploads that no answer took within a day, and delete dropped files that a lost doorbell left behind."""
    files.drop_forgotten()
    tasks.delete_dropped_files()


@shared_task
def forget_imports():
    """Delete lists of people that were read more than a week ago."""
    importing.forget_old()
