"""Lists of what rules wrote: enrollments, attendance, results. View only; buttons call the rules."""

from django.utils.translation import gettext_lazy as _
from django_filters import BooleanFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn

from academy.admin.viewsets import MomentColumn, RecordInspectView, RecordViewSet
from academy.mail.models import Bounce
from courses.completion import reason_sentences
from courses.models import Attendance, Completion, Enrollment
from courses.questions import permissions as answers_for

from .enrollment_actions import ENROLLMENT_ACTIONS
from .moves import MovePerson


class EnrollmentFilterSet(WagtailFilterSet):
    is_no_show = BooleanFilter(label=_("No-show"))

    class Meta:
        model = Enrollment
        fields = ["status", "run", "source", "is_overbooked", "is_late_cancellation"]


class EnrollmentInspectView(RecordInspectView):
    def get_object(self, queryset=None):
        self.object = super().get_object(queryset)
        return self.object

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            mail_comes_back=Bounce.objects.standing().filter(email=self.object.learner.email.lower()).exists(),
            events=self.object.events.select_related("by"),
            notes=self.object.notes.select_related("by"),
            marks=self.object.attendance.select_related("session"),
            answers=answers_for.of_enrollment(self.request.user, self.object),
            former_answers=answers_for.changes_of(self.request.user, self.object),
        )

    def get_follows_display_value(self):
        """The place that this one took over, by name instead of by id."""
        old = self.object.follows
        return f"{old.learner}, {old.run.code}" if old else "–"

    def get_page_subtitle(self):
        return f"{self.object.learner}, {self.object.run.code}"


class EnrollmentViewSet(RecordViewSet):
    model = Enrollment
    icon = "group"
    menu_label = _("Enrollments")
    actions = [*ENROLLMENT_ACTIONS, MovePerson]
    inspect_view_class = EnrollmentInspectView
    inspect_template_name = "courses/admin/enrollment.html"
    filterset_class = EnrollmentFilterSet
    list_display = [
        "learner",
        Column("email", label=_("E-mail address"), accessor="learner.email", sort_key="learner__email"),
        Column("run", label=_("Run"), sort_key="run__code"),
        Column("course", label=_("Course"), accessor="run.course"),
        StatusTagColumn(
            "status",
            label=_("Status"),
            accessor="get_status_display",
            primary=lambda row: row.status in Enrollment.SEATED,
            sort_key="status",
        ),
        "source",
        MomentColumn("created_at", label=_("Created"), sort_key="created_at"),
    ]
    ordering = ["-created_at", "-pk"]
    search_fields = ["learner__name", "learner__email", "run__code"]
    list_export = [
        "learner.name",
        "learner.email",
        "run.code",
        "run.course",
        "get_status_display",
        "get_source_display",
        "queue_number",
        "created_at",
        "confirmed_at",
        "ended_at",
        "is_late_cancellation",
        "is_no_show",
        "is_overbooked",
        "overbooking_reason",
    ]
    export_headings = {
        "is_no_show": _("No-show"),
        "learner.name": _("Full name"),
        "learner.email": _("E-mail address"),
        "run.code": _("Run"),
        "run.course": _("Course"),
        "get_status_display": _("Status"),
        "get_source_display": _("Enrolled by"),
    }
    export_filename = "enrollments"
    inspect_view_fields = [
        "learner",
        "run",
        "status",
        "source",
        "organisation",
        "follows",
        "moves",
        "queue_number",
        "created_at",
        "confirmed_at",
        "offered_until",
        "ended_at",
        "is_late_cancellation",
        "is_overbooked",
        "overbooking_reason",
    ]

    def get_index_view_kwargs(self, **kwargs):
        rows = Enrollment.objects.with_no_show().select_related("learner", "run__course")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)


class AboutEnrollmentView(RecordInspectView):
    """Names the person and the run instead of the enrollment's ids."""

    def get_enrollment_display_value(self):
        return f"{self.object.enrollment.learner}, {self.object.enrollment.run.code}"

    def get_session_display_value(self):
        return self.object.session.title

    def get_page_subtitle(self):
        return self.get_enrollment_display_value()


class AttendanceFilterSet(WagtailFilterSet):
    class Meta:
        model = Attendance
        fields = ["status", "method", "session__run"]


class AttendanceViewSet(RecordViewSet):
    model = Attendance
    icon = "tick"
    menu_label = _("Attendance")
    inspect_view_class = AboutEnrollmentView
    filterset_class = AttendanceFilterSet
    list_display = [
        Column("learner", label=_("Learner"), accessor="enrollment.learner"),
        Column("run", label=_("Run"), accessor="session.run"),
        Column("session", label=_("Session"), accessor="session.title"),
        "status",
        "minutes",
        "method",
        MomentColumn("recorded_at", label=_("Recorded"), sort_key="recorded_at"),
    ]
    ordering = ["-recorded_at", "-pk"]
    search_fields = ["enrollment__learner__name", "enrollment__learner__email", "session__run__code"]
    list_export = [
        "enrollment.learner.name",
        "session.run.code",
        "session.title",
        "session.starts_at",
        "get_status_display",
        "minutes",
        "get_method_display",
        "note",
        "recorded_at",
    ]
    export_headings = {
        "enrollment.learner.name": _("Full name"),
        "session.run.code": _("Run"),
        "session.title": _("Session"),
        "session.starts_at": _("Starts"),
        "get_status_display": _("Status"),
        "get_method_display": _("Recorded by means of"),
    }
    export_filename = "attendance"

    def get_index_view_kwargs(self, **kwargs):
        rows = Attendance.objects.select_related("enrollment__learner", "session__run")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)


class CompletionInspectView(AboutEnrollmentView):
    def get_reasons_display_value(self):
        return " ".join(reason_sentences(self.object.reasons)) or "–"


def why_not(result):
    """The sentences that say why the conditions were not met (str)."""
    return " ".join(reason_sentences(result.reasons))


class CompletionFilterSet(WagtailFilterSet):
    class Meta:
        model = Completion
        fields = ["is_met", "enrollment__run"]


class CompletionViewSet(RecordViewSet):
    model = Completion
    icon = "success"
    menu_label = _("Results")
    inspect_view_class = CompletionInspectView
    filterset_class = CompletionFilterSet
    list_display = [
        Column("learner", label=_("Learner"), accessor="enrollment.learner"),
        Column("run", label=_("Run"), accessor="enrollment.run"),
        "is_met",
        "minutes_attended",
        "minutes_held",
        Column("why", label=_("Why not"), accessor=why_not),
        MomentColumn("decided_at", label=_("Decided"), sort_key="decided_at"),
    ]
    ordering = ["-decided_at", "-pk"]
    search_fields = ["enrollment__learner__name", "enrollment__learner__email", "enrollment__run__code"]
    list_export = [
        "enrollment.learner.name",
        "enrollment.learner.email",
        "enrollment.run.code",
        "is_met",
        "minutes_attended",
        "minutes_held",
        "decided_at",
    ]
    export_headings = {
        "enrollment.learner.name": _("Full name"),
        "enrollment.learner.email": _("E-mail address"),
        "enrollment.run.code": _("Run"),
    }
    export_filename = "results"

    def get_index_view_kwargs(self, **kwargs):
        rows = Completion.objects.select_related("enrollment__learner", "enrollment__run")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)
