"""Enrolling: the facts a person decides by, one form with the run's questions, and the seat."""

from contextlib import contextmanager

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from academy import times
from academy.csrf import has_valid_token
from academy.errors import RuleError
from academy.throttle import count_try, has_tries, throttle
from academy.users.codes import send_code

from .. import enrollment as rules
from .. import reading, standing
from ..entry.errors import EntryRefused, InvitationUnknown, TooManyTries
from ..entry.forms import Terms
from ..forms import ConfirmForm, EnrollForm
from ..models import Enrollment
from ..questions import answering
from ..questions.errors import FileIsGone
from ..questions.filling import Filling

WRONG_CODES = {"times": 10, "seconds": 600}


@csrf_exempt  # asked inside, so that an expired token loses nothing that was typed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("enroll", times=30, seconds=60)
def enroll(request, code):
    """Show a run and take an enrollment with the answers to its questions.

    A visitor without an account types everything once; it is kept for a day while a
    code verifies the address. Back here, signed in, one button decides about the
    seat. An application may be saved unfinished. Posting twice leads to the same place.
    """
    run = public_run(code)
    learner = request.user if request.user.is_authenticated else None
    filling = Filling(request, run, key=f"enroll:{run.code}", learner=learner)
    is_draft = request.method == "POST" and "save" in request.POST and answering.has_application(run)
    terms = Terms(run)
    form = _form(request, learner, filling, terms, is_draft=is_draft)
    error, status = "", 200
    if request.method == "POST":
        if not has_valid_token(request):
            form.add_error(
                None, _("The page was open for too long. Nothing is lost: check the form and send it again.")
            )
            return _page(request, run, form, filling, status=403)
        if form.is_valid():
            filling.keep_uploads(form)  # which may refuse a visitor's files
        if form.is_valid():
            try:
                return _act(request, run, form, filling, terms, is_draft=is_draft)
            except FileIsGone as refused:
                filling.forget_files()
                form.add_error(None, refused.sentence)
            except EntryRefused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
                status = 409
            except RuleError as refused:
                error, status = refused.sentence, 409
        filling.keep_uploads(form)
        form = terms.ask(filling.again(form), is_draft=is_draft)
    return _page(request, run, form, filling, error=error, status=status)


@csrf_exempt
@never_cache
@require_POST
@throttle("draft", times=120, seconds=60)
def autosave(request, code):
    """Save an application while it is being filled in; answers what the page says about it, as JSON.

    Files wait for a button: they are chosen once and would be sent with each save.
    """
    run = public_run(code)
    if not request.user.is_authenticated or not has_valid_token(request):
        return JsonResponse({"message": _("Not saved: log in again in another tab, then go on here.")}, status=403)
    filling = Filling(request, run, key=f"enroll:{run.code}", learner=request.user)
    form = _form(request, request.user, filling, Terms(run), is_draft=True, files=None)
    form.full_clean()
    try:
        answering.save_draft(request.user, run, form.given())
    except RuleError as refused:
        return JsonResponse({"message": str(refused.sentence)}, status=409)
    unsaved = [str(form.fields[name].label) for name in form.errors if name in form.fields]
    if unsaved:
        text = _("%(saved)s, except for: %(fields)s") % {"saved": _saved_at(run), "fields": ", ".join(unsaved)}
        return JsonResponse({"message": text})
    return JsonResponse({"message": _saved_at(run)})


def public_run(code):
    """The run with its seats and sessions (2 queries); 404 for drafts and for runs that nobody knows."""
    run = reading.known_run(code)
    if run is None:
        raise Http404
    return run


def _form(request, learner, filling, terms, *, is_draft, files=...):
    is_posted = request.method == "POST"
    form_class = ConfirmForm if learner else EnrollForm
    initial = filling.initial
    if learner and learner.name:
        initial = {**initial, "name": learner.name}
    form = form_class(
        request.POST if is_posted else None,
        (request.FILES if files is ... else files) if is_posted else None,
        initial=initial,
        **filling.asks,
        is_draft=is_draft,
    )
    if is_draft:
        form.fields["name"].required = False
    return terms.ask(form, code=request.GET.get("invitation", ""), is_draft=is_draft)


def _act(request, run, form, filling, terms, *, is_draft):
    """Do what the button says and go on; raises RuleError."""
    stored = filling.keep_uploads(form)
    if not request.user.is_authenticated:
        # Keep what the visitor typed and send a code; the seat is decided once the address is theirs.
        said, data = terms.said(form), form.cleaned_data
        with _counting_wrong_codes(request, said["invitation"]):
            rules.check_visitor(run, email=data["email"], invitation=said["invitation"], segment=said["segment"])
        filling.keep_typed(form)
        return send_code(request, data["email"], name=data["name"], next_url=request.path)
    if is_draft:
        answering.save_draft(request.user, run, form.given(stored))
        filling.done()
        messages.success(request, _("%(saved)s. You can go on whenever you like.") % {"saved": _saved_at(run)})
        return redirect(request.path)
    return _take_place(request, run, form, filling, terms, stored)


@contextmanager
def _counting_wrong_codes(request, code):
    """Ten wrong codes in ten minutes, then the person waits; raises TooManyTries."""
    if code and not has_tries(request, "invitation", **WRONG_CODES):
        raise TooManyTries
    try:
        yield
    except InvitationUnknown:
        count_try(request, "invitation", seconds=WRONG_CODES["seconds"])
        raise


def _take_place(request, run, form, filling, terms, stored):
    learner, name = request.user, form.cleaned_data["name"]
    said = terms.said(form)
    with _counting_wrong_codes(request, said["invitation"]):
        enrollment, is_new = answering.submit(learner, run, form.given(stored), statistics=form.said(), **said)
    if learner.name != name:
        learner.name = name
        learner.save(update_fields=["name"])
    filling.done()
    if not is_new:
        messages.info(request, _("You are enrolled in this run already. Nothing was changed."))
    return redirect("courses:enrollment", pk=enrollment.pk)


def _saved_at(run):
    return _("Saved at %(time)s") % {"time": times.clock(timezone.now(), run.time_zone)}


def _page(request, run, form, filling, *, error="", status=200):
    """Show the run; the form stays, with what was typed, unless the run takes nobody any more."""
    now = timezone.now()
    learner = request.user if request.user.is_authenticated else None
    active = filling.active
    mine = (row for row in active if row.run_id == run.pk)
    own = next((row for row in mine if not row.is_expired_offer(now) and not row.has_lapsed(now)), None)
    has_others = any(row.run_id != run.pk for row in active)
    draft = own if own and own.status == Enrollment.Status.DRAFT else None
    own = None if draft else own
    starts_at, ends_at = standing.dates(run)
    place = standing.what_a_newcomer_gets(run)
    refusal = standing.refusal(run)
    was_verified = bool(learner and filling.was_kept)
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
        "form_first": bool(was_verified or draft or error or form.errors) and not refusal and own is None,
        "own": own,
        "draft": draft,
        "deadline": answering.deadline(run) if answering.has_application(run) else None,
        # The run takes nobody any more: what was written is shown all the same, to be copied.
        "written": filling.written(form) if refusal and own is None else [],
        "overlapping": list(rules.overlapping_sessions(learner, run)) if has_others else [],
        "was_verified": was_verified,
        "has_application": answering.has_application(run),
    }
    return render(request, "courses/enroll.html", context, status=status)
