from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    verbose_name = _("Site")

    def ready(self):
        from academy import registry

        from . import catalogue, demo, issuer, payment_account

        registry.add(registry.public_course_ids, "cms")(catalogue.live_course_ids)
        registry.add(registry.issuer_facts, "cms")(issuer.facts)
        registry.add(registry.payment_account, "cms")(payment_account.facts)
        registry.add(registry.demo_content, "cms")(demo.load_content)
