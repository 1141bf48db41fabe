"""A person's own place: what stands, what comes next, accept, cancel.

Reached by the owner when signed in, or by the link from a mail, which is signed
for this one enrollment and needs no login. Both show the same page; opening it
changes nothing.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy import links, registry
from academy.errors import RuleError
from academy.throttle import throttle

from .. import completion, reading, standing
from .. import enrollment as rules
from ..forms import ReasonForm
from ..models import Enrollment
from ..moving import rules as moving
from ..payments import words as payment_words
from ..questions import answering, permissions
from ..seats import to_the_second


@dataclass(frozen=True)
class Addresses:
    """Where the buttons of a place's page lead, for the owner or for the holder of a link."""

    page: str
    accept: str
    cancel: str
    calendar: str
    change: str
    confirm: str


def addresses_of_owner(enrollment):
    return Addresses(
        page=reverse("courses:enrollment", args=[enrollment.pk]),
        accept=reverse("courses:accept_offer", args=[enrollment.pk]),
        cancel=reverse("courses:cancel", args=[enrollment.pk]),
        calendar=reverse("courses:enrollment_ics", args=[enrollment.pk]),
        change=reverse("courses:change_run", args=[enrollment.pk]),
        confirm=reverse("courses:organisation_accept", args=[enrollment.pk]),
    )


def addresses_of_link(token):
    return Addresses(
        page=reverse("courses:manage", args=[token]),
        accept=reverse("courses:manage", args=[token]),
        cancel=reverse("courses:manage_cancel", args=[token]),
        calendar=reverse("courses:manage_ics", args=[token]),
        change=reverse("courses:manage_change_run", args=[token]),
        confirm=reverse("courses:organisation_offer", args=[token]),
    )


def own_enrollment(request, pk):
    """The signed-in person's enrollment, or 404."""
    own = reading.place_of(request.user, pk)
    if own is None:
        raise Http404
    return own


def linked_enrollment(token):
    """The enrollment that a mail's link opens; raises BadLink for any other text."""
    enrollment = reading.place(links.unsign(token, "enrollment"))
    if enrollment is None:
        raise links.BadLink
    return enrollment


def bad_link(request, error):
    """The page (404) for a link that is incomplete or not ours."""
    return render(request, "courses/bad_link.html", {"sentence": error.sentence}, status=404)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def enrollment(request, pk):
    own = own_enrollment(request, pk)
    return _show(request, own, addresses_of_owner(own))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def accept_offer(request, pk):
    own = own_enrollment(request, pk)
    if request.method == "POST":
        return _accept(request, own, addresses_of_owner(own))
    return redirect("courses:enrollment", pk=own.pk)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def cancel(request, pk):
    own = own_enrollment(request, pk)
    return _cancel(request, own, addresses_of_owner(own))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def manage(request, token):
    """The page a mail's link opens. A POST accepts the offer."""
    try:
        own = linked_enrollment(token)
    except links.BadLink as error:
        return bad_link(request, error)
    if request.method == "POST":
        return _accept(request, own, addresses_of_link(token))
    return _show(request, own, addresses_of_link(token))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def manage_cancel(request, token):
    try:
        own = linked_enrollment(token)
    except links.BadLink as error:
        return bad_link(request, error)
    return _cancel(request, own, addresses_of_link(token))


def _show(request, own, addresses):
    run = own.run
    marks = {mark.session_id: mark for mark in own.attendance.all()} if own.status in Enrollment.SEATED else {}
    sessions = list(run.sessions.all())
    for session in sessions:
        session.mark = session.pk in marks and standing.mark_in_words(session, marks[session.pk])
    stands = standing.of_enrollment(own)
    documents = _documents(own)
    calendar = addresses.calendar if own.status == Enrollment.Status.CONFIRMED and not stands.is_over else ""
    context = {
        "enrollment": own,
        "run": run,
        "course": run.course,
        "sessions": sessions,
        "standing": stands,
        "is_confirmed": own.status == Enrollment.Status.CONFIRMED,
        "certificate_rule": standing.certificate_rule(run.course),
        "addresses": addresses,
        "is_owner": request.user == own.learner,
        # Not by a mail's link, which may be forwarded.
        "answers": permissions.own(request.user, own) if request.user == own.learner else [],
        "can_edit": request.user == own.learner and answering.can_edit(own),
        "may_continue": request.user == own.learner and own.status == Enrollment.Status.DRAFT and not stands.is_over,
        "progress": completion.assess(own) if marks else None,
        "result_reasons": _result_reasons(own),
        "final_task": getattr(own, "final_task", None),
        "documents": documents,
        "payment": payment_words.of_enrollment(own),
        "calendar": calendar,
        "has_buttons": bool(stands.can_accept or stands.can_enroll_again or documents or calendar),
        "reason": _reason(own),
        "deadline": rules.cancellation_deadline(own),
        "can_change_run": _can_change_run(own),
    }
    return render(request, "courses/enrollment.html", context)


def _can_change_run(own):
    try:
        moving.check_may_move(own)
    except RuleError:
        return False
    return bool(moving.other_runs(own))


def _documents(own):
    """What can be downloaded, as (label, address); only a completed course has anything."""
    if own.status != Enrollment.Status.COMPLETED:
        return []
    return [document for documents_of in registry.enrollment_documents.values() for document in documents_of(own)]


def _result_reasons(own):
    """Why the conditions were not met, as sentences; none before the run is closed."""
    if own.status != Enrollment.Status.NOT_COMPLETED:
        return []
    return completion.reason_sentences(own.completion.reasons)


def _reason(own):
    """Why the place ended (str), where the row's history says so; reasons that rules wrote are translated."""
    if own.status not in (Enrollment.Status.DECLINED, Enrollment.Status.WITHDRAWN, Enrollment.Status.CANCELLED):
        return ""
    event = own.events.filter(to_status=own.status).last()
    return _(event.reason) if event and event.reason else ""


def _accept(request, own, addresses):
    if own.awaits_own_consent:
        # Somebody else asked for it: the person confirms name and consents first.
        return redirect(addresses.confirm)
    try:
        moving.accept(own, by=own.learner)
    except RuleError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("The place is yours."))
    return redirect(addresses.page)


def _cancel(request, own, addresses):
    """Say before what cancelling means; do it on POST. Cancelling twice changes nothing."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            rules.cancel(own, by=own.learner, reason=form.cleaned_data["reason"])
        except RuleError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, _("Your enrollment was cancelled. Thank you for telling us."))
        return redirect(addresses.page)
    deadline = rules.cancellation_deadline(own)
    is_past = deadline is not None and to_the_second(timezone.now()) > deadline
    context = {
        "enrollment": own,
        "run": own.run,
        "course": own.run.course,
        "standing": standing.of_enrollment(own),
        "deadline": deadline,
        "is_late": own.status == Enrollment.Status.CONFIRMED and is_past,
        "addresses": addresses,
        "form": form,
    }
    return render(request, "courses/cancel.html", context)
