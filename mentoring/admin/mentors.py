"""The list of mentors and the form of a mentor with the weekly times."""

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column

from academy.admin.viewsets import AcademySnippetViewSet
from mentoring.models import CoachingSlot, Mentor


class MentorViewSet(AcademySnippetViewSet):
    model = Mentor
    icon = "user"
    list_display = [
        "profile",
        "mode",
        Column("time_zone", label=_("Time zone"), accessor="profile.time_zone"),
        Column("weekly_times", label=_("Weekly times"), accessor="weekly_times"),
        Column("open_slots", label=_("Open slots ahead"), accessor="open_slots"),
        BooleanColumn("is_public", label=_("Listed")),
        BooleanColumn("is_confidential", label=_("Confidential")),
    ]
    list_filter = ["is_public", "is_confidential", "mode", "specialities"]
    search_fields = ["profile__name", "profile__city"]
    ordering = ["profile__name"]
    list_export = [
        "profile.name",
        "profile.time_zone",
        "get_mode_display",
        "open_slots",
        "min_notice_hours",
        "cancel_hours",
        "horizon_days",
        "max_per_person",
        "is_public",
        "is_confidential",
    ]
    export_headings = {
        "profile.name": _("Name"),
        "profile.time_zone": _("Time zone"),
        "get_mode_display": _("Mode"),
        "open_slots": _("Open slots ahead"),
    }
    export_filename = "mentors"
    inspect_view_fields = [
        "profile",
        "specialities",
        "mode",
        "min_notice_hours",
        "cancel_hours",
        "horizon_days",
        "max_per_person",
        "is_public",
        "is_confidential",
    ]
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("profile", help_text=_("Name, photo, texts and time zone are those of this person.")),
                "specialities",
                FieldRowPanel(["mode", "meeting_link"]),
                FieldRowPanel(["is_public", "is_confidential"]),
            ],
            _("Who"),
        ),
        InlinePanel(
            "patterns",
            heading=_("Weekly times"),
            label=_("Weekly time"),
            panels=[
                FieldRowPanel(["weekday", "from_time", "to_time"]),
                FieldRowPanel(["slot_minutes", "break_minutes"]),
                FieldRowPanel(["mode", "place"]),
                FieldRowPanel(["valid_from", "valid_until"]),
            ],
            help_text=_(
                "On the mentor's own clock. Saving opens slots and takes back free ones that no weekly time wants "
                "any more; slots that somebody booked stay."
            ),
        ),
        MultiFieldPanel(
            [FieldRowPanel(["min_notice_hours", "cancel_hours"]), FieldRowPanel(["horizon_days", "max_per_person"])],
            _("Terms"),
        ),
    ]

    def get_queryset(self, request):
        ahead = (
            CoachingSlot.objects.live()
            .filter(mentor=OuterRef("pk"), starts_at__gt=timezone.now())
            .order_by()
            .values("mentor")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return Mentor.objects.select_related("profile").annotate(
            weekly_times=Count("patterns", filter=Q(patterns__isnull=False), distinct=True),
            open_slots=Subquery(ahead),
        )
