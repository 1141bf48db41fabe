"""Verbs of booking: hold, book, cancel, cancel a slot, record the outcome.

Lock order: the learner, the slot, its bookings. A place is taken by inserting the
lowest free number; of two who insert the same one the database lets in the first.
"""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from academy import checkpoints
from academy.errors import RuleError
from academy.prepared import Prepared

from . import notifications
from .models import Booking, CoachingSlot
from .slots import offer_slot, open_slots_ahead

__all__ = [
    "book",
    "cancel",
    "cancel_slot",
    "hold",
    "mark_no_show",
    "mark_took_place",
    "offer_slot",
    "open_slots_ahead",
]

HOLD = timedelta(minutes=15)
ALTERNATIVES = 3
Status = Booking.Status


class SlotTaken(RuleError):
    """`alternatives` are the mentor's next free CoachingSlots (list, at most three) that the learner could book."""

    sentence = _("Somebody else has just taken this slot.")

    def __init__(self, alternatives=()):
        super().__init__()
        self.alternatives = list(alternatives)


class SlotCancelled(RuleError):
    sentence = _("The mentor no longer offers this slot.")


class SlotOver(RuleError):
    sentence = _("This slot has already begun.")


class OwnSlot(RuleError):
    sentence = _("You cannot book your own time.")


class TooLate(RuleError):
    """The mentor's shortest notice (hours) has passed."""

    def __init__(self, hours):
        super().__init__(
            ngettext(
                "This mentor can be booked at the latest %(hours)s hour ahead.",
                "This mentor can be booked at the latest %(hours)s hours ahead.",
                hours,
            )
            % {"hours": hours}
        )


class TooFarAhead(RuleError):
    """Beyond the mentor's horizon (days)."""

    def __init__(self, days):
        super().__init__(
            ngettext(
                "This mentor can be booked at the earliest %(days)s day ahead.",
                "This mentor can be booked at the earliest %(days)s days ahead.",
                days,
            )
            % {"days": days}
        )


class TooManyBookings(RuleError):
    """The person has as many future bookings with the mentor as one may have."""

    def __init__(self, count):
        super().__init__(
            ngettext(
                "You have %(count)s coming booking with this mentor, and that is the most one person can have. "
                "Cancel it, or book again once it is over.",
                "You have %(count)s coming bookings with this mentor, and that is the most one person can have. "
                "Cancel one, or book again once one is over.",
                count,
            )
            % {"count": count}
        )


class LearnerBusy(RuleError):
    """The learner has coaching with anybody at that time; `by` says whom the sentence speaks to."""

    def __init__(self, learner, by):
        super().__init__(
            _("At that time you already have another coaching booked.")
            if by == learner
            else _("This person already has another coaching booked at that time.")
        )


class AlreadyOver(RuleError):
    sentence = _("This coaching has already begun, so it can no longer be cancelled.")


class SlotNotCancellable(RuleError):
    sentence = _("This slot has already begun, so it can no longer be cancelled.")


class NotYet(RuleError):
    sentence = _("This coaching has not begun yet.")


class NotConfirmed(RuleError):
    sentence = _("This booking was cancelled or never confirmed, so there is no outcome to record.")


def book(slot, learner, *, by, brief="", at=None):
    """Book a place in the slot for the learner, tell both sides, and return the Booking.

    The learner's own unexpired hold becomes the booking; a learner who has booked the
    slot gets that booking again. Notice, horizon and the limit per person bind people
    who book for themselves; a mentor or staff (`by`) may go past them. Raises SlotTaken
    (with alternatives), SlotCancelled, SlotOver, OwnSlot, TooLate, TooFarAhead,
    TooManyBookings, LearnerBusy.
    """
    return _take_place(slot, learner, status=Status.BOOKED, by=by, brief=brief, now=_clock(at))


def hold(slot, learner, *, by, brief="", at=None):
    """Keep a place in the slot for the learner for 15 minutes, and return the Booking.

    Nobody is told. The hold ends by itself; book() turns it into a booking. A second
    call returns the same row with the same end. Raises the same errors as book().
    """
    return _take_place(slot, learner, status=Status.HELD, by=by, brief=brief, now=_clock(at))


def _clock(at):
    # Deadlines include their whole second.
    return (at or timezone.now()).replace(microsecond=0)


def _take_place(slot, learner, *, status, by, brief, now):
    _refuse_if_full(slot, learner, now)
    with transaction.atomic():
        _lock_learner(learner)
        _lock_for_booking(slot)
        coming = _coming(learner, now)
        live = [booking for booking in coming if not booking.has_lapsed(now)]
        _expire([booking for booking in coming if booking.has_lapsed(now)])
        mine = next((booking for booking in live if booking.slot_id == slot.pk), None)
        if mine and (mine.status != Status.HELD or status == Status.HELD):
            return mine
        if slot.starts_at <= now:
            raise SlotOver
        if mine:
            return _confirm_hold(mine, by=by, brief=brief)
        _check(slot, learner, live, by=by, now=now)
        booking = Booking(
            slot=slot,
            learner=learner,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            status=status,
            held_until=now + HOLD if status == Status.HELD else None,
            brief=brief,
            created_at=now,
            booked_by=by,
        )
        _insert_at_free_place(booking, now)
        if status == Status.BOOKED:
            notifications.tell_booked(booking)
        return booking


def _refuse_if_full(slot, learner, now):
    """Most of those who rush to one slot come too late; they need no lock to be told so."""
    people = _people_in(slot=slot.pk, now=now)
    if len(people) >= slot.capacity and learner.pk not in people:
        raise SlotTaken(_alternatives(slot, _coming(learner, now), now))


def refusal(slot, learner=None, *, at=None):
    """Return the RuleError with which book() would refuse now, or None; reads only and locks nothing.

    `learner` is who would book for themselves; without one (a visitor) it speaks of the slot alone.
    """
    now = _clock(at)
    live = [booking for booking in _coming(learner, now) if not booking.has_lapsed(now)] if learner else []
    try:
        if not slot.is_open:
            raise SlotCancelled
        if slot.starts_at <= now:
            raise SlotOver
        if not any(booking.slot_id == slot.pk for booking in live):
            _check(slot, learner, live, by=learner, now=now)
            if slot.bookings.live(now).count() >= slot.capacity:
                raise SlotTaken(_alternatives(slot, live, now))
    except RuleError as error:
        return error
    return None


def _coming(learner, now):
    """The learner's bookings (list) that have not ended, lapsed holds included, each with its mentor_id."""
    return _coming_of(learner=learner.pk, now=now)


@Prepared
def _people_in(given):
    return Booking.objects.live(given.now).filter(slot=given.slot).values_list("learner", flat=True)


@Prepared
def _coming_of(given):
    rows = Booking.objects.filter(learner=given.learner, status__in=Booking.LIVE, ends_at__gt=given.now)
    return rows.annotate(mentor_id=F("slot__mentor")).order_by("starts_at")


@Prepared
def _in_slot(given):
    return Booking.objects.filter(slot=given.slot, status__in=Booking.LIVE)


@Prepared
def _slot_now(given):
    return CoachingSlot.objects.filter(pk=given.slot).values_list("status", "starts_at", "ends_at", "capacity")


@Prepared
def _bookable(given, limit):
    slots = CoachingSlot.objects.free(given.now).filter(mentor=given.mentor).exclude(pk=given.slot)
    return slots.filter(starts_at__gte=given.earliest, starts_at__lt=given.horizon)[:limit]


def _lock_learner(learner):
    """Two tabs of one person go one after the other: limits and overlaps count rows that are there."""
    get_user_model().objects.select_for_update(no_key=True).values_list("pk").get(pk=learner.pk)


def _lock_for_booking(slot):
    """Bring the slot up to date; until the transaction ends nobody cancels it, but others may book it too."""
    _share(slot)
    found = _slot_now(slot=slot.pk)
    if not found:
        raise SlotCancelled
    slot.status, slot.starts_at, slot.ends_at, slot.capacity = found[0]
    if not slot.is_open:
        raise SlotCancelled


def _share(slot):
    if connection.features.has_select_for_update:  # on SQLite the transaction itself is the lock
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM mentoring_coachingslot WHERE id = %s FOR SHARE", [slot.pk])


def _check(slot, learner, live, *, by, now):
    """Refuse what the learner may not book; `live` are the learner's bookings that have not ended."""
    mentor = slot.mentor
    if learner and mentor.profile.user_id == learner.pk:
        raise OwnSlot
    if by == learner:
        _check_terms(slot, mentor, live, now)
    if _overlaps(slot, live):
        raise LearnerBusy(learner, by)


def _check_terms(slot, mentor, live, now):
    """The mentor's terms for people who book for themselves."""
    earliest, horizon = mentor.bookable_between(now)
    if slot.starts_at < earliest:
        raise TooLate(mentor.min_notice_hours)
    if slot.starts_at >= horizon:
        raise TooFarAhead(mentor.horizon_days)
    future = [booking for booking in live if booking.mentor_id == mentor.pk and booking.starts_at > now]
    if len(future) >= mentor.max_per_person:
        raise TooManyBookings(len(future))


def _insert_at_free_place(booking, now):
    slot = booking.slot
    # Each refused insert means that somebody else took that place, so this ends when places do.
    for _attempt in range(slot.capacity + 1):
        rows = _in_slot(slot=slot.pk)
        _expire([row for row in rows if row.has_lapsed(now)])
        taken = {row.place for row in rows if not row.has_lapsed(now)}
        booking.place = next((place for place in range(1, slot.capacity + 1) if place not in taken), None)
        if booking.place is None:
            break
        checkpoints.reach("book:checked")
        try:
            with transaction.atomic():
                booking.save(force_insert=True)
        except IntegrityError:
            if booking.learner.bookings.live(now).overlapping(booking.starts_at, booking.ends_at).exists():
                raise LearnerBusy(booking.learner, booking.booked_by) from None
            continue
        return
    raise SlotTaken(_alternatives(slot, _coming(booking.learner, now), now))


def _alternatives(slot, coming, now):
    """The mentor's next free slots (list) that people may book for themselves, without those that overlap `coming`."""
    live = [booking for booking in coming if not booking.has_lapsed(now)]
    earliest, horizon = slot.mentor.bookable_between(now)
    few = ALTERNATIVES + 4 * len(live)
    some = _bookable(few, mentor=slot.mentor_id, slot=slot.pk, now=now, earliest=earliest, horizon=horizon)
    return [other for other in some if not _overlaps(other, live)][:ALTERNATIVES]


def _overlaps(slot, bookings):
    return any(booking.starts_at < slot.ends_at and booking.ends_at > slot.starts_at for booking in bookings)


def _expire(holds):
    """Release holds that nobody confirmed in time; the database still counts them until then."""
    if holds:
        Booking.objects.filter(pk__in=[hold.pk for hold in holds], status=Status.HELD).update(status=Status.EXPIRED)


def _confirm_hold(booking, *, by, brief):
    booking.status = Status.BOOKED
    booking.held_until = None
    booking.brief = brief or booking.brief
    booking.booked_by = by
    booking.save(update_fields=["status", "held_until", "brief", "booked_by"])
    notifications.tell_booked(booking)
    return booking


@transaction.atomic
def cancel(booking, *, by, reason="", at=None):
    """Cancel a booking, tell both sides, and return it; a second time changes nothing.

    Later than the mentor's notice allows, it is cancelled all the same and recorded as
    late, whoever cancels. A hold is simply released. `by` is the learner, the mentor's
    account or staff. Raises AlreadyOver once the coaching has begun.
    """
    now = _clock(at)
    booking = _locked(booking)
    if booking.status in (Status.CANCELLED, Status.EXPIRED):
        return booking
    if booking.has_lapsed(now):
        _expire([booking])
        booking.status = Status.EXPIRED
        return booking
    if booking.status in (Status.TOOK_PLACE, Status.NO_SHOW) or booking.starts_at <= now:
        raise AlreadyOver
    return _cancel_live(booking, by=by, reason=reason, now=now)


def _locked(booking):
    return Booking.objects.select_for_update(of=("self",)).with_people().get(pk=booking.pk)


def _cancel_live(booking, *, by, reason, now):
    was_booked = booking.status == Status.BOOKED
    booking.status = Status.CANCELLED
    booking.held_until = None
    booking.cancelled_at = now
    booking.cancelled_by = by
    booking.cancel_reason = reason
    booking.is_late_cancellation = was_booked and booking.starts_at - now < booking.slot.mentor.notice_to_cancel
    booking.sequence += 1
    booking.save(
        update_fields=[
            "status",
            "held_until",
            "cancelled_at",
            "cancelled_by",
            "cancel_reason",
            "is_late_cancellation",
            "sequence",
        ]
    )
    if was_booked:
        notifications.tell_cancelled(booking)
    return booking


@transaction.atomic
def cancel_slot(slot, *, by, reason, at=None):
    """Take a slot back with all its bookings, tell everyone, and return it; a second time changes nothing.

    Raises SlotNotCancellable once it has begun.
    """
    now = _clock(at)
    slot = CoachingSlot.objects.select_for_update(of=("self",), no_key=True).get(pk=slot.pk)
    if not slot.is_open:
        return slot
    if slot.starts_at <= now:
        raise SlotNotCancellable
    slot.status = CoachingSlot.Status.CANCELLED
    slot.cancelled_reason = reason
    slot.save(update_fields=["status", "cancelled_reason"])
    bookings = Booking.objects.select_for_update(of=("self",)).with_people().filter(slot=slot)
    for booking in bookings.filter(status__in=[Status.HELD, Status.BOOKED]).order_by("pk"):
        _cancel_live(booking, by=by, reason=reason, now=now)
    return slot


def mark_took_place(booking, *, by, at=None):
    """Record that the coaching took place; may be changed to no-show and back. Raises NotYet, NotConfirmed."""
    return _mark(booking, Status.TOOK_PLACE, by=by, now=_clock(at))


def mark_no_show(booking, *, by, at=None):
    """Record that the learner did not come; may be changed later. Raises NotYet, NotConfirmed."""
    return _mark(booking, Status.NO_SHOW, by=by, now=_clock(at))


@transaction.atomic
def _mark(booking, outcome, *, by, now):
    booking = _locked(booking)
    if booking.status not in Booking.OUTCOMES:
        raise NotConfirmed
    if booking.starts_at > now:
        raise NotYet
    if booking.status != outcome:
        booking.status = outcome
        booking.marked_at = now
        booking.marked_by = by
        booking.save(update_fields=["status", "marked_at", "marked_by"])
    return booking


def expire_holds(*, at=None):
    """Write down that holds have run out; return how many (int). Nothing waits for it: reading knows the time."""
    return Booking.objects.filter(status=Status.HELD, held_until__lt=_clock(at)).update(status=Status.EXPIRED)
