"""The pages of a person who wants to change runs; for the owner and for the holder of a mail's link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy import links
from academy.errors import RuleError
from academy.throttle import throttle
from courses import enrollment as enrolling
from courses import standing
from courses.views.manage import addresses_of_link, addresses_of_owner, bad_link, linked_enrollment, own_enrollment

from . import rules


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def change(request, pk):
    own = own_enrollment(request, pk)
    return _change(request, own, addresses_of_owner(own).page, lambda new: reverse("courses:enrollment", args=[new.pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("place", times=30, seconds=60)
def manage_change(request, token):
    """The same by the link from a mail; afterwards the new place has a link of its own."""
    try:
        own = linked_enrollment(token)
    except links.BadLink as error:
        return bad_link(request, error)
    return _change(
        request,
        own,
        addresses_of_link(token).page,
        lambda new: reverse("courses:manage", args=[links.sign("enrollment", new.pk)]),
    )


def _change(request, own, page, page_of):
    """Show the other runs; a POST names one, and whether to move or to wait for it."""
    error = ""
    if request.method == "POST":
        try:
            new = _perform(request, own)
        except RuleError as refused:
            error = refused.sentence
        else:
            return redirect(page_of(new))
    context = {
        "enrollment": own,
        "run": own.run,
        "course": own.run.course,
        "refusal": _refusal(own),
        "error": error,
        "deadline": enrolling.cancellation_deadline(own),
        "moves_left": own.run.max_moves - own.moves,
        "choices": [(run, standing.what_a_newcomer_gets(run), standing.refusal(run)) for run in rules.other_runs(own)],
        "page": page,
    }
    return render(request, "courses/change_run.html", context, status=409 if error else 200)


def _perform(request, own):
    choices = {run.code: run for run in rules.other_runs(own)}
    # Their own only: of a place that an organisation gave away a colleague's is a follower too.
    mine = own.followers.filter(learner=own.learner).select_related("run")
    followers = {row.run.code: row.run for row in mine}
    to = (choices | followers).get(request.POST.get("run", ""))
    if to is None:
        raise Http404
    if request.POST.get("wait"):
        new = rules.wait_for_run(own, to, by=own.learner)
        messages.success(request, _("You are on the waiting list. You keep your place until you accept a new one."))
        return new
    new = rules.change_run(own, to, by=own.learner)
    messages.success(request, _("You have changed runs. The new place is yours."))
    return new


def _refusal(own):
    try:
        rules.check_may_move(own)
    except RuleError as refused:
        return refused.sentence
    return ""
