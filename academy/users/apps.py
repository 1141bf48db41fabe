from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(AppConfig):
    name = "academy.users"
    label = "users"
    verbose_name = _("People and organisations")

    def ready(self):
        from academy import registry
        from academy.demo import people

        from . import duties, invitations, memberships  # noqa: F401  they register themselves

        registry.add(registry.demo_content, "users")(people.load)


class AdminUsersConfig(WagtailUsersAppConfig):
    """Wagtail's management of users, with our forms."""

    user_viewset = "academy.users.admin.UserViewSet"
