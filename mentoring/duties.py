"""What coaching contributes to a person's data: bookings as a learner; never what a mentor noted for themselves."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import registry
from academy.errors import RuleError

from .booking import cancel
from .models import Booking


@registry.add(registry.personal_data_exporters, "mentoring")
def export_personal_data(user):
    """Bookings of the person (dict), with the mentor's public name."""
    rows = user.bookings.select_related("slot__mentor__profile").order_by("starts_at")
    return {
        "coaching": [
            {
                "mentor": row.slot.mentor.profile.name,
                "starts_at": row.starts_at,
                "ends_at": row.ends_at,
                "status": row.status,
                "about": row.brief,
                "booked_at": row.created_at,
                "cancelled_at": row.cancelled_at,
                "reason": row.cancel_reason,
            }
            for row in rows
        ]
    }


def _ahead(user, at):
    return user.bookings.filter(status__in=[Booking.Status.HELD, Booking.Status.BOOKED], starts_at__gt=at)


@registry.add(registry.personal_data_plans, "mentoring")
def plan(user, at):
    """What erasing does with bookings."""
    ahead = _ahead(user, at).count()
    if ahead:
        yield registry.Fate(
            ngettext("%(count)s booking ahead is cancelled.", "%(count)s bookings ahead are cancelled.", ahead)
            % {"count": ahead}
        )
    if user.bookings.exists():
        yield registry.Fate(_("What the person wrote to mentors, and reasons of cancellations."))


@registry.add(registry.personal_data_erasers, "mentoring")
def erase_personal_data(user):
    """Cancel what is ahead and wipe what was written; return the sentences (list of str) about what stays."""
    stays = []
    for row in _ahead(user, timezone.now()):
        try:
            cancel(row, by=user)
        except RuleError as refusal:
            stays.append(str(refusal.sentence))
    user.bookings.update(brief="", cancel_reason="")
    return stays
