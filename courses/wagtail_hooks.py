"""What the admin shows of teaching: menu, lists, forms, actions."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from academy.admin.deletion import refuse_deletion_of_needed_rows

from .admin.catalogue import CourseViewSet, CurriculumViewSet, FunderViewSet, SegmentViewSet, VenueViewSet
from .admin.runs import RunViewSet


class TeachingGroup(SnippetViewSetGroup):
    menu_label = _("Teaching")
    menu_icon = "openquote"
    menu_order = 110
    items = [RunViewSet, CourseViewSet, CurriculumViewSet, VenueViewSet, FunderViewSet, SegmentViewSet]


register_snippet(TeachingGroup)
hooks.register("before_delete_snippet", refuse_deletion_of_needed_rows)
