from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "academy.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self):
        from . import attention, audit, duties  # noqa: F401  they register themselves
