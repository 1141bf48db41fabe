"""What of coaching the office should look at today."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import registry

from .models import Booking, CoachingSlot, Mentor

# Long enough for a mentor to come round to it.
UNMARKED = timedelta(days=7)


@registry.add(registry.attention_items, "mentoring")
def attention(now):
    """Lines (sentence, url): coaching that nobody confirmed for a week, listed mentors without free time ahead.

    Confidential mentors confirm in their own time; the office learns only what took place.
    """
    unmarked = Booking.objects.filter(status=Booking.Status.BOOKED, ends_at__lt=now - UNMARKED)
    count = unmarked.exclude(slot__mentor__is_confidential=True).count()
    if count:
        yield (
            ngettext(
                "%(count)s coaching was not confirmed by the mentor for a week.",
                "%(count)s coachings were not confirmed by their mentors for a week.",
                count,
            )
            % {"count": count},
            f"{reverse('booking:index')}?status=booked",
        )
    free = CoachingSlot.objects.free(now).values("mentor")
    for mentor in Mentor.objects.public().exclude(pk__in=free).order_by("profile__name"):
        yield (
            _("%(mentor)s has no free time ahead.") % {"mentor": mentor},
            reverse("wagtailsnippets_mentoring_mentor:edit", args=[mentor.pk]),
        )
