from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MentoringConfig(AppConfig):
    name = "mentoring"
    verbose_name = _("Coaching")

    def ready(self):
        from academy import db_guards

        from . import audit, guards, notifications  # noqa: F401  they register themselves

        post_migrate.connect(db_guards.reinstall, sender=self)
