"""Verbs of offering time: single slots, and slots opened ahead from weekly patterns.

Overlaps of a mentor's slots, breaks included, are refused by the database
(mentoring/guards.py); the functions here turn its refusal into a sentence. Each
locks the mentor first.
"""

import bisect
from datetime import UTC, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy import checkpoints
from academy.errors import RuleError

from .models import Booking, CoachingSlot, Mentor, WeeklyPattern
from .wallclock import Stretch, moment, stretches


class SlotsOverlap(RuleError):
    sentence = _("This time overlaps another slot of the mentor, breaks included.")


class SlotInThePast(RuleError):
    sentence = _("A slot can only be offered in the future.")


class SlotTooShort(RuleError):
    sentence = _("A slot ends after it starts.")


class NoSuchTime(RuleError):
    sentence = _("The clock skips this time on that day, because summer time begins.")


@transaction.atomic
def offer_slot(
    mentor,
    *,
    starts_at,
    ends_at,
    by,
    minutes_before=0,
    minutes_after=0,
    capacity=1,
    mode=None,
    place="",
    meeting_link="",
    at=None,
):
    """Offer one slot and return it; the same times a second time return the same slot.

    `starts_at` and `ends_at` are aware, or naive and then meant on the mentor's own
    clock; the minutes before and after are buffers that stay free of other slots.
    `by` (User) is who offers it. Raises SlotsOverlap, SlotInThePast, SlotTooShort, NoSuchTime.
    """
    starts_at, ends_at = (_moment_of(mentor, time) for time in (starts_at, ends_at))
    if ends_at <= starts_at:
        raise SlotTooShort
    if starts_at <= (at or timezone.now()):
        raise SlotInThePast
    slot = CoachingSlot(
        mentor=mentor,
        starts_at=starts_at,
        ends_at=ends_at,
        busy_from=starts_at - timedelta(minutes=minutes_before),
        busy_until=ends_at + timedelta(minutes=minutes_after),
        capacity=capacity,
        mode=mode or mentor.mode,
        place=place,
        meeting_link=meeting_link,
    )
    _lock(mentor)
    checkpoints.reach("slot:made")
    if not _insert_one(slot):
        slot = CoachingSlot.objects.live().filter(mentor=mentor, starts_at=starts_at, ends_at=ends_at).first()
    if slot is None:
        raise SlotsOverlap
    return slot


def _lock(mentor):
    """One after the other for each mentor, and return the row; two inserts that meet in PostgreSQL's guard deadlock."""
    mentors = Mentor.objects.select_for_update(of=("self",), no_key=True).select_related("profile")
    return mentors.get(pk=mentor.pk)


def _moment_of(mentor, time):
    if timezone.is_aware(time):
        return time.astimezone(UTC)
    found = moment(time, mentor.zone)
    if found is None:
        raise NoSuchTime
    return found


@transaction.atomic
def open_slots_ahead(mentor, *, until=None, at=None):
    """Make the mentor's future slots follow the weekly patterns; return the slots (list) that are new.

    Opens what is missing up to `until` (date on the mentor's calendar; default: the
    mentor's horizon), and takes back what no pattern wants any more and nobody ever
    booked. Slots that anybody booked never move, single slots stay, and a slot that
    was cancelled does not come back. Safe to call any number of times.
    """
    now = at or timezone.now()
    mentor = _lock(mentor)
    zone = mentor.zone
    today = now.astimezone(zone).date()
    last = until or today + timedelta(days=mentor.horizon_days)
    present = list(mentor.slots.filter(busy_until__gt=now).with_has_bookings())
    latest = max([last, *(slot.starts_at.astimezone(zone).date() for slot in present)])
    wanted = {}
    for pattern in WeeklyPattern.objects.filter(mentor=mentor).order_by("pk"):
        for stretch in stretches(pattern, zone, today, latest):
            if stretch.starts_at > now:
                wanted.setdefault(stretch, pattern)
    gone = _withdraw([slot.pk for slot in present if _may_go(slot, wanted, now)])
    staying = [slot for slot in present if slot.pk not in gone]
    missing = [stretch for stretch in _that_fit(wanted, staying) if stretch.starts_at.astimezone(zone).date() <= last]
    return _insert([_from_pattern(mentor, wanted[stretch], stretch) for stretch in missing])


def _may_go(slot, wanted, now):
    """Whether a slot was made from a pattern, nobody ever booked it, and no pattern wants it (like this) any more."""
    if not slot.is_generated or not slot.is_open or slot.has_bookings or slot.starts_at <= now:
        return False
    pattern = wanted.get(Stretch(slot.starts_at, slot.ends_at, slot.busy_until))
    return pattern is None or (pattern.mode, pattern.place) != (slot.mode, slot.place)


def _withdraw(pks):
    """Delete those of the slots that still have no booking; return their ids (set of int)."""
    if not pks:
        return set()
    # Whoever is booking holds the slot's row; once it is ours, their booking is there to be seen.
    locked = set(
        CoachingSlot.objects.live().select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk", flat=True)
    )
    free = locked - set(Booking.objects.filter(slot__in=locked).values_list("slot", flat=True))
    CoachingSlot.objects.filter(pk__in=free).delete()
    return free


def _that_fit(wanted, present):
    """Yield, in order, the wanted Stretches that begin with no slot there is and overlap no open one."""
    known = {slot.starts_at for slot in present}
    busy = sorted((slot.busy_from, slot.busy_until) for slot in present if slot.is_open)
    ends = [busy_until for _busy_from, busy_until in busy]
    free_from = None
    for stretch in sorted(wanted):
        following = bisect.bisect_right(ends, stretch.starts_at)
        overlaps = following < len(busy) and busy[following][0] < stretch.busy_until
        if stretch.starts_at in known or overlaps or (free_from and stretch.starts_at < free_from):
            continue
        free_from = stretch.busy_until
        yield stretch


def _from_pattern(mentor, pattern, stretch):
    return CoachingSlot(
        mentor=mentor,
        pattern=pattern,
        is_generated=True,
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
        busy_from=stretch.starts_at,
        busy_until=stretch.busy_until,
        mode=pattern.mode,
        place=pattern.place,
    )


def _insert(slots):
    """Insert the slots and return those that got in; one that the guard refuses is left out."""
    try:
        with transaction.atomic():
            return CoachingSlot.objects.bulk_create(slots)
    except IntegrityError:
        return [slot for slot in slots if _insert_one(slot)]


def _insert_one(slot):
    try:
        with transaction.atomic():
            slot.save(force_insert=True)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def save_pattern(pattern, *, at=None):
    """Save a new or changed weekly pattern and make the slots follow it; return the slots (list) that are new."""
    pattern.save()
    return open_slots_ahead(pattern.mentor, at=at)


@transaction.atomic
def end_pattern(pattern, *, at=None):
    """Delete a weekly pattern and take back its slots that nobody ever booked; booked ones stay."""
    mentor = pattern.mentor
    pattern.delete()
    open_slots_ahead(mentor, at=at)
