"""Jobs of beat; each may run twice, late, or not for a while."""

from celery import shared_task

from . import booking, reminders, slots
from .models import Mentor


@shared_task
def open_slots_ahead():
    """Open every mentor's slots up to their horizon."""
    for mentor in Mentor.objects.all():
        slots.open_slots_ahead(mentor)


@shared_task
def expire_holds():
    """Write down which holds ran out. Nothing depends on it: whoever reads a hold looks at the clock."""
    booking.expire_holds()


@shared_task
def send_reminders():
    """Remind both sides of coaching that begins within a day."""
    reminders.send_reminders()
