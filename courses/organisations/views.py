"""An organisation's pages for its managers, and the page on which a named person accepts their place.

A manager sees the state of their people and nothing else; whoever is no manager of the
organisation gets 404, as if it did not exist.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from academy import links
from academy.errors import RuleError
from academy.throttle import throttle
from academy.users import memberships
from academy.users.forms import ConsentsForm
from academy.users.models import Organisation
from courses import standing
from courses.forms import ConfirmForm
from courses.models import CourseRun, WorkshopSession
from courses.moving import rules as moving
from courses.views.enroll import public_run
from courses.views.manage import bad_link, linked_enrollment, own_enrollment

from . import forms, rules


def managed(request, pk):
    """The organisation, for a manager of it who has accepted; else 404."""
    ids = memberships.managed_by(request.user).values("organisation")
    return get_object_or_404(Organisation.objects.filter(pk__in=ids), pk=pk)


@never_cache
@login_required
@require_safe
def organisation(request, pk):
    """Its people with the state of their places, and the runs to enroll them in."""
    own, now = managed(request, pk), timezone.now()
    sessions = Prefetch("run__sessions", WorkshopSession.objects.order_by("starts_at"))
    rows = rules.people_of(own).select_related("run__course", "learner").prefetch_related(sessions)
    rows = [(row, _state(row, now), rules.can_swap(row, at=now)) for row in rows.order_by("-created_at", "-pk")]
    runs = CourseRun.objects.public().published().with_dates().with_seats(now).select_related("course")
    # As enroll_group() has it: whether somebody has completed a course is between them and the office.
    runs = runs.filter(entry=CourseRun.Entry.OPEN, course__prerequisites=None, first_starts_at__gt=now)
    members = own.memberships.select_related("user").order_by("user__name", "user__email")
    context = {
        "organisation": own,
        "rows": rows,
        "runs": [(run, standing.what_a_newcomer_gets(run)) for run in runs.order_by("first_starts_at")],
        "members": members.exclude(accepted_at=None),
    }
    return render(request, "courses/organisations/organisation.html", context)


def _state(row, now):
    """The state in words (str) and its tone; an offer that has expired says so before anything has noticed."""
    if row.is_expired_offer(now):
        return _("Not accepted in time"), "off"
    tones = {
        row.Status.CONFIRMED: "ok",
        row.Status.COMPLETED: "ok",
        row.Status.OFFERED: "warn",
        row.Status.WAITING: "wait",
    }
    if row.awaits_own_consent:
        return _("Not accepted yet"), "warn"
    return row.get_status_display(), tones.get(row.status, "off")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("group", times=30, seconds=60)
def enroll(request, pk, code):
    """One form for several people; more rows by a button, which keeps what was typed."""
    own, run = managed(request, pk), public_run(code)
    is_posted = request.method == "POST"
    wants_rows = is_posted and "more" in request.POST
    data = request.POST if is_posted else None
    rows = forms.rows(data, more=forms.MORE if wants_rows else 0)
    how = forms.HowForm(data)
    error = ""
    if is_posted and not wants_rows:
        # both, so that every mistake is shown at once
        is_valid = all([rows.is_valid(), how.is_valid()])
        if is_valid:
            try:
                outcome = rules.enroll_group(
                    own,
                    run,
                    rows.people,
                    by=request.user,
                    all_or_nothing=how.cleaned_data["how"] == forms.HowForm.ALL,
                )
            except RuleError as refused:
                error = refused.sentence
            else:
                _say(request, outcome)
                return redirect("courses:organisation", pk=own.pk)
        elif rows.non_form_errors():
            error = " ".join(rows.non_form_errors())
    context = {
        "organisation": own,
        "run": run,
        "course": run.course,
        "place": standing.what_a_newcomer_gets(run),
        "rows": rows,
        "how": how,
        "error": error,
        # Rows that were only added are no mistake yet.
        "show_errors": is_posted and not wants_rows,
        "starts_at": standing.dates(run)[0],
    }
    return render(request, "courses/organisations/enroll.html", context, status=409 if error else 200)


def _say(request, outcome):
    n = len(outcome.offered)
    if n:
        sentence = ngettext(
            "%(count)s person was sent an offer; the place is theirs once they accept it.",
            "%(count)s people were sent an offer; the places are theirs once they accept them.",
            n,
        )
        messages.success(request, sentence % {"count": n})
    if outcome.there_already:
        messages.info(request, _("On this run already: %(people)s.") % {"people": ", ".join(outcome.there_already)})
    if outcome.left_out:
        sentence = _("No seat was left for: %(people)s. They can join the waiting list themselves.")
        messages.warning(request, sentence % {"people": ", ".join(outcome.left_out)})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("group", times=30, seconds=60)
def swap(request, pk, enrollment):
    """Give a place that the organisation asked for to somebody else."""
    own = managed(request, pk)
    rows = own.enrollments.select_related("run__course", "learner").prefetch_related("run__sessions")
    old = get_object_or_404(rows, pk=enrollment)
    form = forms.SwapForm(request.POST if request.method == "POST" else None)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            new = rules.swap(old, by=request.user, **form.cleaned_data)
        except RuleError as refused:
            error = refused.sentence
        else:
            messages.success(
                request,
                _("The place is kept for %(person)s, who was sent an offer. %(old)s was told.")
                % {"person": new.learner, "old": old.learner},
            )
            return redirect("courses:organisation", pk=own.pk)
    context = {
        "organisation": own,
        "old": old,
        "run": old.run,
        "course": old.run.course,
        "form": form,
        "error": error,
        "can_swap": rules.can_swap(old),
        "deadline": rules.swap_deadline(old),
    }
    return render(request, "courses/organisations/swap.html", context, status=409 if error else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def accept(request, pk):
    """The named person, signed in."""
    own = own_enrollment(request, pk)
    return _accept(request, own, reverse("courses:enrollment", args=[own.pk]), reverse("courses:cancel", args=[own.pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def accept_by_link(request, token):
    """The named person, by the link from their own mail."""
    try:
        own = linked_enrollment(token)
    except links.BadLink as error:
        return bad_link(request, error)
    return _accept(
        request, own, reverse("courses:manage", args=[token]), reverse("courses:manage_cancel", args=[token])
    )


def _accept(request, own, page, decline):
    """Confirm one's own name and consents, and take the place. Without an offer of an organisation, the usual page."""
    if own.organisation is None:
        raise Http404
    if not own.awaits_own_consent:
        return redirect(page)
    data = request.POST if request.method == "POST" else None
    form = ConfirmForm(data, initial={"name": own.learner.name})
    consents = ConsentsForm(data, user=own.learner)
    error = ""
    if request.method == "POST" and form.is_valid() and consents.is_valid():
        try:
            moving.accept(own, by=own.learner)
        except RuleError as refused:
            error = refused.sentence
        else:
            own.learner.name = form.cleaned_data["name"]
            own.learner.save(update_fields=["name"])
            consents.save()
            messages.success(request, _("The place is yours."))
            return redirect(page)
    starts_at, ends_at = standing.dates(own.run)
    context = {
        "enrollment": own,
        "run": own.run,
        "course": own.run.course,
        "organisation": own.organisation,
        "sessions": own.run.sessions.all(),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "standing": standing.of_enrollment(own),
        "form": form,
        "consents": consents,
        "error": error,
        "decline": decline,
    }
    return render(request, "courses/organisations/accept.html", context, status=409 if error else 200)
