"""What the admin shows of coaching: menu, lists, forms, actions."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from .admin.bookings import BookingViewSet, CancelBooking
from .admin.mentors import MentorViewSet
from .admin.slots import CancelSlot, CoachingSlotViewSet, refuse_deletion_of_booked_slots
from .models import Mentor
from .slots import open_slots_ahead


class CoachingGroup(SnippetViewSetGroup):
    menu_label = _("Coaching")
    menu_icon = "user"
    menu_order = 130
    items = [CoachingSlotViewSet, MentorViewSet]


class BookingsGroup(ModelViewSetGroup):
    menu_label = _("Bookings of coaching")
    menu_icon = "calendar-check"
    menu_order = 131
    items = [BookingViewSet]


register_snippet(CoachingGroup)
hooks.register("register_admin_viewset", BookingsGroup)
hooks.register("before_delete_snippet", refuse_deletion_of_booked_slots, order=-1)


@hooks.register("register_admin_urls")
def action_urls():
    return [action.route() for action in (CancelSlot, CancelBooking)]


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def open_slots(request, instance):
    """Whoever saved a mentor sees at once what the weekly times opened."""
    if not isinstance(instance, Mentor):
        return
    opened = len(open_slots_ahead(instance))
    if opened:
        sentence = ngettext("%(count)s new slot is open.", "%(count)s new slots are open.", opened)
        messages.success(request, sentence % {"count": opened})
