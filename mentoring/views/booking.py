"""The learner's side: a mentor's free time, booking it, the booking's page, cancelling."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy import links
from academy.errors import RuleError
from academy.throttle import throttle
from academy.users import pending
from academy.users.codes import send_code

from .. import booking as rules
from .. import permissions, week
from ..calendar import link_of
from ..forms import BookForm, CancelForm, VisitorForm
from ..models import Booking, CoachingSlot, Mentor

READ = require_http_methods(["GET", "HEAD"])
READ_AND_POST = require_http_methods(["GET", "HEAD", "POST"])


@READ
def slots(request, slug):
    """One week of a mentor's free time; the first week that has any, unless ?week= names another."""
    mentor = get_object_or_404(Mentor.objects.public().select_related("profile"), profile__slug=slug)
    zone = week.zone_of(request.user)
    context = {
        "mentor": mentor,
        "zone": zone,
        "week": week.of(mentor, zone, request.GET.get("week", "")),
        "is_own": request.user.is_authenticated and mentor.profile.user_id == request.user.pk,
    }
    return render(request, "mentoring/slots.html", context)


@never_cache
@READ_AND_POST
@throttle("book", times=30, seconds=60)
def book(request, pk):
    """Show a slot and book it; a second post leads to the same booking.

    A visitor without an account types e-mail, name and brief; all are kept for a day
    while a code verifies the address. Back here, signed in, one button books.
    """
    slot = _public_slot(pk)
    learner = request.user if request.user.is_authenticated else None
    own = slot.bookings.live().filter(learner=learner).first() if learner else None
    if own and own.status != Booking.Status.HELD:
        return redirect("mentoring:booking", pk=own.pk)
    kept = pending.peek(request, _kept_under(slot)) or {}
    form = _form(request, learner, {"brief": own.brief} if own else kept)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return _take(request, slot, form.cleaned_data) if learner else _verify(request, slot, form.cleaned_data)
        except RuleError as error:
            refusal = error
    elif request.method != "POST":
        refusal = rules.refusal(slot, learner)
    context = {
        "slot": slot,
        "mentor": slot.mentor,
        "form": form,
        "refusal": refusal,
        "alternatives": getattr(refusal, "alternatives", []),
        "held": own,
        "was_verified": bool(learner and kept),
        "zone": week.zone_of(request.user),
        "other_zone": slot.mentor.profile.time_zone,
        "cancel_by": slot.starts_at - slot.mentor.notice_to_cancel,
    }
    return render(request, "mentoring/book.html", context, status=409 if refusal and request.method == "POST" else 200)


def _public_slot(pk):
    """A slot of a mentor who is listed; cancelled and past ones too, whose page says so in a sentence."""
    slots = CoachingSlot.objects.select_related("mentor__profile").filter(mentor__is_public=True)
    return get_object_or_404(slots, pk=pk)


def _kept_under(slot):
    return f"coaching:{slot.pk}"


def _form(request, learner, initial):
    data = request.POST if request.method == "POST" else None
    if learner is None:
        return VisitorForm(data, initial=initial)
    return BookForm(data, initial=initial, has_name=bool(learner.name))


def _verify(request, slot, typed):
    """Keep what the visitor typed and send a code; who gets the time is decided once the address is theirs."""
    if refusal := rules.refusal(slot):
        raise refusal
    pending.keep(request, _kept_under(slot), typed)
    return send_code(request, typed["email"], name=typed["name"], next_url=request.path)


def _take(request, slot, typed):
    learner = request.user
    take = rules.hold if "hold" in request.POST else rules.book
    booking = take(slot, learner, by=learner, brief=typed["brief"])
    if name := typed.get("name"):
        learner.name = name
        learner.save(update_fields=["name"])
    if take is rules.hold:
        return redirect("mentoring:book", pk=slot.pk)
    pending.take(request, _kept_under(slot))
    messages.success(request, _("Your coaching is booked. We have sent you a mail with a calendar file."))
    return redirect("mentoring:booking", pk=booking.pk)


@never_cache
@login_required
@READ
def booking(request, pk):
    own = _own_booking(request, pk)
    return _page(request, "mentoring/booking.html", own, is_mentor=permissions.is_mentor_of(request.user, own))


@never_cache
@login_required
@READ_AND_POST
@throttle("booking", times=30, seconds=60)
def cancel(request, pk):
    """Ask, then cancel; the learner and the mentor may."""
    own = _own_booking(request, pk)
    form = CancelForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            _cancel(request, own, by=request.user, reason=form.cleaned_data["reason"])
        except RuleError as error:
            refusal = error
        else:
            return redirect("mentoring:booking", pk=own.pk)
    is_mentor = permissions.is_mentor_of(request.user, own)
    return _page(request, "mentoring/cancel.html", own, is_mentor=is_mentor, form=form, refusal=refusal)


def _own_booking(request, pk):
    """A booking of the signed-in person, as learner or as mentor, or 404."""
    return get_object_or_404(Booking.objects.of(request.user).with_people(), pk=pk)


@never_cache
@READ_AND_POST
@throttle("booking", times=30, seconds=60)
def manage(request, token):
    """The page that a mail's link opens, without a login: it shows the booking, and its button cancels it."""
    try:
        own = Booking.objects.with_people().get(pk=links.unsign(token, "booking"))
    except links.BadLink as error:
        return render(request, "mentoring/bad_link.html", {"sentence": error.sentence}, status=404)
    except Booking.DoesNotExist:
        raise Http404 from None
    form = CancelForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            _cancel(request, own, by=own.learner, reason=form.cleaned_data["reason"])
        except RuleError as error:
            refusal = error
        else:
            return redirect(request.path)
    return _page(request, "mentoring/manage.html", own, is_mentor=False, form=form, refusal=refusal)


def _cancel(request, own, *, by, reason):
    was_cancelled = own.status == Booking.Status.CANCELLED
    own = rules.cancel(own, by=by, reason=reason)
    if was_cancelled:
        messages.info(request, _("This booking was cancelled before. Nothing was changed."))
    elif own.is_late_cancellation:
        messages.success(request, _("The booking is cancelled. It was recorded as late."))
    else:
        messages.success(request, _("The booking is cancelled."))


def _page(request, template, own, *, is_mentor, form=None, refusal=None):
    """Render what a booking's page, its cancel page and the page behind a mail's link have in common."""
    now = timezone.now()
    has_begun = own.starts_at <= now
    has_lapsed = own.has_lapsed(now)
    is_live = own.status in (Booking.Status.BOOKED, Booking.Status.HELD) and not has_lapsed
    mentor = own.slot.mentor
    context = {
        "booking": own,
        "slot": own.slot,
        "mentor": mentor,
        "link": link_of(own.slot),
        "is_mentor": is_mentor,
        "zone": mentor.profile.time_zone if is_mentor else own.learner.time_zone,
        "other_zone": own.learner.time_zone if is_mentor else mentor.profile.time_zone,
        "has_begun": has_begun,
        "has_lapsed": has_lapsed,
        "can_cancel": is_live and not has_begun,
        "can_mark": is_mentor and has_begun and own.status in Booking.OUTCOMES,
        "is_late": own.starts_at - now < mentor.notice_to_cancel,
        "form": form,
        "refusal": refusal,
    }
    return render(request, template, context, status=409 if refusal else 200)
