"""The register in the admin: a list to look at, and buttons that call the rules."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn

from academy.admin.actions import ActionView, ReasonForm
from academy.admin.viewsets import RecordInspectView, RecordViewSet
from courses.models import Course, CourseRun, Enrollment

from . import issue
from .models import Certificate

Status = Certificate.Status
ENDED = (Status.REVOKED, Status.REPLACED)


class CertificateAction(ActionView):
    model = Certificate
    permission = "certificates.change_certificate"
    form_class = ReasonForm

    def get_queryset(self):
        return Certificate.objects.select_related("holder")

    def get_return_url(self):
        return reverse("certificate_register:inspect", args=[self.object.pk])

    def get_page_subtitle(self):
        return f"{self.object.serial}, {self.object.holder_name}"


class Revoke(CertificateAction):
    slug = "revoke"
    label = gettext_lazy("Revoke")
    icon = "cross"
    is_serious = True

    @classmethod
    def is_offered(cls, certificate, user):
        return certificate.status not in ENDED

    def preview(self):
        return [
            _("The certificate is not valid any more, for ever; only a new version can be issued."),
            _("Its page says that it was revoked and when, not why."),
            _("The holder is told by e-mail, with the reason."),
        ]

    def perform(self, form):
        revoked = issue.revoke(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The certificate %(serial)s is revoked.") % {"serial": revoked.serial}


class Reissue(CertificateAction):
    slug = "reissue"
    label = gettext_lazy("Issue a new version")
    icon = "rotate"

    @classmethod
    def is_offered(cls, certificate, user):
        return certificate.status != Status.REPLACED

    def preview(self):
        return [
            _("A new certificate is made from today's name and facts, with a number of its own."),
            _("It says that it replaces %(serial)s, whose page leads to it.") % {"serial": self.object.serial},
            _("The holder is told by e-mail."),
        ]

    def perform(self, form):
        new = issue.reissue(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The certificate %(serial)s is issued.") % {"serial": new.serial}


class Keep(CertificateAction):
    slug = "keep"
    label = gettext_lazy("Leave as it is")
    icon = "check"

    @classmethod
    def is_offered(cls, certificate, user):
        return certificate.needs_review and certificate.status not in ENDED

    def preview(self):
        return [_("The attendance has changed since the certificate was issued. It stays valid as it is.")]

    def perform(self, form):
        issue.keep(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The certificate stays as it is.")


class Retry(ActionView):
    model = Certificate
    permission = "certificates.change_certificate"
    slug = "retry"
    label = gettext_lazy("Make the file again")
    icon = "rotate"

    @classmethod
    def is_offered(cls, certificate, user):
        return certificate.status == Status.FAILED

    def get_return_url(self):
        return reverse("certificate_register:inspect", args=[self.object.pk])

    def preview(self):
        return [_("It failed because: %(reason)s") % {"reason": self.object.failure}]

    def perform(self, form):
        issue.retry(self.object, by=self.request.user)
        return _("The file is being made.")


class IssueCertificate(ActionView):
    """For an enrollment that earned a certificate and has none: a name was corrected, or the run issues by hand."""

    model = Enrollment
    permission = "certificates.add_certificate"
    slug = "issue-certificate"
    label = gettext_lazy("Issue the certificate")

    def get_queryset(self):
        return Enrollment.objects.select_related("learner", "run__course")

    def get_page_subtitle(self):
        return f"{self.object.learner}, {self.object.run.code}"

    def get_return_url(self):
        return reverse("certificate_register:index")

    def preview(self):
        return [
            _("Name on the certificate: %(name)s.") % {"name": self.object.learner.name},
            _("Course: %(course)s.") % {"course": self.object.run.course},
            _("The holder is told by e-mail when the file is ready."),
        ]

    def perform(self, form):
        certificate = issue.issue(self.object, by=self.request.user)
        return _("The certificate %(serial)s is issued.") % {"serial": certificate.serial}


class IssueForRun(ActionView):
    """For a closed run: everybody who met the conditions and has no certificate, in one go."""

    model = CourseRun
    permission = "certificates.add_certificate"
    slug = "issue-certificates"
    label = gettext_lazy("Issue certificates")
    icon = "doc-full"

    @classmethod
    def is_offered(cls, run, user):
        return run.status == CourseRun.Status.CLOSED and run.course.certificate_kind != Course.CertificateKind.NONE

    def get_queryset(self):
        return CourseRun.objects.select_related("course")

    def people(self):
        return issue.without_certificate().filter(run=self.object).order_by("learner__name", "pk")

    def preview(self):
        names = [str(enrollment.learner) for enrollment in self.people()]
        if not names:
            return [_("Everybody who met the conditions has a certificate; there is nothing to issue.")]
        return [
            ngettext(
                "%(count)s person met the conditions and has no certificate: %(names)s.",
                "%(count)s people met the conditions and have no certificate: %(names)s.",
                len(names),
            )
            % {"count": len(names), "names": ", ".join(names)},
            _("Each gets theirs, and is told by e-mail when the file is ready."),
        ]

    def perform(self, form):
        results = issue.issue_all(self.people(), by=self.request.user)
        for enrollment, _certificate, refusal in results:
            if refusal:
                messages.error(self.request, f"{enrollment.learner}: {refusal}")
        issued = sum(certificate is not None for _row, certificate, _refusal in results)
        return ngettext("%(count)s certificate is issued.", "%(count)s certificates are issued.", issued) % {
            "count": issued
        }


CERTIFICATE_ACTIONS = [Keep, Retry, Reissue, Revoke]
ACTIONS = [*CERTIFICATE_ACTIONS, IssueCertificate, IssueForRun]


class CertificateFilterSet(WagtailFilterSet):
    class Meta:
        model = Certificate
        fields = ["status", "kind", "needs_review", "enrollment__run"]


class CertificateInspectView(RecordInspectView):
    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, events=self.object.events.select_related("by"))

    def get_page_subtitle(self):
        return f"{self.object.serial}, {self.object.holder_name}"


class CertificateViewSet(RecordViewSet):
    model = Certificate
    name = "certificate_register"
    icon = "doc-full"
    menu_label = gettext_lazy("Certificates")
    menu_order = 130
    add_to_admin_menu = True
    actions = CERTIFICATE_ACTIONS
    inspect_view_class = CertificateInspectView
    inspect_template_name = "certificates/admin/certificate.html"
    filterset_class = CertificateFilterSet
    list_display = [
        "serial",
        "holder_name",
        Column("course", label=gettext_lazy("Course"), accessor="title"),
        "kind",
        StatusTagColumn(
            "status",
            label=gettext_lazy("Status"),
            accessor="get_status_display",
            primary=lambda row: row.status == Status.READY,
            sort_key="status",
        ),
        "needs_review",
        "issued_on",
    ]
    ordering = ["-issued_at", "-pk"]
    search_fields = ["serial", "holder_name", "holder__email", "enrollment__run__code"]
    list_export = [
        "serial",
        "holder_name",
        "title",
        "snapshot.run.code",
        "get_kind_display",
        "get_status_display",
        "version",
        "snapshot.replaces",
        "issued_on",
        "revoked_at",
        "revocation_reason",
        "snapshot_sha256",
    ]
    export_headings = {
        "title": gettext_lazy("Course"),
        "snapshot.run.code": gettext_lazy("Run"),
        "get_kind_display": gettext_lazy("Kind"),
        "get_status_display": gettext_lazy("Status"),
        "snapshot.replaces": gettext_lazy("Replaces"),
        "snapshot_sha256": gettext_lazy("Hash of the frozen facts"),
    }
    export_filename = "certificates"
    inspect_view_fields = [
        "serial",
        "holder_name",
        "holder",
        "kind",
        "status",
        "version",
        "replaces",
        "issued_on",
        "issued_by",
        "needs_review",
        "failure",
        "revoked_at",
        "revoked_by",
        "revocation_reason",
        "snapshot_sha256",
    ]
