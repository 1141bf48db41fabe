"""Payments in the admin: the list with its filters and export, and what the office does to one payment."""

import django_filters
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn

from academy import money, times
from academy.admin.actions import ActionView, ReasonForm
from academy.admin.viewsets import MomentColumn, RecordInspectView, RecordViewSet
from courses.models import CourseRun, Payment, PaymentEvent

from . import rules

P = Payment.Status


class PaymentAction(ActionView):
    model = Payment
    permission = "courses.change_payment"
    form_class = ReasonForm

    def get_queryset(self):
        return Payment.objects.select_related("enrollment__run__course", "enrollment__learner")

    def get_page_subtitle(self):
        return f"{self.object.enrollment.learner}, {self.object.enrollment.run.code}, {self.object}"

    def get_return_url(self):
        return reverse("payment:inspect", args=[self.object.pk])

    def amount(self, hundredths):
        return money.amount(hundredths, self.object.currency)


class MarkPaid(PaymentAction):
    slug = "mark-paid"
    label = gettext_lazy("Mark as paid")
    icon = "check"

    @classmethod
    def is_offered(cls, row, user):
        return row.status == P.UNPAID

    def preview(self):
        return [
            _("%(amount)s is recorded as received outside the bank's statement, such as in cash.")
            % {"amount": self.amount(self.object.outstanding)},
            _("The person is told by e-mail."),
        ]

    def perform(self, form):
        rules.mark_paid(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The payment is recorded.")


class Waive(PaymentAction):
    slug = "waive"
    label = gettext_lazy("Waive the payment")
    icon = "tick-inverse"

    @classmethod
    def is_offered(cls, row, user):
        return row.status == P.UNPAID

    def preview(self):
        return [_("The person pays nothing more and keeps the place. The reason stays on record.")]

    def perform(self, form):
        rules.waive(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The payment is waived.")


class OweRefund(PaymentAction):
    slug = "owe-refund"
    label = gettext_lazy("Decide to return the money")
    icon = "undo"

    @classmethod
    def is_offered(cls, row, user):
        return row.status == P.PAID and not row.enrollment.is_active

    def preview(self):
        return [_("The person left late, so the money was kept. It becomes a refund that is due.")]

    def perform(self, form):
        rules.owe_refund(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The refund is due.")


class MarkReturned(PaymentAction):
    slug = "mark-returned"
    label = gettext_lazy("Money was sent back")
    icon = "redirect"

    @classmethod
    def is_offered(cls, row, user):
        return bool(row.to_return)

    def preview(self):
        return [
            _("Send %(amount)s from the bank first, then record it here.")
            % {"amount": self.amount(self.object.to_return)}
        ]

    def perform(self, form):
        rules.mark_returned(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The money is recorded as sent back.")


class Undo(PaymentAction):
    slug = "undo"
    label = gettext_lazy("Take back the last change")
    icon = "undo"
    is_serious = True

    @classmethod
    def is_offered(cls, row, user):
        return bool(row.received) or row.status in (P.WAIVED, P.REFUNDED)

    def preview(self):
        last = self.object.events.exclude(kind=PaymentEvent.Kind.WARNED).order_by("pk").last()
        return [
            _("The last change was: %(change)s.") % {"change": last.get_kind_display()},
            _("The payment goes back to the state before it. A transfer that is taken back can be imported again."),
        ]

    def perform(self, form):
        rules.undo(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The last change is taken back.")


PAYMENT_ACTIONS = [MarkPaid, Waive, MarkReturned, OweRefund, Undo]


class PaymentFilterSet(WagtailFilterSet):
    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("What is to be done"),
        method="by_standing",
        choices=[
            ("overdue", gettext_lazy("Overdue")),
            ("to_return", gettext_lazy("Money to return")),
            ("lapsing", gettext_lazy("Warned, about to lapse")),
        ],
    )
    run = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Run"),
        field_name="enrollment__run",
        queryset=CourseRun.objects.filter(enrollments__payment__isnull=False).distinct().order_by("code"),
    )

    def by_standing(self, queryset, name, value):
        if value == "overdue":
            return queryset.overdue(timezone.now().replace(microsecond=0))
        if value == "to_return":
            return queryset.filter(Q(status=P.REFUND_DUE) | Q(pk__in=Payment.objects.overpaid().values("pk")))
        return queryset.filter(status=P.UNPAID, enrollment__lapses_at__isnull=False)

    class Meta:
        model = Payment
        fields = ["status"]


def state(row):
    """The state of a payment (str), overdue ones named as such."""
    return _("Payment overdue") if row.is_overdue(timezone.now()) else row.get_status_display()


def asked(row):
    """The amount in words."""
    return money.amount(row.amount, row.currency)


def come(row):
    """What has come, in words."""
    return money.amount(row.received, row.currency) if row.received else ""


class PaymentInspectView(RecordInspectView):
    def get_queryset(self):
        return Payment.objects.select_related("enrollment__run__course", "enrollment__learner")

    def get_object(self, queryset=None):
        self.object = super().get_object(queryset)
        return self.object

    def get_page_subtitle(self):
        return f"{self.object.enrollment.learner}, {self.object.enrollment.run.code}"

    def get_enrollment_display_value(self):
        return self.get_page_subtitle()

    def get_amount_display_value(self):
        return asked(self.object)

    def get_received_display_value(self):
        return come(self.object) or "–"

    def get_due_at_display_value(self):
        return self._moment(self.object.due_at)

    def get_reminded_at_display_value(self):
        return self._moment(self.object.reminded_at)

    def get_settled_at_display_value(self):
        return self._moment(self.object.settled_at)

    def _moment(self, at):
        return times.moment(at, self.object.enrollment.run.time_zone) if at else "–"

    def get_context_data(self, **kwargs):
        events = list(self.object.events.select_related("by", "line__statement"))
        for event in events:
            event.words = money.amount(event.amount, self.object.currency) if event.amount else ""
        return super().get_context_data(**kwargs, events=events, run=self.object.enrollment.run)


class PaymentViewSet(RecordViewSet):
    model = Payment
    icon = "form"
    menu_label = pgettext_lazy("of people", "Payments")
    actions = PAYMENT_ACTIONS
    inspect_view_class = PaymentInspectView
    inspect_template_name = "courses/payments/admin/payment.html"
    filterset_class = PaymentFilterSet
    list_display = [
        Column(
            "learner", label=gettext_lazy("Person"), accessor="enrollment.learner", sort_key="enrollment__learner__name"
        ),
        Column("run", label=gettext_lazy("Run"), accessor="enrollment.run", sort_key="enrollment__run__code"),
        StatusTagColumn(
            "status",
            label=gettext_lazy("Status"),
            accessor=state,
            primary=lambda row: row.status in (P.UNPAID, P.REFUND_DUE),
            sort_key="status",
        ),
        Column("amount", label=gettext_lazy("Amount"), accessor=asked, sort_key="amount"),
        Column("received", label=gettext_lazy("Received"), accessor=come, sort_key="received"),
        Column("variable_symbol", label=gettext_lazy("Variable symbol"), sort_key="variable_symbol"),
        MomentColumn("due_at", label=gettext_lazy("Due"), sort_key="due_at"),
    ]
    ordering = ["-due_at", "-pk"]
    search_fields = [
        "enrollment__learner__name",
        "enrollment__learner__email",
        "enrollment__run__code",
        "variable_symbol",
    ]
    list_export = [
        "enrollment.learner.name",
        "enrollment.learner.email",
        "enrollment.run.code",
        "get_status_display",
        "amount_in_units",
        "received_in_units",
        "currency",
        "variable_symbol",
        "created_at",
        "due_at",
        "settled_at",
    ]
    export_headings = {
        "enrollment.learner.name": gettext_lazy("Full name"),
        "enrollment.learner.email": gettext_lazy("E-mail address"),
        "enrollment.run.code": gettext_lazy("Run"),
        "get_status_display": gettext_lazy("Status"),
        "amount_in_units": gettext_lazy("Amount"),
        "received_in_units": gettext_lazy("Received"),
    }
    export_filename = "payments"
    inspect_view_fields = [
        "enrollment",
        "status",
        "amount",
        "received",
        "variable_symbol",
        "due_at",
        "reminded_at",
        "settled_at",
    ]

    def get_index_view_kwargs(self, **kwargs):
        rows = Payment.objects.select_related("enrollment__learner", "enrollment__run__course")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)
