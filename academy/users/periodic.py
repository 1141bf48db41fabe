"""What is done for people without their asking."""

from celery import shared_task

from . import personal_data


@shared_task
def finish_erasures():
    """Erase names that are no longer needed as evidence."""
    personal_data.finish_due()
