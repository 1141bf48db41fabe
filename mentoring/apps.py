from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MentoringConfig(AppConfig):
    name = "mentoring"
    verbose_name = _("Coaching")

    def ready(self):
        from academy import db_guards, registry

        from . import audit, demo, duties, guards, notifications  # noqa: F401  they register themselves

        post_migrate.connect(db_guards.reinstall, sender=self)
        registry.add(registry.demo_content, "mentoring")(demo.load_content)
        registry.add(registry.demo_history, "mentoring")(demo.replay_history)
