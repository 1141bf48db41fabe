"""Deliver one message; sweep those that are overdue."""

from celery import shared_task
from django.utils import timezone

from .delivery import deliver
from .models import Message

SWEEP_BATCH = 500


@shared_task
def deliver_message(pk):
    """Deliver the message with this id, unless that has happened or another worker does it now."""
    deliver(pk)


@shared_task
def deliver_secret(pk):
    """The same for somebody who sits and waits for a code: it has a queue of its own (see the settings)."""
    deliver(pk)


@shared_task
def sweep():
    """Deliver every message that is due; what a lost doorbell left behind is found here. Codes go first."""
    due = Message.objects.due(timezone.now()).order_by("-is_secret", "next_attempt_at")
    for pk in due.values_list("pk", flat=True)[:SWEEP_BATCH]:
        deliver(pk)
