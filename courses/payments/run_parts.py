"""What payments add to the page of a run: a tab, lines of the history, a column of the export. Registered by import."""

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy import money, registry
from academy.admin.actions import action_buttons
from academy.registry import ExportColumn, RunSection, TimelineLine, TimelineSource
from courses.models import Payment, PaymentEvent

from .admin import PAYMENT_ACTIONS, asked, come, state

PER_PAGE = 50


def payments_of(run, request):
    """The context of the tab (dict), or None where nothing was ever asked for."""
    rows = Payment.objects.filter(enrollment__run=run).select_related("enrollment__learner", "enrollment__run")
    if not run.price and not rows.exists():
        return None
    page = Paginator(rows.order_by("due_at", "pk"), PER_PAGE).get_page(request.GET.get("p"))
    lines = []
    for row in page:
        row.words, row.asked, row.come = state(row), asked(row), come(row)
        lines.append((row, action_buttons(PAYMENT_ACTIONS, row, request.user, next_url=request.get_full_path())))
    totals = _totals(rows)
    return {"page": page, "rows": lines, "totals": totals, "list_url": f"{reverse('payment:index')}?run={run.pk}"}


def _totals(rows):
    """[(label, words)] of how many payments stand how, and what came."""
    at, counts, received, currency = timezone.now(), {}, {}, None
    for status, due_at, amount, currency in rows.values_list("status", "due_at", "received", "currency"):
        is_overdue = status == Payment.Status.UNPAID and at.replace(microsecond=0) > due_at
        label = _("Overdue") if is_overdue else Payment.Status(status).label
        counts[label] = counts.get(label, 0) + 1
        received[currency] = received.get(currency, 0) + amount
    return [
        *counts.items(),
        *((_("Received"), money.amount(amount, currency)) for currency, amount in received.items()),
    ]


registry.run_sections["payments"] = RunSection(
    gettext_lazy("Payments"),
    "courses/payments/admin/run_payments.html",
    payments_of,
    permission="courses.view_payment",
    is_shown=lambda run: bool(run.price),
)


def _event_lines(rows):
    lines = {}
    for event in rows.select_related("payment__enrollment__learner", "by"):
        amount = money.amount(event.amount, event.payment.currency) if event.amount else ""
        lines[event.pk] = TimelineLine(
            what=str(event.get_kind_display()),
            about=str(event.payment.enrollment.learner),
            change=", ".join(part for part in (amount, str(event.get_to_status_display())) if part),
            who=str(event.by or ""),
            why=_(event.reason) if event.reason else "",
        )
    return lines


registry.run_timeline["payments"] = TimelineSource(
    rows=lambda run: PaymentEvent.objects.filter(payment__enrollment__run=run),
    lines=_event_lines,
    permission="courses.view_payment",
)


@registry.add(registry.run_export_columns, "payments")
def export_columns(run, _user):
    """{key: ExportColumn} for a run that has a price; the column itself says who may choose it."""
    if not run.price:
        return {}

    def states(enrollments):
        rows = Payment.objects.filter(enrollment__in=[row.pk for row in enrollments])
        return {row.enrollment_id: str(state(row)) for row in rows}

    return {"payment": ExportColumn(_("Payment"), states, permission="courses.view_payment")}
