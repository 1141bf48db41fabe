"""One run and one place as their pages show them, read in a few prepared queries.

Many people open these at the same moment, when enrollment opens.
"""

from django.utils import timezone

from academy.prepared import Prepared

from .models import CourseRun, Enrollment, WorkshopSession


def known_run(code):
    """The run with this code, its seats counted now and its sessions at hand, or None; 2 queries.

    None for drafts, for runs nobody may know of, and for codes that do not exist.
    """
    runs = _known_run(code=code, now=timezone.now())
    if not runs:
        return None
    _attach_sessions(runs[0])
    return runs[0]


def place_of(learner, pk):
    """The learner's enrollment with this id, with all that its page shows, or None; 2 queries."""
    own = _with_sessions(_place_of(learner=learner.pk, pk=pk))
    if own:
        own.learner = learner
    return own


def place(pk):
    """The enrollment with this id, whoever's it is, with all that its page shows, or None; 2 queries."""
    return _with_sessions(_place(pk=pk))


def active_places(learner):
    """The learner's active enrollments (list), of all runs, the oldest first; one query."""
    return _active_places(learner=learner.pk)


def _with_sessions(places):
    if not places:
        return None
    _attach_sessions(places[0].run)
    return places[0]


def _attach_sessions(run):
    """Let run.sessions.all() give the sessions without asking again, as prefetch_related() would."""
    rows = _sessions(run=run.pk)
    for session in rows:
        session.run = run
    sessions = WorkshopSession.objects.filter(run=run)
    sessions._result_cache = rows
    sessions._prefetch_done = True
    run._prefetched_objects_cache = {**getattr(run, "_prefetched_objects_cache", {}), "sessions": sessions}


@Prepared
def _known_run(given):
    runs = CourseRun.objects.known().with_conditions().with_seats(given.now)
    return runs.filter(code=given.code).select_related("course", "venue")


@Prepared
def _sessions(given):
    return WorkshopSession.objects.filter(run=given.run).select_related("venue")


@Prepared
def _place_of(given):
    return Enrollment.objects.with_page_facts().filter(pk=given.pk, learner=given.learner)


@Prepared
def _place(given):
    return Enrollment.objects.with_page_facts().filter(pk=given.pk).select_related("learner")


@Prepared
def _active_places(given):
    return Enrollment.objects.active().filter(learner=given.learner)
