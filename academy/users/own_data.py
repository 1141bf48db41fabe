"""A person's own data: see what is held, take a copy, ask for erasing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from academy.errors import RuleError
from academy.throttle import throttle

from . import personal_data
from .models import Erasure


@login_required
@never_cache
@require_safe
def own_data(request):
    """What erasing would do, and whether it was asked for."""
    fates, until = personal_data.plan(request.user)
    context = {
        "goes": [fate.sentence for fate in fates if not fate.stays],
        "stays": [fate.sentence for fate in fates if fate.stays],
        "until": until,
        "erasure": Erasure.objects.filter(user=request.user).first(),
    }
    return render(request, "users/own_data.html", context)


@login_required
@require_POST
@throttle("own_data_copy", times=10, seconds=3600)
def copy(request):
    """The copy as a ZIP."""
    response = HttpResponse(personal_data.export(request.user), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def ask_for_erasure(request):
    """Ask for it, or take the request back."""
    if "withdraw" in request.POST:
        personal_data.withdraw_request(request.user)
        messages.success(request, _("Your request was taken back. Nothing is erased."))
        return redirect("users:own_data")
    try:
        personal_data.request_erasure(request.user)
        messages.success(request, _("We have your request. The office erases your data within a month."))
    except RuleError as refusal:
        messages.error(request, refusal.sentence)
    return redirect("users:own_data")
