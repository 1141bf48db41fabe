from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Courses")

    def ready(self):
        from academy import registry

        from . import attention, audit, demo, duties, letters, topics  # noqa: F401  they register themselves
        from .circulars import letters as circular_letters  # noqa: F401  its composer registers itself
        from .moving import letters as moving_letters  # noqa: F401
        from .organisations import letters as organisation_letters  # noqa: F401
        from .payments import demo as payments_demo
        from .payments import duties as payment_duties  # noqa: F401
        from .questions import audit as questions_audit  # noqa: F401
        from .questions import duties as answers
        from .selection import audit as selection_audit  # noqa: F401
        from .selection import letters as selection_letters  # noqa: F401

        registry.add(registry.demo_content, "courses")(demo.load_content)
        registry.add(registry.demo_history, "courses")(demo.replay_history)
        registry.add(registry.personal_data_exporters, "answers")(answers.export_personal_data)
        registry.add(registry.personal_data_erasers, "answers")(answers.erase_personal_data)
        registry.add(registry.personal_data_plans, "answers")(answers.plan_erasure)
        registry.add(registry.personal_data_files, "answers")(answers.personal_files)
        registry.add(registry.demo_history, "payments")(payments_demo.replay_history)
