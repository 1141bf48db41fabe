"""What learners and mentors are told about bookings.

Messages name a booking by its uid, which no list of the admin shows: of a
confidential mentor's coaching the office sees only that it took place, so neither
the key nor the text in the log may lead to the booking.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from academy import links, registry, times
from academy.mail.letters import Attachment, composer, letter_from_templates
from academy.mail.outbox import queue

from .calendar import event_of, file_name, invitation, link_of
from .models import Booking

LEARNER, MENTOR = "learner", "mentor"


def tell_booked(booking):
    """Queue the confirmation to both sides, in the caller's transaction."""
    _queue_for_both("coaching_booked", booking)


def tell_cancelled(booking):
    """Queue the news of a cancellation to both sides, in the caller's transaction."""
    _queue_for_both("coaching_cancelled", booking)


def remind(booking):
    """Queue the reminder to both sides, in the caller's transaction."""
    _queue_for_both("coaching_reminder", booking)


def _queue_for_both(kind, booking):
    for side in (LEARNER, MENTOR):
        user, address = _recipient(booking, side)
        if address:
            queue(
                kind,
                key=f"{kind}:{booking.uid}:{booking.sequence}:{side}",
                recipient=user,
                to=address,
                language=None if user else _language_of(booking.slot.mentor.profile),
                facts={"booking": str(booking.uid), "side": side},
                is_private=booking.slot.mentor.is_confidential,
            )


def _recipient(booking, side):
    """Return (User or None, e-mail address) of one side; a mentor's account is optional."""
    if side == LEARNER:
        return booking.learner, booking.learner.email
    profile = booking.slot.mentor.profile
    return profile.user, profile.user.email if profile.user else profile.email


def _language_of(profile):
    known = dict(settings.LANGUAGES)
    return next((code for code in profile.language_codes if code in known), settings.LANGUAGE_CODE)


@composer("coaching_booked")
def booked(message):
    return _letter(message, "mentoring/mail/booked", Booking.Status.BOOKED)


@composer("coaching_cancelled")
def cancelled(message):
    return _letter(message, "mentoring/mail/cancelled", Booking.Status.CANCELLED)


@composer("coaching_reminder")
def reminder(message):
    return _letter(message, "mentoring/mail/reminder", Booking.Status.BOOKED, with_calendar=False)


def _letter(message, template, status, *, with_calendar=True):
    """Return the Letter to one side, or None when the booking is no longer in that status."""
    booking = Booking.objects.with_people().filter(uid=message.facts["booking"], status=status).first()
    if booking is None:
        return None
    mentor = booking.slot.mentor
    side = message.facts["side"]
    user, address = _recipient(booking, side)
    other = mentor.profile.name if side == LEARNER else str(booking.learner)
    url = _address(booking, side)
    context = {
        "booking": booking,
        "slot": booking.slot,
        "mentor": mentor,
        "side": side,
        "other": other,
        "url": url,
        "times": _times(booking, side),
        "link": link_of(booking.slot),
        "is_by_recipient": user is not None and booking.cancelled_by_id == user.pk,
        "again_url": links.address("mentoring:slots", mentor.profile.slug) if mentor.is_public else "",
    }
    context["facts"] = _facts(context)
    attachments = []
    if with_calendar:
        name = str(user or mentor.profile)
        summary = _("Coaching: %(name)s") % {"name": other}
        content = invitation(booking, email=address, name=name, summary=summary, url=url)
        method = "CANCEL" if status == Booking.Status.CANCELLED else "REQUEST"
        attachments.append(Attachment(file_name(booking), content, f"text/calendar; method={method}"))
    return letter_from_templates(template, context, attachments, is_private=mentor.is_confidential)


@registry.add(registry.calendar_entries, "mentoring")
def calendar_entries(user, *, since, cancelled_since):
    """Yield the events of a person's coachings, as learner and as mentor, with the UIDs of the invitations."""
    rows = (
        Booking.objects.of(user)
        .with_people()
        .filter(ends_at__gt=since)
        .exclude(status__in=[Booking.Status.HELD, Booking.Status.EXPIRED])
        .exclude(status=Booking.Status.CANCELLED, cancelled_at__lte=cancelled_since)
    )
    for booking in rows.order_by("starts_at", "pk"):
        side = LEARNER if booking.learner_id == user.pk else MENTOR
        other = booking.slot.mentor.profile.name if side == LEARNER else str(booking.learner)
        yield event_of(booking, summary=_("Coaching: %(name)s") % {"name": other}, url=_own_page(booking))


def _address(booking, side):
    """The learner's page opens by the link alone; the mentor's asks for a login and shows the brief."""
    if side == LEARNER:
        return links.address("mentoring:manage", links.sign("booking", booking.pk))
    return _own_page(booking)


def _own_page(booking):
    """The page that asks for a login: a calendar is often shared, and whoever reads it must not cancel."""
    return links.absolute(reverse("mentoring:booking", args=[booking.pk]))


def _times(booking, side):
    """Lines (list of str): when, in the recipient's zone first, and in the other side's where clocks differ."""
    mentors, learners = booking.slot.mentor.profile.time_zone, booking.learner.time_zone
    own, others = (learners, mentors) if side == LEARNER else (mentors, learners)
    zones = [own] if times.same_clock(booking.starts_at, own, others) else [own, others]
    return [times.span(booking.starts_at, booking.ends_at, zone) for zone in zones]


def _facts(context):
    """(name, value) pairs for the mail: with whom, when, where."""
    slot = context["slot"]
    pairs = [(_("Mentor") if context["side"] == LEARNER else _("Learner"), context["other"])]
    pairs += [(_("When"), line) for line in context["times"][:1]]
    pairs += [(_("On the other side"), line) for line in context["times"][1:]]
    if slot.place:
        pairs.append((_("Place"), slot.place))
    if context["link"] and context["booking"].status == Booking.Status.BOOKED:
        pairs.append((_("Link to join"), context["link"]))
    return pairs
