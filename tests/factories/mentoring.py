from datetime import time, timedelta

from django.utils import timezone

from mentoring.models import Booking, CoachingSlot, Mentor, WeeklyPattern

from .users import profile, user


def mentor(*, user=None, **extra):
    """A mentor who asks for no notice; with an account when user= is given."""
    extra.setdefault("min_notice_hours", 0)
    return Mentor.objects.create(profile=profile(user=user), **extra)


def slot(*, of, starts_in=timedelta(days=7), minutes=45, **extra):
    """An open slot without buffers that starts after `starts_in` from now."""
    starts_at = extra.pop("starts_at", timezone.now() + starts_in)
    ends_at = starts_at + timedelta(minutes=minutes)
    extra.setdefault("busy_from", starts_at)
    extra.setdefault("busy_until", ends_at)
    return CoachingSlot.objects.create(mentor=of, starts_at=starts_at, ends_at=ends_at, **extra)


def booking(*, of, learner=None, status=Booking.Status.BOOKED, **extra):
    """A row as it stands, written past the rules."""
    return Booking.objects.create(
        slot=of, learner=learner or user(), starts_at=of.starts_at, ends_at=of.ends_at, status=status, **extra
    )


def weekly(*, of, weekday, begins="14:00", ends="17:00", **extra):
    """A weekly pattern with slots of 45 minutes and breaks of 15; times are "14:00"."""
    return WeeklyPattern.objects.create(
        mentor=of, weekday=weekday, from_time=time.fromisoformat(begins), to_time=time.fromisoformat(ends), **extra
    )
