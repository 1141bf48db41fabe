"""Remind people of tomorrow's session: queued once per person and version of the session."""

from datetime import timedelta

from django.utils import timezone

from academy.mail.models import Message

from . import notifications
from .models import CourseRun, Enrollment, WorkshopSession

# Elapsed hours, not the same time on the day before.
AHEAD = timedelta(hours=24)


def queue_due(*, at=None):
    """Queue a reminder for everybody confirmed for a session that starts within a day; return how many were new.

    Whoever was confirmed, or told of a change, within that day gets none: that
    message was the reminder. Running it again queues nothing twice.
    """
    at = at or timezone.now()
    sessions = WorkshopSession.objects.planned().filter(
        starts_at__gt=at, starts_at__lte=at + AHEAD, run__status=CourseRun.Status.PUBLISHED
    )
    queued = 0
    for session in sessions.select_related("run"):
        opens_at = session.starts_at - AHEAD
        if session.sequence and session.changed_at > opens_at:
            continue
        prefix = f"{notifications.REMINDER}:{session.pk}:{session.sequence}:"
        told = set(Message.objects.filter(key__startswith=prefix).values_list("key", flat=True))
        people = Enrollment.objects.filter(
            run=session.run, status=Enrollment.Status.CONFIRMED, confirmed_at__lte=opens_at
        )
        for enrollment in people.select_related("learner"):
            if f"{prefix}{enrollment.pk}" not in told:
                notifications.remind(enrollment, session)
                queued += 1
    return queued
