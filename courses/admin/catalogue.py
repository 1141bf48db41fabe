"""Lists and forms of what is taught: courses, curricula, venues, funders, segments."""

from django import forms
from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column

from academy.admin.deletion import ProtectedInlinePanel
from academy.admin.panels import translated_columns, translated_panel
from academy.admin.viewsets import AcademySnippetViewSet
from courses.models import (
    Course,
    Curriculum,
    CurriculumOutcome,
    Funder,
    LearningOutcome,
    Segment,
    Venue,
)


class CourseViewSet(AcademySnippetViewSet):
    model = Course
    icon = "openquote"
    list_display = [
        "title",
        "code",
        "format",
        "level",
        "hours",
        "certificate_kind",
        Column("runs_count", label=_("Runs"), sort_key="runs_count"),
    ]
    list_filter = ["format", "level", "mode", "segments", "certificate_kind"]
    search_fields = ["code", *translated_columns("title", "summary")]
    list_export = [
        "code",
        *translated_columns("title"),
        "get_format_display",
        "get_level_display",
        "get_mode_display",
        "hours",
        "get_certificate_kind_display",
        "min_attendance_percent",
        "runs_count",
    ]
    export_headings = {
        "get_format_display": _("Format"),
        "get_level_display": _("Level"),
        "get_mode_display": _("Mode"),
        "get_certificate_kind_display": _("Certificate"),
        "runs_count": _("Runs"),
    }
    export_filename = "courses"
    panels = [
        MultiFieldPanel(
            [
                translated_panel(Course, "title"),
                translated_panel(Course, "summary"),
                translated_panel(Course, "for_whom"),
                FieldPanel("code", help_text=_("Part of addresses and reports; better not changed later.")),
            ],
            _("What it is"),
        ),
        translated_panel(Course, "description"),
        InlinePanel(
            "outcomes",
            heading=_("Learning outcomes"),
            label=_("Outcome"),
            panels=[translated_panel(LearningOutcome, "text")],
            help_text=_("What a learner can do afterwards, one sentence each; printed on certificates."),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel(["format", "level"]),
                FieldRowPanel(["mode", "language"]),
                "hours",
                FieldPanel("segments", widget=forms.CheckboxSelectMultiple),
                FieldPanel("prerequisites", widget=forms.SelectMultiple),
            ],
            _("Facts"),
        ),
        MultiFieldPanel(
            [
                "certificate_kind",
                "min_attendance_percent",
                "all_required_sessions",
                "excused_counts",
                "has_final_task",
            ],
            _("What completes it"),
            help_text=_("Applied when a run is closed. Runs that are closed already keep their result."),
        ),
    ]

    def get_queryset(self, request):
        return Course.objects.annotate(runs_count=Count("runs"))


class CurriculumViewSet(AcademySnippetViewSet):
    model = Curriculum
    icon = "list-ol"
    list_display = [
        "title",
        "slug",
        Column("steps_count", label=_("Courses"), sort_key="steps_count"),
        "optional_at_least",
    ]
    search_fields = ["slug", *translated_columns("title", "summary")]
    list_export = ["slug", *translated_columns("title"), "steps_count", "optional_at_least"]
    export_headings = {"steps_count": _("Courses")}
    export_filename = "curricula"
    panels = [
        translated_panel(Curriculum, "title"),
        translated_panel(Curriculum, "summary"),
        "slug",
        ProtectedInlinePanel(
            "steps",
            heading=_("Courses of the path"),
            label=_("Course"),
            panels=[FieldRowPanel(["course", "is_required"])],
            help_text=_("In the order in which they are best taken."),
        ),
        "optional_at_least",
        InlinePanel(
            "outcomes",
            heading=_("Learning outcomes"),
            label=_("Outcome"),
            panels=[translated_panel(CurriculumOutcome, "text")],
        ),
    ]

    def get_queryset(self, request):
        return Curriculum.objects.annotate(steps_count=Count("steps"))


class VenueViewSet(AcademySnippetViewSet):
    model = Venue
    icon = "home"
    list_display = ["name", "address", "city", "country", "time_zone"]
    list_filter = ["city", "country"]
    search_fields = [*translated_columns("name"), "address", "city"]
    list_export = [*translated_columns("name"), "address", "city", "country", "time_zone"]
    export_filename = "venues"
    panels = [
        translated_panel(Venue, "name"),
        "address",
        FieldRowPanel(["city", "country", "time_zone"]),
        translated_panel(Venue, "directions"),
    ]


class FunderViewSet(AcademySnippetViewSet):
    model = Funder
    icon = "tag"
    list_display = ["name", "kind", "grant_number", "retention_years"]
    list_filter = ["kind"]
    search_fields = ["slug", *translated_columns("name"), "grant_number"]
    list_export = ["slug", *translated_columns("name"), "get_kind_display", "grant_number", "retention_years"]
    export_headings = {"get_kind_display": _("Kind")}
    export_filename = "funders"
    panels = [
        translated_panel(Funder, "name"),
        FieldRowPanel(["slug", "kind"]),
        translated_panel(Funder, "summary"),
        translated_panel(Funder, "acknowledgement"),
        FieldRowPanel(["grant_number", "retention_years"]),
        FieldRowPanel(["website", "logo"]),
    ]


class SegmentViewSet(AcademySnippetViewSet):
    model = Segment
    icon = "tag"
    list_display = ["name", "slug", "sort_order"]
    search_fields = ["slug", *translated_columns("name")]
    list_export = ["slug", *translated_columns("name"), "sort_order"]
    export_filename = "segments"
    sort_order_field = "sort_order"
    panels = [translated_panel(Segment, "name"), FieldRowPanel(["slug", "sort_order"])]
