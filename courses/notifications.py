"""What people are told about their enrollments: one function queues a message, one composes it when it is sent.

The tell_ functions are called by rules, inside their transaction. Each message
has a key that names what, about whom and which version, so nobody is told twice.
The composers are in courses.letters.
"""

from academy.mail import outbox

from .models import Enrollment

CONFIRMED = "enrollment_confirmed"
WAITING = "enrollment_waiting"
OFFERED = "enrollment_offered"
APPLICATION_RECEIVED = "application_received"
DECLINED = "application_declined"
CANCELLED = "enrollment_cancelled"
MOVED = "enrollment_moved"
NOT_COMPLETED = "course_not_completed"
RUN_CANCELLED = "run_cancelled"
RUN_MOVED = "run_moved"
RUN_GOES_AHEAD = "run_goes_ahead"
SESSION_MOVED = "session_moved"
SESSION_CANCELLED = "session_cancelled"
SESSION_ADDED = "session_added"
REMINDER = "session_reminder"


def tell_state(enrollment):
    """Queue the message for the state that a new enrollment is in."""
    {
        Enrollment.Status.CONFIRMED: tell_confirmed,
        Enrollment.Status.WAITING: tell_waiting,
        Enrollment.Status.APPLIED: tell_application_received,
    }[enrollment.status](enrollment)


def tell_confirmed(enrollment, *, was_waiting=False):
    """The place is theirs; `was_waiting` says that they moved up."""
    return _queue(CONFIRMED, enrollment, was_waiting=was_waiting)


def tell_waiting(enrollment):
    """They are on the waiting list."""
    return _queue(WAITING, enrollment)


def tell_offered(enrollment):
    """A place is kept for them until the offer's deadline."""
    return _queue(OFFERED, enrollment)


def tell_application_received(enrollment):
    """Their application has arrived."""
    return _queue(APPLICATION_RECEIVED, enrollment)


def tell_declined(enrollment):
    """Their application was declined."""
    return _queue(DECLINED, enrollment)


def tell_cancelled(enrollment):
    """Their enrollment has ended: by themselves, by the office, or because an offer expired."""
    return _queue(CANCELLED, enrollment)


def tell_moved(enrollment):
    """They have changed to this run; the row that it follows is the place they left."""
    return _queue(MOVED, enrollment)


def tell_not_completed(enrollment):
    """The run is closed and the conditions were not met."""
    return _queue(NOT_COMPLETED, enrollment)


def tell_run_cancelled(enrollment):
    """The run does not take place."""
    return _queue(RUN_CANCELLED, enrollment)


def tell_run_moved(enrollment, run, *, version, changes, reason):
    """Several sessions of the run have new times; one message for all of them.

    `version` (int) tells this move from others; each change has session, sequence and
    the former starts_at and ends_at (ISO).
    """
    return outbox.queue(
        RUN_MOVED,
        key=f"{RUN_MOVED}:{run.pk}:{version}:{enrollment.pk}",
        recipient=enrollment.learner,
        facts={"enrollment": enrollment.pk, "changes": changes, "reason": reason},
        about=about_run(run.pk),
    )


def tell_run_goes_ahead(enrollment):
    """Enough people have come, or the office decided so: the run takes place."""
    return _queue(RUN_GOES_AHEAD, enrollment)


def tell_session_moved(enrollment, session, *, old):
    """A session has another time or place; `old` has the former starts_at and ends_at (ISO) and venue (id or None)."""
    return _queue_about_session(SESSION_MOVED, enrollment, session, old=old)


def tell_session_cancelled(enrollment, session, *, reason):
    """A session does not take place."""
    return _queue_about_session(SESSION_CANCELLED, enrollment, session, reason=reason)


def tell_session_added(enrollment, session):
    """There is one more session."""
    return _queue_about_session(SESSION_ADDED, enrollment, session)


def remind(enrollment, session, lead):
    """A session comes up; once per person, version of the session and lead (str such as "7d")."""
    return outbox.queue(
        REMINDER,
        key=f"{REMINDER}:{session.pk}:{session.sequence}:{lead}:{enrollment.pk}",
        recipient=enrollment.learner,
        facts={"enrollment": enrollment.pk, "session": session.pk, "sequence": session.sequence, "lead": lead},
        about=about_run(enrollment.run_id),
    )


def about_run(run_id):
    """What a message about a run is filed under in the log of messages (str)."""
    return f"run:{run_id}"


def _queue(kind, enrollment, **facts):
    return outbox.queue(
        kind,
        key=f"{kind}:{enrollment.pk}",
        recipient=enrollment.learner,
        facts={"enrollment": enrollment.pk, **facts},
        about=about_run(enrollment.run_id),
    )


def _queue_about_session(kind, enrollment, session, **facts):
    return outbox.queue(
        kind,
        key=f"{kind}:{session.pk}:{session.sequence}:{enrollment.pk}",
        recipient=enrollment.learner,
        facts={"enrollment": enrollment.pk, "session": session.pk, "sequence": session.sequence, **facts},
        about=about_run(enrollment.run_id),
    )
