"""Remind people of sessions ahead: once per person, version of the session and time ahead."""

from datetime import timedelta

from django.utils import timezone

from academy.mail.models import Message

from . import notifications
from .models import CourseRun, Enrollment, WorkshopSession
from .reminder_times import LONGEST_DAYS, due_times


def queue_due(*, at=None):
    """Queue the reminders that are due at `at`, as each run's list says; return how many were new (int).

    Of several that are due only the latest goes out: nobody needs "in seven days" on
    the day before. Whoever was confirmed, or told of a change, after a reminder was due
    does not get it: that message was the reminder. Running it again, also after a
    worker died half-way, queues nothing twice.
    """
    at = at or timezone.now()
    sessions = WorkshopSession.objects.planned().filter(
        starts_at__gt=at,
        starts_at__lte=at + timedelta(days=LONGEST_DAYS, hours=1),  # an hour for a change of summer time
        run__status=CourseRun.Status.PUBLISHED,
    )
    return sum(_queue_for(session, at) for session in sessions.select_related("run"))


def _queue_for(session, at):
    due = [(lead, since) for lead, since in due_times(session.run.reminders, session.starts_at, session.zone)]
    due = [(since, lead) for lead, since in due if since <= at]
    if not due:
        return 0
    since, lead = max(due)
    if session.sequence and session.changed_at > since:
        return 0
    people = Enrollment.objects.filter(run=session.run, status=Enrollment.Status.CONFIRMED, confirmed_at__lte=since)
    told = _told(session, since, lead)
    missing = [row for row in people.select_related("learner") if row.pk not in told]
    for enrollment in missing:
        notifications.remind(enrollment, session, lead)
    return len(missing)


def _told(session, since, lead):
    """Ids of enrollments that have this reminder, or another one since it was due (the list was edited)."""
    messages = Message.objects.filter(
        kind=notifications.REMINDER,
        key__startswith=f"{notifications.REMINDER}:{session.pk}:{session.sequence}:",
    )
    return {
        message.facts["enrollment"]
        for message in messages.only("facts", "queued_at")
        if message.facts["lead"] == lead or message.queued_at >= since
    }
