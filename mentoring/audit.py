"""What `manage.py audit` checks about coaching: every sentence names a row that breaks a truth."""

from django.db.models import Exists, F, OuterRef, Q

from academy import registry

from .models import Booking, CoachingSlot


@registry.add(registry.audit_checks, "mentors' slots apart")
def check_slots_apart():
    """Yield a sentence per open slot that overlaps another open slot of the same mentor, breaks included."""
    other = CoachingSlot.objects.live().filter(
        mentor=OuterRef("mentor"), busy_from__lt=OuterRef("busy_until"), busy_until__gt=OuterRef("busy_from")
    )
    for slot in CoachingSlot.objects.live().filter(Exists(other.exclude(pk=OuterRef("pk")))):
        yield f"Slot {slot.pk} overlaps another slot of mentor {slot.mentor_id}."


@registry.add(registry.audit_checks, "learners' bookings apart")
def check_bookings_apart():
    """Yield a sentence per live booking that overlaps another live booking of the same learner."""
    other = Booking.objects.filter(status__in=Booking.LIVE, learner=OuterRef("learner")).overlapping(
        OuterRef("starts_at"), OuterRef("ends_at")
    )
    for booking in Booking.objects.filter(Exists(other.exclude(pk=OuterRef("pk"))), status__in=Booking.LIVE):
        yield f"Booking {booking.pk} overlaps another booking of person {booking.learner_id}."


@registry.add(registry.audit_checks, "bookings fit their slots")
def check_bookings_fit():
    """Yield a sentence per live booking that has a place or time its slot has not, or whose slot is cancelled."""
    live = Booking.objects.filter(status__in=Booking.LIVE)
    for booking in live.filter(place__gt=F("slot__capacity")):
        yield f"Booking {booking.pk} has place {booking.place}, which slot {booking.slot_id} does not have."
    for booking in live.filter(~Q(starts_at=F("slot__starts_at")) | ~Q(ends_at=F("slot__ends_at"))):
        yield f"Booking {booking.pk} and slot {booking.slot_id} differ in their times."
    for booking in live.filter(slot__status=CoachingSlot.Status.CANCELLED):
        yield f"Booking {booking.pk} is live, but slot {booking.slot_id} was cancelled."
