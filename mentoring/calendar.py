"""Bookings -> iTIP messages (RFC 5546), pure: one event, its UID for life, times in UTC."""

from email.utils import parseaddr
from urllib.parse import urlsplit

import icalendar
from django.conf import settings
from django.utils.translation import gettext as _

from .models import Booking


def invitation(booking, *, email, name, summary, url):
    """Return the bytes of a calendar file that puts the booking into one person's calendar, or takes it out.

    METHOD is CANCEL for a cancelled booking, else REQUEST; both bear the same UID, and
    cancelling has raised SEQUENCE. `email` and `name` are the attendee's; `summary` and
    `url` (str) are what they see and open.
    """
    is_cancelled = booking.status == Booking.Status.CANCELLED
    event = event_of(booking, summary=summary, url=url)
    attendee = icalendar.vCalAddress(f"mailto:{email}")
    attendee.params["CN"] = icalendar.vText(name)
    attendee.params["PARTSTAT"] = icalendar.vText("ACCEPTED")
    attendee.params["RSVP"] = icalendar.vText("FALSE")
    event.add("attendee", attendee)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Academy//Coaching//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_cancelled else "REQUEST")
    calendar.add_component(event)
    return calendar.to_ical()


def event_of(booking, *, summary, url):
    """Return the icalendar.Event of a booking, without an attendee."""
    is_cancelled = booking.status == Booking.Status.CANCELLED
    event = icalendar.Event()
    event.add("uid", f"{booking.uid}@{urlsplit(settings.PUBLIC_BASE_URL).hostname or 'localhost'}")
    event.add("sequence", booking.sequence)
    changed_at = booking.cancelled_at or booking.created_at
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", summary)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("url", url)
    if place := place_of(booking.slot):
        event.add("location", place)
    event.add("organizer", icalendar.vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"))
    return event


def place_of(slot):
    """Where a slot happens (str): the place, else the link to join, else nothing."""
    return slot.place or link_of(slot) or ""


def link_of(slot):
    """The link to join a slot (str): its own or the mentor's; a coaching on site has none."""
    return "" if slot.mode == "onsite" else slot.meeting_link or slot.mentor.meeting_link


def file_name(booking):
    return _("coaching") + f"-{booking.starts_at:%Y-%m-%d}.ics"
