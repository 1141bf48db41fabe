"""The list of slots, the form that offers one, and the button that cancels one."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.snippets.views import snippets

from academy.admin.actions import ActionView, ReasonForm
from academy.admin.viewsets import AcademySnippetViewSet
from academy.admin.wall_clock import WallClockField
from academy.errors import RuleError
from mentoring import booking as rules
from mentoring.models import CoachingSlot, Mentor
from mentoring.slots import offer_slot


class SlotForm(WagtailAdminModelForm):
    """Offers a slot by the rule. Of a slot that is there only the place and the link can be changed."""

    # What whoever booked relies on; another time is another slot.
    LOCKED = ["mentor", "starts_at", "minutes", "break_minutes", "capacity"]

    mentor = forms.ModelChoiceField(Mentor.objects.all(), label=gettext_lazy("Mentor"))
    starts_at = WallClockField(
        label=gettext_lazy("Starts"),
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("On the mentor's own clock."),
        validators=[
            MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC)),
            MaxValueValidator(datetime(3000, 1, 1, tzinfo=UTC)),
        ],
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Length (minutes)"),
        initial=45,
        validators=[MinValueValidator(10), MaxValueValidator(480)],
    )
    break_minutes = forms.IntegerField(
        label=gettext_lazy("Break after it (minutes)"),
        initial=15,
        validators=[MinValueValidator(0), MaxValueValidator(240)],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        slot = self.instance
        self.fields["starts_at"].zone = self._zone()
        if slot.pk:
            self.initial["minutes"] = _minutes(slot.ends_at - slot.starts_at)
            self.initial["break_minutes"] = _minutes(slot.busy_until - slot.ends_at)
            for name in self.LOCKED:
                self.fields[name].disabled = True

    def _zone(self):
        if self.instance.pk:
            return self.instance.mentor.zone
        chosen = self.data.get(self.add_prefix("mentor"), "") if self.is_bound else ""
        mentor = Mentor.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        return mentor.zone if mentor else timezone.get_default_timezone()

    def save(self, commit=True):
        """Call the rule for a new slot; a changed one becomes a single slot, which no weekly time takes back."""
        slot, values = self.instance, self.cleaned_data
        if slot.pk:
            slot.is_generated, slot.pattern = False, None
            slot.save(update_fields=["mode", "place", "meeting_link", "is_generated", "pattern"])
            return slot
        return offer_slot(
            values["mentor"],
            starts_at=values["starts_at"],
            ends_at=values["starts_at"] + timedelta(minutes=values["minutes"]),
            minutes_after=values["break_minutes"],
            by=self.for_user,
            **{name: values[name] for name in ("capacity", "mode", "place", "meeting_link")},
        )


def _minutes(length):
    return int(length.total_seconds() // 60)


class SlotCreateView(snippets.CreateView):
    """The rule decides while saving; what it refuses stands beside the time, with everything that was filled in."""

    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except RuleError as error:
            form.add_error("starts_at", error.sentence)
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)


class CancelSlot(ActionView):
    model = CoachingSlot
    slug = "cancel"
    permission = "mentoring.change_coachingslot"
    label = gettext_lazy("Cancel the slot")
    icon = "cross"
    is_serious = True
    form_class = ReasonForm

    @classmethod
    def is_offered(cls, slot, user):
        return slot.is_open and slot.starts_at > timezone.now()

    def get_queryset(self):
        return CoachingSlot.objects.select_related("mentor__profile")

    def get_page_subtitle(self):
        return f"{self.object.mentor}, {self.object.when()}"

    def preview(self):
        booked = self.object.bookings.live().count()
        if not booked:
            return [_("Nobody has booked this slot.")]
        return [_("Everybody who has booked it (%(count)s) and the mentor are told by e-mail.") % {"count": booked}]

    def perform(self, form):
        rules.cancel_slot(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The slot is cancelled.")


class SlotFilterSet(WagtailFilterSet):
    class Meta:
        model = CoachingSlot
        fields = {"mentor": ["exact"], "status": ["exact"], "mode": ["exact"], "starts_at": ["date__gte", "date__lte"]}


class CoachingSlotViewSet(AcademySnippetViewSet):
    model = CoachingSlot
    icon = "date"
    actions = [CancelSlot]
    add_view_class = SlotCreateView
    base_form_class = SlotForm
    filterset_class = SlotFilterSet
    add_to_reference_index = False
    list_display = [
        "when",
        Column("mentor", label=gettext_lazy("Mentor"), accessor="mentor", sort_key="mentor__profile__name"),
        "mode",
        Column("places_left", label=gettext_lazy("Places left"), accessor=lambda slot: _places(slot)),
        StatusTagColumn(
            "status",
            label=gettext_lazy("Status"),
            accessor="get_status_display",
            primary=lambda slot: slot.is_open,
            sort_key="status",
        ),
    ]
    ordering = ["-starts_at", "-pk"]
    search_fields = ["mentor__profile__name", "place"]
    list_export = [
        "mentor.profile.name",
        "starts_at",
        "ends_at",
        "get_mode_display",
        "place",
        "capacity",
        "places_left",
        "get_status_display",
        "cancelled_reason",
    ]
    export_headings = {
        "mentor.profile.name": gettext_lazy("Mentor"),
        "get_mode_display": gettext_lazy("Mode"),
        "places_left": gettext_lazy("Places left"),
        "get_status_display": gettext_lazy("Status"),
    }
    export_filename = "slots"
    inspect_view_fields = ["mentor", "starts_at", "ends_at", "capacity", "mode", "place", "status", "cancelled_reason"]
    panels = [
        MultiFieldPanel(
            [
                "mentor",
                "starts_at",
                FieldRowPanel(
                    [
                        FieldPanel("minutes", required_on_save=True),
                        FieldPanel("break_minutes", required_on_save=True),
                    ]
                ),
                "capacity",
            ],
            gettext_lazy("When and for how many"),
            help_text=gettext_lazy("Once the slot is there, these stay: cancel it and offer another time instead."),
        ),
        MultiFieldPanel(["mode", FieldPanel("place"), "meeting_link"], gettext_lazy("Where")),
    ]

    def get_queryset(self, request):
        return CoachingSlot.objects.select_related("mentor__profile").with_places_left()


def _places(slot):
    return f"{slot.places_left} / {slot.capacity}"


def refuse_deletion_of_booked_slots(request, instances):
    """Hook before_delete_snippet: a slot that anybody ever booked is cancelled, not deleted."""
    slots = [slot for slot in instances if isinstance(slot, CoachingSlot)]
    booked = CoachingSlot.objects.filter(pk__in=[slot.pk for slot in slots], bookings__isnull=False).exists()
    if not booked:
        return None
    messages.error(request, _("Somebody has booked this slot, so it cannot be deleted. Cancel it instead."))
    return redirect(CoachingSlot.snippet_viewset.get_url_name("list"))
