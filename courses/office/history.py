"""Writing down what happened to a run itself. Rules call this inside their transaction, under the run's lock."""

from .models import RunEvent

What = RunEvent.What


def record(run, what, *, by, at, old=None, new=None, subject="", reason="", enrollment=None):
    """Add one line to the run's history; return the RunEvent.

    `old` and `new` are {field name: JSON-ready value}; `subject` is what it was
    about, such as a session's title.
    """
    return RunEvent.objects.create(
        run=run,
        enrollment=enrollment,
        what=what,
        subject=subject[:200],
        old=old or {},
        new=new or {},
        at=at,
        by=by,
        reason=reason[:500],
    )


def session_facts(session):
    """When and where a session is, as `old` or `new` of its change."""
    return {"starts_at": session.starts_at, "ends_at": session.ends_at, "venue": session.venue_id}
