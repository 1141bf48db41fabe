"""What the admin shows of teaching: menu, lists, forms, actions."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from academy import registry
from academy.admin.deletion import refuse_deletion_of_needed_rows

from .admin.bulk import BulkView
from .admin.catalogue import CourseViewSet, CurriculumViewSet, FunderViewSet, SegmentViewSet, VenueViewSet
from .admin.enrollment_actions import ENROLLMENT_ACTIONS, AddPerson
from .admin.moves import MovePerson, MoveRun
from .admin.people_files import FILE_ACTIONS, ApplyImport
from .admin.records import AttendanceViewSet, CompletionViewSet, EnrollmentViewSet
from .admin.run_actions import RUN_ACTIONS, SESSION_ACTIONS
from .admin.runs import RunViewSet
from .admin.trainers import TRAINER_ACTIONS
from .circulars.admin import WriteToRun
from .entry.admin import ENTRY_RUN_ACTIONS, INVITATION_ACTIONS, InvitationViewSet
from .payments import admin_import, run_parts  # noqa: F401  run_parts registers itself
from .payments.admin import PAYMENT_ACTIONS, PaymentViewSet
from .questions import statistics_admin
from .questions.admin import QUESTION_ACTIONS, AnswerDeletionViewSet, QuestionsGroup
from .selection.actions import ALL_ACTIONS as SELECTION_ACTIONS
from .selection.actions import MINUTES_ROUTE
from .selection.admin import SelectionViewSet


class TeachingGroup(SnippetViewSetGroup):
    menu_label = _("Teaching")
    menu_icon = "openquote"
    menu_order = 110
    items = [
        RunViewSet,
        SelectionViewSet,
        CourseViewSet,
        CurriculumViewSet,
        VenueViewSet,
        FunderViewSet,
        SegmentViewSet,
    ]


class EnrollmentsGroup(ModelViewSetGroup):
    menu_label = _("Enrollments")
    menu_icon = "group"
    menu_order = 120
    items = [
        EnrollmentViewSet,
        InvitationViewSet,
        PaymentViewSet,
        admin_import.StatementViewSet,
        AttendanceViewSet,
        CompletionViewSet,
        AnswerDeletionViewSet,
    ]


register_snippet(TeachingGroup)
register_snippet(QuestionsGroup)
hooks.register("register_admin_viewset", EnrollmentsGroup)
hooks.register("register_reports_menu_item", statistics_admin.menu_item)
hooks.register("before_delete_snippet", refuse_deletion_of_needed_rows)


registry.add(registry.run_actions, "write to people")(WriteToRun)


@hooks.register("register_admin_urls")
def action_urls():
    actions = [
        *RUN_ACTIONS,
        WriteToRun,
        AddPerson,
        *FILE_ACTIONS,
        ApplyImport,
        *TRAINER_ACTIONS,
        *SESSION_ACTIONS,
        *ENROLLMENT_ACTIONS,
        *ENTRY_RUN_ACTIONS,
        *INVITATION_ACTIONS,
        *QUESTION_ACTIONS,
        *PAYMENT_ACTIONS,
        *SELECTION_ACTIONS,
        MoveRun,
        MovePerson,
    ]
    routes = [MINUTES_ROUTE, *statistics_admin.routes(), *admin_import.routes()]
    return [*(action.route() for action in actions), BulkView.route(), *routes]
