"""The calendar that a person subscribes to, and the page where its address is made."""

import hashlib
from datetime import timedelta

import icalendar
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from academy import links, registry

from . import feeds
from .models import CalendarFeed

REFRESH_EVERY = timedelta(hours=4)
MONTHS_BACK = 24
KEEP_CANCELLED = timedelta(days=30)


@never_cache
@login_required
@require_safe
def calendar(request):
    """Whether there is an address, and buttons for a new one or none."""
    return _page(request)


@never_cache
@login_required
@require_POST
def rotate(request):
    """Make a new address and show it, this once: the answer itself shows it, so that it is stored nowhere."""
    token = feeds.rotate(request.user)
    response = _page(request, links.absolute(f"/feeds/calendar/{token}.ics"))
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@login_required
@require_POST
def revoke(request):
    feeds.revoke(request.user)
    messages.success(request, _("Your calendar's address is not valid any more."))
    return redirect("users:calendar")


@require_safe
def feed(request, token):
    """The calendar itself, for programs: answers 304 to whoever has it already, 404 to an address that has ended."""
    user = feeds.owner_of(token)
    if user is None:
        raise Http404
    with translation.override(user.language):
        content = _calendar(user, timezone.now())
    etag = quote_etag(hashlib.sha256(content).hexdigest())
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        content, content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _page(request, address=""):
    return render(
        request,
        "users/calendar_feed.html",
        {
            "feed": CalendarFeed.objects.filter(user=request.user).first(),
            "address": address,
            "webcal": address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1),
        },
    )


def _calendar(user, now):
    """The calendar (bytes): nothing in it changes unless an entry does, so that its hash tells a change."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Academy//Feed//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("Academy"))
    made.add("refresh-interval", REFRESH_EVERY, {"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT4H")
    since = months_before(now, MONTHS_BACK)
    for entries in registry.calendar_entries.values():
        for event in entries(user, since=since, cancelled_since=now - KEEP_CANCELLED):
            made.add_component(event)
    return made.to_ical()


def months_before(at, months):
    """The same day so many months earlier (datetime), or the last day of that month."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1)
