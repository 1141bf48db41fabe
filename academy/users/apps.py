from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "academy.users"
    label = "users"
    verbose_name = _("People and organisations")

    def ready(self):
        from academy import registry
        from academy.demo import people

        registry.add(registry.demo_content, "users")(people.load)
