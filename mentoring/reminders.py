"""Reminders: both sides are told once, a day before."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from . import notifications
from .models import Booking

# Elapsed hours, so over a change of summer time the reminder comes an hour off on the clock.
AHEAD = timedelta(hours=24)


def send_reminders(*, at=None):
    """Queue reminders of bookings that begin within a day; return how many bookings (int).

    Nobody is reminded of what they booked within that day. The message reads the
    booking again when it leaves, so a cancelled one reminds nobody.
    """
    now = at or timezone.now()
    due = Booking.objects.filter(
        status=Booking.Status.BOOKED,
        reminded_at__isnull=True,
        starts_at__gt=now,
        starts_at__lte=now + AHEAD,
        created_at__lt=F("starts_at") - AHEAD,
    )
    return sum(_remind(booking, now) for booking in due.with_people())


@transaction.atomic
def _remind(booking, now):
    claimed = Booking.objects.filter(pk=booking.pk, status=Booking.Status.BOOKED, reminded_at__isnull=True).update(
        reminded_at=now
    )
    if claimed:
        notifications.remind(booking)
    return claimed
