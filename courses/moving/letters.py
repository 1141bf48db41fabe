"""What is written to those who changed runs, and to those whose whole run was moved."""

from datetime import datetime

from django.utils import timezone

from academy.mail.letters import composer
from courses import letters, notifications
from courses.models import CourseRun, Enrollment, WorkshopSession

S = Enrollment.Status


@composer(notifications.MOVED)
def moved(message):
    """One mail for both places: the new dates, and files that take the old ones out of the calendar."""
    enrollment = letters.read(message, S.CONFIRMED)
    if enrollment is None or enrollment.follows_id is None or letters.is_over(enrollment):
        return None
    old = Enrollment.objects.select_related("run__course", "learner").get(pk=enrollment.follows_id)
    sessions, left = letters.sessions_ahead(enrollment), letters.sessions_ahead(old)
    context = letters.context_of(
        enrollment, sessions, old_run=old.run, old_sessions=[letters.facts_of(session, old) for session in left]
    )
    attachments = [*letters.invitations(enrollment, sessions), *letters.cancellations(old, left)]
    return letters.letter("moved", context, attachments)


@composer(notifications.RUN_MOVED)
def run_moved(message):
    """Old and new times of every session that moved; what has moved again since is left to the newer message."""
    enrollment = letters.read(message, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)
    if enrollment is None or enrollment.run.status != CourseRun.Status.PUBLISHED:
        return None
    changes = {change["session"]: change for change in message.facts["changes"]}
    sessions = WorkshopSession.objects.planned().filter(pk__in=changes, ends_at__gt=timezone.now())
    sessions = [
        session for session in sessions.select_related("venue") if session.sequence == changes[session.pk]["sequence"]
    ]
    if not sessions:
        return None
    pairs = []
    for session in sessions:
        session.run = enrollment.run
        change = changes[session.pk]
        before = WorkshopSession(
            run=enrollment.run,
            title=session.title,
            starts_at=datetime.fromisoformat(change["starts_at"]),
            ends_at=datetime.fromisoformat(change["ends_at"]),
            time_zone=session.time_zone,
            mode=session.mode,
            venue=session.venue,
        )
        pairs.append((letters.facts_of(session, enrollment), letters.facts_of(before, enrollment)))
    context = letters.context_of(enrollment, pairs=pairs, reason=message.facts["reason"])
    is_confirmed = enrollment.status == S.CONFIRMED
    return letters.letter("run_moved", context, letters.invitations(enrollment, sessions) if is_confirmed else [])
