"""Accept, decline, leave: a person's place in an organisation, signed in or by the link from a mail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.errors import RuleError
from academy.links import BadLink, unsign
from academy.throttle import throttle

from . import memberships
from .models import Membership


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("membership", times=30, seconds=60)
def own(request, pk):
    """The signed-in person's own membership; anybody else's is not found."""
    membership = get_object_or_404(request.user.memberships.select_related("organisation"), pk=pk)
    return _page(request, membership)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("membership", times=30, seconds=60)
def by_link(request, token):
    """The page a mail's link opens; needs no login, and only its buttons change anything."""
    try:
        membership = Membership.objects.select_related("organisation").filter(pk=unsign(token, "membership")).first()
        if membership is None:
            raise memberships.InvitationIsOver
    except (BadLink, memberships.InvitationIsOver) as error:
        return render(request, "users/membership_over.html", {"sentence": error.sentence}, status=404)
    return _page(request, membership)


def _page(request, membership):
    done = ""
    if request.method == "POST":
        try:
            done = _answer(request, membership)
        except RuleError as error:
            return render(request, "users/membership_over.html", {"sentence": error.sentence}, status=404)
        if done and request.user.is_authenticated:
            messages.success(request, done)
            return redirect("users:profile")
        membership = Membership.objects.select_related("organisation").filter(pk=membership.pk).first()
    context = {
        "membership": membership,
        "is_manager": membership is not None and membership.role == Membership.Role.MANAGER,
        "done": done,
    }
    return render(request, "users/membership.html", context)


def _answer(request, membership):
    """Do what the button says; return the sentence (str) on it, or "" for a button that we do not know."""
    match request.POST.get("answer"):
        case "accept":
            memberships.accept(membership)
            return _("You belong to %(organisation)s now.") % {"organisation": membership.organisation}
        case "leave":
            memberships.leave(membership)
            if membership.accepted_at is None:
                return _("The invitation of %(organisation)s is declined.") % {"organisation": membership.organisation}
            return _("You have left %(organisation)s.") % {"organisation": membership.organisation}
    return ""
