from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    verbose_name = _("Site")

    def ready(self):
        from academy import registry

        from . import catalogue, issuer

        registry.add(registry.public_course_ids, "cms")(catalogue.live_course_ids)
        registry.add(registry.issuer_facts, "cms")(issuer.facts)
