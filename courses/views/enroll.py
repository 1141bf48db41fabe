"""Enrolling: the facts a person decides by, a short form, and the seat."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.errors import RuleError
from academy.throttle import throttle
from academy.users import pending
from academy.users.codes import send_code

from .. import enrollment as rules
from .. import standing
from ..forms import ConfirmForm, EnrollForm
from ..models import CourseRun, WorkshopSession


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("enroll", times=30, seconds=60)
def enroll(request, code):
    """Show a run and take an enrollment.

    A visitor without an account types e-mail and name; both are kept for a day
    while a code verifies the address. Back here, signed in, one button decides
    about the seat. Posting twice leads to the same place.
    """
    run = public_run(code)
    learner = request.user if request.user.is_authenticated else None
    kept = pending.peek(request, _kept_under(run)) or {}
    form = _form(request, learner, kept)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            if learner:
                return _take_place(request, run, form.cleaned_data["name"])
            return _verify_first(request, run, form.cleaned_data)
        except RuleError as refused:
            error = refused.sentence
    return _page(request, run, form, error=error, was_verified=bool(learner and kept))


def public_run(code):
    """The run with its seats and sessions (2 queries); 404 for drafts and for runs that nobody knows."""
    runs = CourseRun.objects.known().with_seats().select_related("course", "venue")
    sessions = Prefetch("sessions", WorkshopSession.objects.select_related("venue"))
    run = runs.prefetch_related(sessions).filter(code=code).first()
    if run is None:
        raise Http404
    return run


def _kept_under(run):
    return f"enroll:{run.code}"


def _form(request, learner, kept):
    data = request.POST if request.method == "POST" else None
    if learner is None:
        return EnrollForm(data, initial=kept)
    return ConfirmForm(data, initial={"name": learner.name or kept.get("name", "")})


def _verify_first(request, run, typed):
    """Keep what the visitor typed and send a code; the seat is decided once the address is theirs."""
    rules.check_open(run)
    pending.keep(request, _kept_under(run), typed)
    return send_code(request, typed["email"], name=typed["name"], next_url=request.path)


def _take_place(request, run, name):
    learner, asked_at = request.user, timezone.now()
    enrollment = rules.enroll(learner, run)
    if learner.name != name:
        learner.name = name
        learner.save(update_fields=["name"])
    pending.take(request, _kept_under(run))
    if enrollment.created_at < asked_at:
        messages.info(request, _("You are enrolled in this run already. Nothing was changed."))
    return redirect("courses:enrollment", pk=enrollment.pk)


def _page(request, run, form, *, error, was_verified):
    """Show the run; the form stays, with what was typed, unless the run takes nobody any more."""
    now = timezone.now()
    learner = request.user if request.user.is_authenticated else None
    active = list(learner.enrollments.active()) if learner else []
    own = next((row for row in active if row.run_id == run.pk and not row.is_expired_offer(now)), None)
    has_others = any(row.run_id != run.pk for row in active)
    starts_at, ends_at = standing.dates(run)
    place = standing.what_a_newcomer_gets(run)
    refusal = standing.refusal(run)
    context = {
        "run": run,
        "course": run.course,
        "sessions": run.sessions.all(),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "place": place,
        "next_steps": standing.next_steps(run, place),
        "form": form,
        "error": error,
        "refusal": refusal,
        # Who comes back to the page has read it; the form and what is wrong with it stand on top.
        "form_first": bool(was_verified or error or form.errors) and not refusal and own is None,
        "own": own,
        "overlapping": list(rules.overlapping_sessions(learner, run)) if has_others else [],
        "was_verified": was_verified,
    }
    return render(request, "courses/enroll.html", context, status=409 if error else 200)
