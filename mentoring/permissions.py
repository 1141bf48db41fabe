"""Who may see and do what in coaching, on the site. (The admin asks for model permissions.)

A booking is seen by the two people who meet: Booking.objects.of(user), so that any
other id gives 404. The office has its own list in the admin.
"""

from .models import Mentor


def mentor_of(user):
    """Return the Mentor that this person is, or None; mentors manage their own time only."""
    if not user.is_authenticated:
        return None
    return Mentor.objects.select_related("profile").filter(profile__user=user).first()


def is_mentor_of(user, booking):
    """Whether the person gives this coaching; only then is the outcome theirs to record."""
    return user.is_authenticated and booking.slot.mentor.profile.user_id == user.pk
