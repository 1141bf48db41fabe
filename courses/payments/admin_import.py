"""Importing a bank statement in the admin: upload, name the columns where need be, review, apply."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from academy import money
from academy.admin.viewsets import MomentColumn, RecordIndexView, RecordInspectView, RecordViewSet
from academy.errors import RuleError
from courses.models import BankStatement

from . import importing
from .forms import ColumnsForm, ReviewForm, UploadForm

PERMISSION = "courses.change_payment"
EXAMPLES = 5


class ImportView(WagtailAdminTemplateMixin, FormView):
    """What the three pages share: who may, and that a refusal is shown above the form with everything kept."""

    header_icon = "download"
    statuses = ()

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        if "pk" in kwargs:
            self.object = get_object_or_404(BankStatement, pk=kwargs["pk"])
            if self.object.status not in self.statuses:
                return redirect(address_of(self.object))
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("bankstatement:index"), "label": _("Bank statements")},
            {"url": "", "label": self.get_page_title()},
        ]

    def refused(self, form, error):
        form.add_error(None, error.sentence)
        return self.form_invalid(form)


class UploadView(ImportView):
    page_title = gettext_lazy("Import a bank statement")
    form_class = UploadForm
    template_name = "courses/payments/admin/upload.html"

    def form_valid(self, form):
        file = form.cleaned_data["file"]
        try:
            if file.size > importing.LARGEST_FILE:
                raise importing.TooLarge
            statement = importing.upload(file.read(), name=file.name, by=self.request.user)
        except RuleError as error:
            form.add_error("file", error.sentence)
            return self.form_invalid(form)
        return redirect(address_of(statement))


class ColumnsView(ImportView):
    page_title = gettext_lazy("Which column is which")
    form_class = ColumnsForm
    template_name = "courses/payments/admin/columns.html"
    statuses = (BankStatement.Status.COLUMNS,)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "titles": self.object.lines["titles"]}

    def form_valid(self, form):
        try:
            statement = importing.name_columns(self.object, form.cleaned_data)
        except RuleError as error:
            return self.refused(form, error)
        return redirect(address_of(statement))

    def get_context_data(self, **kwargs):
        table = self.object.lines
        return super().get_context_data(
            **kwargs,
            statement=self.object,
            titles=table["titles"],
            rows=[cells for _number, cells in table["rows"][:EXAMPLES]],
        )


class ReviewView(ImportView):
    page_title = gettext_lazy("Review a bank statement")
    template_name = "courses/payments/admin/review.html"
    statuses = (BankStatement.Status.REVIEW,)

    def get_form(self, form_class=None):
        groups = importing.review(self.object)
        for group in groups:
            for proposal in group.proposals:
                proposal.amount = money.amount(proposal.line.amount, proposal.line.currency)
                payment = proposal.payment
                proposal.asked = (
                    money.amount(payment.outstanding or payment.amount, payment.currency) if payment else ""
                )
        return ReviewForm(self.request.POST if self.request.method == "POST" else None, groups=groups)

    def form_valid(self, form):
        try:
            done = importing.apply(
                self.object,
                form.cleaned_data["numbers"],
                assigned=form.cleaned_data["assigned"],
                by=self.request.user,
            )
        except RuleError as error:
            return self.refused(form, error)
        words = ngettext("%(count)s transfer is counted.", "%(count)s transfers are counted.", done.counted)
        messages.success(self.request, words % {"count": done.counted})
        if done.before:
            words = ngettext(
                "%(count)s transfer was counted before.", "%(count)s transfers were counted before.", done.before
            )
            messages.warning(self.request, words % {"count": done.before})
        return redirect("bankstatement:index")

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            statement=self.object,
            discard_url=reverse("payments_discard", args=[self.object.pk]),
        )


class DiscardView(ImportView):
    page_title = gettext_lazy("Throw the file away")
    form_class = forms.Form
    template_name = "courses/payments/admin/discard.html"
    statuses = (BankStatement.Status.COLUMNS, BankStatement.Status.REVIEW)

    def form_valid(self, form):
        importing.discard(self.object)
        messages.success(self.request, _("The file is thrown away; nothing was counted."))
        return redirect("bankstatement:index")

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, statement=self.object, return_url=address_of(self.object))


def address_of(statement):
    """Where the work on a statement goes on (str)."""
    name = {
        BankStatement.Status.COLUMNS: "payments_columns",
        BankStatement.Status.REVIEW: "payments_review",
        BankStatement.Status.APPLIED: "bankstatement:inspect",
    }[statement.status]
    return reverse(name, args=[statement.pk])


def routes():
    """The addresses of this module, for the hook register_admin_urls."""
    return [
        path("bank-statements/import/", UploadView.as_view(), name="payments_upload"),
        path("bank-statements/<int:pk>/columns/", ColumnsView.as_view(), name="payments_columns"),
        path("bank-statements/<int:pk>/review/", ReviewView.as_view(), name="payments_review"),
        path("bank-statements/<int:pk>/discard/", DiscardView.as_view(), name="payments_discard"),
    ]


class StatementIndexView(RecordIndexView):
    def get_list_buttons(self, instance):
        return []

    @property
    def header_buttons(self):
        if not self.request.user.has_perm(PERMISSION):
            return super().header_buttons
        button = HeaderButton(_("Import a bank statement"), url=reverse("payments_upload"), icon_name="download")
        return [button, *super().header_buttons]

    def _get_title_column_class(self, column_class):
        titled = super()._get_title_column_class(column_class)
        return type("StatementColumn", (titled,), {"get_link_url": lambda column, row, context: address_of(row)})


class StatementInspectView(RecordInspectView):
    def get_context_data(self, **kwargs):
        rows = self.object.counted.select_related("payment__enrollment__learner", "payment__enrollment__run")
        lines = list(rows.order_by("number"))
        for line in lines:
            line.words = money.amount(line.amount, line.payment.currency)
        return super().get_context_data(**kwargs, lines=lines)


class StatementViewSet(RecordViewSet):
    model = BankStatement
    icon = "download"
    menu_label = gettext_lazy("Bank statements")
    index_view_class = StatementIndexView
    inspect_view_class = StatementInspectView
    inspect_template_name = "courses/payments/admin/statement.html"
    list_display = [
        "name",
        Column("status", label=gettext_lazy("Status"), accessor="get_status_display", sort_key="status"),
        Column("lines", label=gettext_lazy("Transfers counted"), accessor="n_counted", sort_key="n_counted"),
        "uploaded_by",
        MomentColumn("uploaded_at", label=gettext_lazy("Uploaded"), sort_key="uploaded_at"),
    ]
    ordering = ["-uploaded_at", "-pk"]
    search_fields = ["name"]
    list_export = ["name", "get_status_display", "n_counted", "uploaded_at", "applied_at"]
    export_headings = {
        "get_status_display": gettext_lazy("Status"),
        "n_counted": gettext_lazy("Transfers counted"),
    }
    export_filename = "bank-statements"
    inspect_view_fields = ["name", "status", "uploaded_at", "uploaded_by", "applied_at", "applied_by"]

    def get_index_view_kwargs(self, **kwargs):
        rows = BankStatement.objects.defer("lines").select_related("uploaded_by").annotate(n_counted=Count("counted"))
        return super().get_index_view_kwargs(queryset=rows, **kwargs)
