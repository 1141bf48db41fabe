"""The mentor's own page: what comes, what to confirm, weekly times, single slots."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from academy.errors import RuleError

from .. import booking as rules
from .. import permissions, slots
from ..forms import CancelForm, PatternForm, SlotForm
from ..models import Booking, CoachingSlot, WeeklyPattern

READ = require_http_methods(["GET", "HEAD"])
READ_AND_POST = require_http_methods(["GET", "HEAD", "POST"])
HISTORY = 20


def for_mentors(view):
    """Decorator: the signed-in person is a mentor, who comes as the second argument; others get 404."""

    @never_cache
    @login_required
    @wraps(view)
    def with_mentor(request, *args, **kwargs):
        mentor = permissions.mentor_of(request.user)
        if mentor is None:
            raise Http404
        return view(request, mentor, *args, **kwargs)

    return with_mentor


@for_mentors
@READ
def overview(request, mentor):
    now = timezone.now()
    bookings = Booking.objects.filter(slot__mentor=mentor).select_related("learner", "slot")
    booked = bookings.filter(status=Booking.Status.BOOKED)
    outcomes = bookings.filter(status__in=[Booking.Status.TOOK_PLACE, Booking.Status.NO_SHOW])
    context = {
        "mentor": mentor,
        "zone": mentor.profile.time_zone,
        "unmarked": booked.filter(starts_at__lte=now),
        "coming": booked.filter(starts_at__gt=now),
        "history": outcomes.order_by("-starts_at")[:HISTORY],
        "patterns": WeeklyPattern.objects.filter(mentor=mentor),
        "slots": mentor.slots.live().filter(starts_at__gt=now).with_places_left(now),
    }
    return render(request, "mentoring/my_time.html", context)


@for_mentors
@READ_AND_POST
def add_pattern(request, mentor):
    return _pattern(request, WeeklyPattern(mentor=mentor, mode=mentor.mode))


@for_mentors
@READ_AND_POST
def change_pattern(request, mentor, pk):
    return _pattern(request, get_object_or_404(WeeklyPattern, mentor=mentor, pk=pk))


def _pattern(request, pattern):
    form = PatternForm(request.POST or None, instance=pattern)
    if request.method == "POST" and form.is_valid():
        opened = len(slots.save_pattern(form.instance))
        messages.success(
            request,
            ngettext(
                "The weekly time is saved. %(count)s new slot is open.",
                "The weekly time is saved. %(count)s new slots are open.",
                opened,
            )
            % {"count": opened},
        )
        return redirect("mentoring:my_time")
    context = {"form": form, "pattern": pattern, "zone": pattern.mentor.profile.time_zone}
    return render(request, "mentoring/pattern.html", context)


@for_mentors
@READ_AND_POST
def end_pattern(request, mentor, pk):
    pattern = get_object_or_404(WeeklyPattern, mentor=mentor, pk=pk)
    if request.method == "POST":
        slots.end_pattern(pattern)
        messages.success(request, _("The weekly time has ended. Slots that somebody booked still stand."))
        return redirect("mentoring:my_time")
    return render(request, "mentoring/end_pattern.html", {"pattern": pattern})


@for_mentors
@READ_AND_POST
def add_slot(request, mentor):
    form = SlotForm(request.POST or None, zone=mentor.zone, initial={"mode": mentor.mode})
    if request.method == "POST" and form.is_valid():
        try:
            slots.offer_slot(mentor, by=request.user, **form.offer())
        except RuleError as error:
            form.add_error("from_time", error.sentence)
        else:
            messages.success(request, _("The slot is open."))
            return redirect("mentoring:my_time")
    return render(request, "mentoring/add_slot.html", {"form": form, "zone": mentor.profile.time_zone})


@for_mentors
@READ_AND_POST
def cancel_slot(request, mentor, pk):
    """Ask, then take a slot back; whoever booked it is told."""
    slot = get_object_or_404(CoachingSlot, mentor=mentor, pk=pk)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            rules.cancel_slot(slot, by=request.user, reason=form.cleaned_data["reason"])
        except RuleError as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, _("The slot is cancelled. Whoever had booked it has been told."))
            return redirect("mentoring:my_time")
    context = {
        "slot": slot,
        "form": form,
        "zone": mentor.profile.time_zone,
        "bookings": slot.bookings.filter(status=Booking.Status.BOOKED).select_related("learner"),
    }
    return render(request, "mentoring/cancel_slot.html", context)


@for_mentors
@require_POST
def mark(request, mentor, pk):
    """Record whether the coaching took place."""
    booking = get_object_or_404(Booking, slot__mentor=mentor, pk=pk)
    record = rules.mark_no_show if request.POST.get("outcome") == "no_show" else rules.mark_took_place
    try:
        record(booking, by=request.user)
    except RuleError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("The outcome is recorded."))
    return redirect("mentoring:my_time")
