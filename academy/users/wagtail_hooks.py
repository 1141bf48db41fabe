"""The admin's menu of people."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from academy.admin.deletion import refuse_bulk_deletion_of_needed_users, refuse_deletion_of_needed_user

from .admin import (
    AddMember,
    Erase,
    Invite,
    OrganisationViewSet,
    ProfileViewSet,
    RemoveMember,
    refuse_bulk_change_of_superusers,
)


class PeopleGroup(SnippetViewSetGroup):
    menu_label = _("People")
    menu_icon = "user"
    menu_order = 130
    items = [ProfileViewSet, OrganisationViewSet]


register_snippet(PeopleGroup)
hooks.register("before_delete_user", refuse_deletion_of_needed_user)
hooks.register("before_bulk_action", refuse_bulk_deletion_of_needed_users)
hooks.register("before_bulk_action", refuse_bulk_change_of_superusers)


@hooks.register("register_admin_urls")
def action_urls():
    return [Invite.route(), AddMember.route(), RemoveMember.route(), Erase.route()]


@hooks.register("register_user_listing_buttons")
def erase_button(user, request_user):
    if Erase.is_allowed(request_user) and Erase.is_offered(user, request_user):
        yield Erase.button(user)
