"""The lock of a call and the lines of its history, which every rule about it writes."""

from courses.models import Selection, SelectionEvent
from courses.seats import lock_run

from .errors import AlreadyDecided


def lock_selection(selection):
    """Lock the run of the call; return the Selection as it is now, its run attached."""
    run = lock_run(selection.run_id)
    locked = Selection.objects.get(pk=selection.pk)
    locked.run = run
    return locked


def lock_undecided(selection):
    """As lock_selection(); raises AlreadyDecided once the decisions were sent."""
    locked = lock_selection(selection)
    if locked.decided_at:
        raise AlreadyDecided
    return locked


def record(selection, kind, *, by, at, reason="", enrollment=None, juror=None, **facts):
    """Write one line of the call's history and return it; `facts` is JSON-ready."""
    return SelectionEvent.objects.create(
        selection=selection,
        kind=kind,
        enrollment=enrollment,
        juror=juror,
        at=at,
        by=by,
        reason=reason[:300],
        facts=facts,
    )
