"""Calendar files: public ones without joining links, a person's own with them."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from academy import links

from .. import calendar
from ..models import CourseRun, Enrollment, WorkshopSession
from .manage import bad_link, linked_enrollment


@require_safe
def run_ics(request, code):
    """All sessions of a run that is or was public; cancelled ones are marked as such."""
    run = get_object_or_404(CourseRun.objects.known(), code=code)
    return _file(calendar.public_file(_sessions(run)), run.code)


@require_safe
def session_ics(request, uid):
    """One session of a run that is or was public."""
    sessions = WorkshopSession.objects.filter(run__in=CourseRun.objects.known())
    session = get_object_or_404(sessions.select_related("run__course", "venue"), uid=uid)
    return _file(calendar.public_file([session]), session.run.code)


@never_cache
@login_required
@require_safe
def enrollment_ics(request, pk):
    """The signed-in person's own entries, with joining links."""
    return _own_file(get_object_or_404(request.user.enrollments.select_related("run", "learner"), pk=pk))


@never_cache
@require_safe
def manage_ics(request, token):
    """The same by the link from a mail."""
    try:
        return _own_file(linked_enrollment(token))
    except links.BadLink as error:
        return bad_link(request, error)


def _own_file(enrollment):
    if enrollment.status not in Enrollment.SEATED:
        raise Http404
    sessions = [session for session in _sessions(enrollment.run) if enrollment.takes_part_in(session)]
    return _file(calendar.personal_file(enrollment, sessions), enrollment.run.code)


def _sessions(run):
    return run.sessions.select_related("run__course", "venue")


def _file(content, name):
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response
