"""Enrolling: the facts a person decides by, a short form, and the seat."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.errors import RuleError
from academy.users import pending
from academy.users.codes import send_code

from .. import enrollment as rules
from .. import standing
from ..forms import ConfirmForm, EnrollForm
from ..models import CourseRun, Enrollment


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
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
    refusal = standing.refusal(run)
    if request.method == "POST" and form.is_valid():
        try:
            if learner:
                return _take_place(request, run, form.cleaned_data["name"])
            if not refusal:
                return _verify_first(request, run, form.cleaned_data)
        except RuleError as error:
            refusal = error.sentence
    return _page(request, run, form, refusal=refusal, was_verified=bool(learner and kept))


def public_run(code):
    """The run with its dates and seats; 404 for drafts and for runs that nobody knows."""
    runs = CourseRun.objects.known().with_seats().with_dates().select_related("course", "venue")
    run = runs.filter(code=code).first()
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
    pending.keep(request, _kept_under(run), typed)
    return send_code(request, typed["email"], name=typed["name"], next_url=request.path)


def _take_place(request, run, name):
    learner = request.user
    had_place = _active(run, learner) is not None
    enrollment = rules.enroll(learner, run)
    if learner.name != name:
        learner.name = name
        learner.save(update_fields=["name"])
    pending.take(request, _kept_under(run))
    if had_place:
        messages.info(request, _("You are enrolled in this run already. Nothing was changed."))
    return redirect("courses:enrollment", pk=enrollment.pk)


def _active(run, learner):
    """The learner's row that stands in the way of another one, or None; an expired offer does not."""
    expired = Q(status=Enrollment.Status.OFFERED, offered_until__lt=timezone.now())
    return run.enrollments.active().filter(learner=learner).exclude(expired).first()


def _page(request, run, form, *, refusal, was_verified):
    learner = request.user if request.user.is_authenticated else None
    place = standing.what_a_newcomer_gets(run)
    context = {
        "run": run,
        "course": run.course,
        "sessions": run.sessions.select_related("venue"),
        "place": place,
        "next_steps": standing.next_steps(run, place),
        "form": form,
        "refusal": refusal,
        "own": learner and _active(run, learner),
        "overlapping": learner and list(rules.overlapping_sessions(learner, run)),
        "was_verified": was_verified,
    }
    return render(request, "courses/enroll.html", context, status=409 if refusal and request.method == "POST" else 200)
