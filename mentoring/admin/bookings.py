"""The list of bookings: view only; a button cancels one by the rule.

Of a confidential mentor's coaching the office sees only that it took place: no
other state, no name, no brief, and searching does not find the learner there.
"""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn

from academy.admin.actions import ActionView, ReasonForm
from academy.admin.viewsets import RecordIndexView, RecordInspectView, RecordViewSet
from mentoring import booking as rules
from mentoring.models import Booking

Status = Booking.Status


class CancelBooking(ActionView):
    model = Booking
    slug = "cancel"
    permission = "mentoring.change_booking"
    label = gettext_lazy("Cancel the booking")
    icon = "cross"
    is_serious = True
    form_class = ReasonForm

    @classmethod
    def is_offered(cls, booking, user):
        return booking.status in (Status.BOOKED, Status.HELD) and booking.starts_at > timezone.now()

    def get_queryset(self):
        return Booking.objects.for_office().with_people()

    def get_page_subtitle(self):
        return f"{self.object.learner_for_office}, {self.object.when()}"

    def preview(self):
        return [_("The learner and the mentor are told by e-mail, and the time is free again.")]

    def perform(self, form):
        rules.cancel(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The booking is cancelled.")

    def get_return_url(self):
        return reverse("booking:inspect", args=[self.object.pk])


class BookingFilterSet(WagtailFilterSet):
    class Meta:
        model = Booking
        fields = {
            "status": ["exact"],
            "slot__mentor": ["exact"],
            "is_late_cancellation": ["exact"],
            "starts_at": ["date__gte", "date__lte"],
        }


class BookingIndexView(RecordIndexView):
    def search_queryset(self, queryset):
        if self.is_searching:
            queryset = queryset.exclude(slot__mentor__is_confidential=True)
        return super().search_queryset(queryset)


class BookingInspectView(RecordInspectView):
    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        if self.object.slot.mentor.is_confidential:
            self.fields = ["slot", "starts_at", "status"]

    def get_object(self, queryset=None):
        return get_object_or_404(Booking.objects.for_office().with_people(), pk=self.pk)

    def get_page_subtitle(self):
        return f"{self.object.learner_for_office}, {self.object.when()}"

    def get_slot_display_value(self):
        return f"{self.object.slot.mentor}, {self.object.when()}"


class BookingViewSet(RecordViewSet):
    model = Booking
    icon = "calendar-check"
    menu_label = gettext_lazy("Bookings")
    actions = [CancelBooking]
    index_view_class = BookingIndexView
    inspect_view_class = BookingInspectView
    filterset_class = BookingFilterSet
    list_display = [
        "when",
        Column("mentor", label=gettext_lazy("Mentor"), accessor="slot.mentor", sort_key="slot__mentor__profile__name"),
        Column("learner", label=gettext_lazy("Learner"), accessor="learner_for_office"),
        StatusTagColumn(
            "status",
            label=gettext_lazy("Status"),
            accessor="get_status_display",
            primary=lambda booking: booking.status in Booking.LIVE,
            sort_key="status",
        ),
        Column("late", label=gettext_lazy("Cancelled late"), accessor=lambda row: row.is_late_cancellation or ""),
    ]
    ordering = ["-starts_at", "-pk"]
    search_fields = ["learner__name", "learner__email", "slot__mentor__profile__name"]
    list_export = [
        "starts_at",
        "ends_at",
        "slot.mentor.profile.name",
        "learner_for_office",
        "get_status_display",
        "is_late_cancellation",
        "cancelled_at",
    ]
    export_headings = {
        "slot.mentor.profile.name": gettext_lazy("Mentor"),
        "learner_for_office": gettext_lazy("Learner"),
        "get_status_display": gettext_lazy("Status"),
    }
    export_filename = "bookings"
    inspect_view_fields = [
        "slot",
        "learner",
        "starts_at",
        "ends_at",
        "status",
        "created_at",
        "booked_by",
        "cancelled_at",
        "cancelled_by",
        "cancel_reason",
        "is_late_cancellation",
        "marked_at",
    ]

    def get_index_view_kwargs(self, **kwargs):
        rows = Booking.objects.for_office().with_people()
        return super().get_index_view_kwargs(queryset=rows, **kwargs)
