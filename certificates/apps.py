from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")

    def ready(self):
        from academy import db_guards, registry
        from courses import signals

        from . import audit, documents, duties, guards, notifications, receivers, timeline  # noqa: F401  makes guards and letters known

        post_migrate.connect(db_guards.reinstall, sender=self)
        signals.enrollment_completed.connect(receivers.issue_at_completion, dispatch_uid="certificates.issue")
        signals.completion_changed.connect(receivers.review_after_change, dispatch_uid="certificates.review")
        registry.add(registry.audit_checks, "certificates")(audit.check)
        registry.add(registry.attention_items, "certificates")(duties.attention)
        registry.add(registry.personal_data_exporters, "certificates")(duties.export_personal_data)
        registry.add(registry.personal_data_erasers, "certificates")(duties.erase_personal_data)
        registry.add(registry.personal_data_plans, "certificates")(duties.plan_erasure)
        registry.add(registry.personal_data_files, "certificates")(duties.personal_files)
        registry.add(registry.evidence_sections, "certificates")(duties.add_evidence)
        registry.add(registry.enrollment_documents, "certificates")(documents.documents_of)
        registry.add(registry.run_timeline, "certificates")(timeline.SOURCE)
