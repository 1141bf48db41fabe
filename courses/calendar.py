"""Sessions as calendar files (RFC 5545, RFC 5546). Rows in, bytes out.

Times are written in UTC, which every calendar understands without a time zone
table. Two kinds of entries, each with a UID that lasts for life:

- Public files (METHOD:PUBLISH) bear the session's own uid. They have no
  attendee and never the joining link.
- A person's entries (METHOD:REQUEST, later CANCEL) bear a uid made of session
  and enrollment. So cancelling one's place takes away one's own entry, and
  enrolling again, which is a new row, makes a new entry that no old
  cancellation can swallow.

The uid contains no host name: the site may move, the entry may not. SEQUENCE is
the session's, which rises whenever the office moves or cancels it; a cancelled
place is one above. An iTIP message speaks of one UID only (RFC 5546, 3.2), so a
mail carries one invitation per session.
"""

import uuid
from email.utils import parseaddr

import icalendar
from django.conf import settings
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from academy import registry

from .models import Enrollment, WorkshopSession

REFRESH_EVERY = "PT4H"


def public_file(sessions):
    """Return the calendar file (bytes) of sessions for anybody; cancelled ones are marked as such."""
    calendar = _calendar("PUBLISH")
    for session in sessions:
        calendar.add_component(_event(session, uid=str(session.uid)))
    return calendar.to_ical()


def personal_file(enrollment, sessions):
    """Return the file (bytes) a confirmed person downloads: their own entries, with the joining link."""
    calendar = _calendar("PUBLISH")
    for session in sessions:
        calendar.add_component(_event(session, uid=entry_uid(enrollment, session), with_link=True))
    return calendar.to_ical()


def invitation(enrollment, session):
    """Return the iTIP message (bytes) that puts a session into a confirmed person's calendar, or updates it there."""
    event = _event(session, uid=entry_uid(enrollment, session), with_link=True)
    return _message("REQUEST", event, enrollment)


def cancellation(enrollment, session):
    """Return the iTIP message (bytes) that takes a session out of a person's calendar.

    Either the office cancelled the session, or the person's place has ended.
    """
    return _message("CANCEL", _cancelled(enrollment, session), enrollment)


@registry.add(registry.calendar_entries, "courses")
def entries(user, *, since, cancelled_since):
    """Yield the events of a person's own calendar; the same UIDs as their invitations bear, and no attendee.

    With a place: sessions that end after `since`, with the joining link; those that the
    office cancelled stay until `cancelled_since`, marked. The same goes for the sessions
    ahead of whoever gave a place back.
    """
    sessions = WorkshopSession.objects.select_related("venue").order_by("starts_at", "pk")
    rows = (
        Enrollment.objects.filter(learner=user, confirmed_at__isnull=False)
        .filter(Q(status__in=Enrollment.SEATED) | Q(ended_at__gt=cancelled_since))
        .select_related("run__course")
        .prefetch_related(Prefetch("run__sessions", sessions.filter(ends_at__gt=since)))
        .order_by("pk")
    )
    for enrollment in rows:
        has_place = enrollment.status in Enrollment.SEATED
        for session in enrollment.run.sessions.all():
            session.run = enrollment.run
            is_cancelled = session.status == WorkshopSession.Status.CANCELLED
            if not enrollment.takes_part_in(session) or (is_cancelled and session.changed_at <= cancelled_since):
                continue
            if has_place:
                yield _event(session, uid=entry_uid(enrollment, session), with_link=not is_cancelled)
            elif session.ends_at > enrollment.ended_at:
                yield _cancelled(enrollment, session)


def _cancelled(enrollment, session):
    event = _event(session, uid=entry_uid(enrollment, session))
    if session.status != WorkshopSession.Status.CANCELLED:
        ended_at = enrollment.ended_at or session.changed_at
        changed = {"sequence": session.sequence + 1, "status": "CANCELLED", "dtstamp": ended_at}
        for name, value in {**changed, "last-modified": ended_at}.items():
            del event[name]
            event.add(name, value)
    return event


def entry_uid(enrollment, session):
    """The UID (str) of one person's entry for one session; the same for life."""
    return str(uuid.uuid5(enrollment.uid, session.uid.hex))


def place_of(session):
    """Where a session happens (str), or "" for one that is only online."""
    venue = session.venue
    if venue is None:
        return _("online") if session.mode == "online" else ""
    return ", ".join(part for part in (venue.name, venue.address, venue.city) if part)


def _calendar(method):
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Academy//Courses//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if method == "PUBLISH":
        calendar.add("refresh-interval", icalendar.vDuration.from_ical(REFRESH_EVERY), {"VALUE": "DURATION"})
        calendar.add("x-published-ttl", REFRESH_EVERY)
    return calendar


def _event(session, *, uid, with_link=False):
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("sequence", session.sequence)
    event.add("dtstamp", session.last_modified)
    event.add("last-modified", session.last_modified)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", f"{session.run.course.title}: {session.title}")
    is_cancelled = session.status == WorkshopSession.Status.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    if place := place_of(session):
        event.add("location", place)
    if with_link and session.joining_link:
        event.add("description", _("Join here: %(link)s") % {"link": session.joining_link})
        event.add("url", session.joining_link)
    event.add("organizer", _organizer())
    return event


def _organizer():
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = icalendar.vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = icalendar.vText(name or settings.WAGTAIL_SITE_NAME)
    return organizer


def _message(method, event, enrollment):
    attendee = icalendar.vCalAddress(f"mailto:{enrollment.learner.email}")
    attendee.params["CN"] = icalendar.vText(str(enrollment.learner))
    attendee.params["PARTSTAT"] = icalendar.vText("ACCEPTED")
    attendee.params["RSVP"] = icalendar.vText("FALSE")
    event.add("attendee", attendee)
    calendar = _calendar(method)
    calendar.add_component(event)
    return calendar.to_ical()
