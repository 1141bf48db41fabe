"""The admin's front: what needs attention today, and the few styles of our own pages."""

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.components import Component

from academy import registry


class AttentionPanel(Component):
    """What needs somebody's attention today; every app adds its own lines by the registry."""

    name = "attention"
    order = 50
    template_name = "academy/admin/attention.html"

    def get_context_data(self, parent_context):
        now = timezone.now()
        return {
            "heading": _("What needs attention today"),
            "items": [item for items in registry.attention_items.values() for item in items(now)],
        }


@hooks.register("construct_homepage_panels")
def add_attention_panel(request, panels):
    if request.user.has_perm("courses.view_courserun"):
        panels.append(AttentionPanel())


@hooks.register("insert_global_admin_css")
def admin_css():
    return format_html('<link rel="stylesheet" href="{}">', static("admin/academy.css"))
