"""The one state machine of enrollments: which moves are allowed, and how a move is written down."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from .errors import NotPossible
from .models import Enrollment, EnrollmentEvent
from .payments import due

S = Enrollment.Status

# From where to where. Whatever is not here is refused; "" is a new row.
ALLOWED_MOVES = {
    # A new row begins as an offer where somebody else asked for the place: the person has still to accept it.
    "": {S.DRAFT, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED},
    S.DRAFT: {S.APPLIED, S.WAITING, S.CONFIRMED, S.CANCELLED, S.WITHDRAWN},
    S.APPLIED: {S.WAITING, S.OFFERED, S.CONFIRMED, S.DECLINED, S.CANCELLED, S.WITHDRAWN},
    S.WAITING: {S.OFFERED, S.CONFIRMED, S.CANCELLED, S.WITHDRAWN},
    S.OFFERED: {S.CONFIRMED, S.CANCELLED, S.WITHDRAWN},
    S.CONFIRMED: {S.COMPLETED, S.NOT_COMPLETED, S.CANCELLED, S.WITHDRAWN},
    # Only a correction after the run was closed moves between these two.
    S.COMPLETED: {S.NOT_COMPLETED},
    S.NOT_COMPLETED: {S.COMPLETED},
    S.DECLINED: set(),
    S.WITHDRAWN: set(),
    S.CANCELLED: set(),
}
ENDED = (S.DECLINED, S.WITHDRAWN, S.CANCELLED)

# Reasons that rules write themselves. The row keeps the English text, which is
# also the message id: pages and mails show it through gettext.
OFFER_EXPIRED = gettext_noop("The offer was not accepted in time.")
MOVED = gettext_noop("Moved to another run of the course.")
SWAPPED = gettext_noop("The organisation gave the place to somebody else.")
RUN_CLOSED = gettext_noop("The run ended before a place became free.")
RUN_CANCELLED = gettext_noop("The run was cancelled.")
PLACE_LAPSED = gettext_noop("The place was not paid in time.")
CAPACITY_LOWERED = gettext_noop("The capacity was lowered below the number of people enrolled.")


def start(run, learner, status, *, by, at, reason="", **facts):
    """Create an enrollment in its first state, with the first line of its history."""
    enrollment = Enrollment.objects.create(run=run, learner=learner, status=status, created_at=at, **facts)
    _record(enrollment, "", by, at, reason)
    due.follow(enrollment, "", by=by, at=at, reason=reason)
    return enrollment


def move(enrollment, to, *, by, at, reason="", **facts):
    """Move an enrollment to another state, set `facts` on it and write the line of its history.

    The caller holds the lock on the run and has read the row under it. Raises
    NotPossible for a move that ALLOWED_MOVES does not know.
    """
    came_from = enrollment.status
    if to not in ALLOWED_MOVES[came_from]:
        raise NotPossible(
            _("This is not possible: the state is “%(status)s”.") % {"status": enrollment.get_status_display()}
        )
    if to in ENDED:
        facts |= {"ended_at": at, "lapses_at": None}
    enrollment.status = to
    for name, value in facts.items():
        setattr(enrollment, name, value)
    enrollment.save(update_fields=["status", *facts])
    _record(enrollment, came_from, by, at, reason)
    due.follow(enrollment, came_from, by=by, at=at, reason=reason)
    return enrollment


def _record(enrollment, came_from, by, at, reason):
    EnrollmentEvent.objects.create(
        enrollment=enrollment, from_status=came_from, to_status=enrollment.status, at=at, by=by, reason=reason[:300]
    )
