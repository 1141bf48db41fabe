"""The trainer's pages: own sessions, the roster of one, walk-ins, final tasks.

A trainer sees names only. Foreign sessions are 404.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.errors import RuleError
from academy.users.accounts import invited_account

from .. import attendance, completion, permissions
from ..errors import NotPossible
from ..forms import FinalTaskForm, MarkForm, RosterForm, WalkInForm
from ..models import Attendance, AttendanceChange, CourseRun, Enrollment, WorkshopSession


def taught_session(user, pk):
    """The session, if the user may record attendance there, else 404."""
    session = get_object_or_404(WorkshopSession.objects.select_related("run__course", "venue"), pk=pk)
    if not permissions.can_mark_attendance(user, session):
        raise Http404
    return session


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def teaching(request):
    """The sessions that the signed-in trainer teaches: today's first, then what comes, then what was."""
    if not permissions.is_trainer(request.user):
        raise Http404
    now = timezone.now()
    sessions = list(
        WorkshopSession.objects.taught_by(request.user)
        .exclude(run__status=CourseRun.Status.DRAFT)
        .with_attendance_counts()
        .select_related("run__course", "venue")
        .order_by("starts_at", "pk")
    )
    today = [session for session in sessions if is_today(session, now)]
    context = {
        "today": today,
        "upcoming": [session for session in sessions if session not in today and session.starts_at > now],
        "past": [session for session in reversed(sessions) if session not in today and session.starts_at <= now],
    }
    return render(request, "courses/teaching.html", context)


def is_today(session, now):
    """Whether the session touches today's date in its own zone."""
    today = now.astimezone(session.zone).date()
    return session.starts_at.astimezone(session.zone).date() <= today <= session.ends_at.astimezone(session.zone).date()


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request, pk):
    """One session's list: everybody present in one tap, then the exceptions, saved as one plain form."""
    session = taught_session(request.user, pk)
    places = list(
        session.run.enrollments.filter(status__in=Enrollment.SEATED)
        .select_related("learner")
        .order_by("learner__name", "pk")
    )
    for place in places:
        place.run = session.run
    places = [place for place in places if place.takes_part_in(session)]
    records = {record.enrollment_id: record for record in session.attendance.select_related("recorded_by")}
    data = request.POST if request.method == "POST" else None
    rows = [
        MarkForm(data, prefix=f"e{place.pk}", session=session, place=place, record=records.get(place.pk))
        for place in places
    ]
    form = RosterForm(data)
    problem = ""
    if data is not None and form.is_valid() and all(row.is_valid() for row in rows):
        marks = {row.place.pk: row.mark for row in rows if row.has_changed() and row.cleaned_data["status"]}
        if "all_present" in data:
            marks |= {
                row.place.pk: (row.PRESENT, None, row.cleaned_data["note"])
                for row in rows
                if not row.record and not row.cleaned_data["status"]
            }
        reason = form.cleaned_data["reason"]
        if any(row.is_correction for row in rows) and not reason:
            form.add_error("reason", _("You are changing what was recorded before. Say why."))
        else:
            try:
                attendance.mark_many(session, marks, by=request.user, reason=reason)
            except RuleError as error:
                problem = error.sentence
            else:
                messages.success(request, _saved(len(marks)))
                return redirect("courses:roster", pk=session.pk)
    context = {
        "session": session,
        "run": session.run,
        "course": session.run.course,
        "opens_at": session.starts_at - attendance.OPENS_BEFORE,
        "is_open": session.starts_at - attendance.OPENS_BEFORE <= timezone.now(),
        "rows": rows,
        "form": form,
        "problem": problem,
        "has_errors": data is not None and (problem or form.errors or any(row.errors for row in rows)),
        "missing": sum(1 for place in places if place.pk not in records),
        "history": AttendanceChange.objects.filter(attendance__session=session)
        .select_related("attendance__enrollment__learner", "by")
        .order_by("-at", "-pk"),
    }
    return render(request, "courses/roster.html", context, status=409 if problem else 200)


def _saved(count):
    if not count:
        return _("Nothing was changed.")
    return ngettext("Saved: %(count)s person.", "Saved: %(count)s people.", count) % {"count": count}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in(request, pk):
    """Add somebody who came without a place; over capacity with a reason that is kept."""
    session = taught_session(request.user, pk)
    form = WalkInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _admit(session, form.cleaned_data, by=request.user)
        except RuleError as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, _("Added and marked as present."))
            return redirect("courses:roster", pk=session.pk)
    context = {"session": session, "run": session.run, "course": session.run.course, "form": form}
    return render(request, "courses/walk_in.html", context)


def _admit(session, typed, *, by):
    """Find or open the person's account (its address stays unverified), give a place, mark as present."""
    with transaction.atomic():  # a refusal leaves no account behind
        learner = invited_account(typed["email"], name=typed["name"])
        place = attendance.admit_walk_in(session, learner, by=by, reason=typed["reason"])
        if place.attendance.filter(session=session).exclude(status=Attendance.Status.PRESENT).exists():
            raise NotPossible(_("This person is on the list already. Change there what is recorded, with the reason."))
        attendance.mark(session, place, Attendance.Status.PRESENT, by=by)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def final_task(request, code):
    """The final task's result of each person of a run."""
    run = get_object_or_404(CourseRun.objects.select_related("course"), code=code, course__has_final_task=True)
    if not permissions.can_see_roster(request.user, run):
        raise Http404
    places = run.enrollments.filter(status__in=Enrollment.SEATED).select_related("learner", "final_task")
    data = request.POST if request.method == "POST" else None
    rows = [FinalTaskForm(data, prefix=f"e{place.pk}", place=place) for place in places.order_by("learner__name", "pk")]
    problem = ""
    if data is not None and all(row.is_valid() for row in rows):
        changed = [row for row in rows if row.has_changed() and row.cleaned_data["result"]]
        try:
            _record_final_tasks(changed, by=request.user)
        except RuleError as error:
            problem = error.sentence
        else:
            messages.success(request, _saved(len(changed)))
            return redirect("courses:final_task", code=run.code)
    context = {"run": run, "course": run.course, "rows": rows, "problem": problem}
    return render(request, "courses/final_task.html", context, status=409 if problem else 200)


def _record_final_tasks(rows, *, by):
    """Record the results of these FinalTaskForms: all of them or, when one is refused, none."""
    with transaction.atomic():
        for row in rows:
            values = row.cleaned_data
            completion.record_final_task(row.place, is_met=values["result"] == "met", comment=values["comment"], by=by)
