"""Certificates: frozen facts, the files made of them, and a counter of serial numbers."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CurriculumCompletion, Enrollment

RENDERED_WITHIN = timedelta(minutes=2)


class CertificateQuerySet(models.QuerySet):
    def live(self):
        """Certificates that are neither revoked nor replaced."""
        return self.exclude(status__in=[Certificate.Status.REVOKED, Certificate.Status.REPLACED])

    def for_holder(self, user):
        """What a person sees of their own: issued, revoked and replaced ones, and those being prepared; newest first.

        The successor's token and the PDFs come along without a query per row.
        """
        return (
            self.filter(holder=user)
            .exclude(status=Certificate.Status.FAILED)
            .select_related("replaced_by")
            .prefetch_related("files")
        )

    def overdue(self, at):
        """Certificates that should have their file by `at` (datetime) and have not: a doorbell was lost."""
        return self.filter(status=Certificate.Status.PENDING, issued_at__lte=at - RENDERED_WITHIN)


class Certificate(models.Model):
    """One issued certificate. What was issued never changes: the database refuses to update the frozen columns.

    The source is an enrollment or a completed curriculum, exactly one of them.
    """

    class Kind(models.TextChoices):
        ATTENDANCE = "attendance", _("Confirmation of attendance")
        COMPLETION = "completion", _("Certificate of completion")
        CURRICULUM = "curriculum", _("Certificate of a completed learning path")

    class Status(models.TextChoices):
        PENDING = "pending", _("Being prepared")
        READY = "ready", _("Issued")
        FAILED = "failed", _("Failed")
        REVOKED = "revoked", _("Revoked")
        REPLACED = "replaced", _("Replaced by a newer one")

    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    enrollment = models.ForeignKey(
        Enrollment, models.PROTECT, null=True, blank=True, related_name="certificates", editable=False
    )
    curriculum_completion = models.ForeignKey(
        CurriculumCompletion, models.PROTECT, null=True, blank=True, related_name="certificates", editable=False
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="certificates",
        editable=False,
        verbose_name=_("holder"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, editable=False)
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", editable=False
    )
    serial = models.CharField(_("serial number"), max_length=40, unique=True, editable=False)
    token = models.CharField(max_length=32, unique=True, editable=False)
    holder_name = models.CharField(_("name as printed"), max_length=150, editable=False)
    issued_on = models.DateField(_("date of issue"), editable=False, help_text=_("In the issuer's time zone."))
    snapshot = models.JSONField(_("frozen facts"), editable=False)
    snapshot_sha256 = models.CharField(max_length=64, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING, editable=False)
    failure = models.CharField(_("why it failed"), max_length=300, blank=True, editable=False)
    needs_review = models.BooleanField(_("to be reviewed"), default=False, editable=False)
    issued_at = models.DateTimeField(_("issued"), default=timezone.now, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    revocation_reason = models.CharField(_("reason of revocation"), max_length=300, blank=True, editable=False)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(enrollment__isnull=False, curriculum_completion__isnull=True)
                | Q(enrollment__isnull=True, curriculum_completion__isnull=False),
                name="certificate_has_one_source",
            ),
            models.UniqueConstraint(
                fields=["enrollment", "kind"],
                name="certificate_live_once_per_enrollment",
                condition=Q(enrollment__isnull=False) & ~Q(status__in=["revoked", "replaced"]),
            ),
            models.UniqueConstraint(
                fields=["curriculum_completion", "kind"],
                name="certificate_live_once_per_curriculum",
                condition=Q(curriculum_completion__isnull=False) & ~Q(status__in=["revoked", "replaced"]),
            ),
            models.UniqueConstraint(
                fields=["enrollment", "kind", "version"],
                name="certificate_version_once_per_enrollment",
                condition=Q(enrollment__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["curriculum_completion", "kind", "version"],
                name="certificate_version_once_per_curriculum",
                condition=Q(curriculum_completion__isnull=False),
            ),
            models.CheckConstraint(
                condition=(Q(version=1) & Q(replaces__isnull=True)) | (Q(version__gt=1) & Q(replaces__isnull=False)),
                name="certificate_reissue_names_what_it_replaces",
            ),
            models.CheckConstraint(
                condition=~Q(status="revoked") | (Q(revoked_at__isnull=False) & ~Q(revocation_reason="")),
                name="certificate_revoked_has_time_and_reason",
            ),
        ]

    def __str__(self):
        return self.serial

    def get_absolute_url(self):
        """The address at which anybody can verify it; the same in every language."""
        return reverse("certificates:certificate", args=[self.token])

    @property
    def title(self):
        """Title of the course or path as frozen, in the language of the certificate."""
        return self.snapshot["subject"]["title"][self.snapshot["language"]]


class CertificateEvent(models.Model):
    """What happened to a certificate: when, by whom, why. Append-only."""

    class What(models.TextChoices):
        ISSUED = "issued", _("Issued")
        RENDERED = "rendered", _("File made")
        FAILED = "failed", _("File could not be made")
        FLAGGED = "flagged", _("To be reviewed")
        REVIEWED = "reviewed", _("Reviewed")
        REVOKED = "revoked", _("Revoked")
        REPLACED = "replaced", _("Replaced by a newer one")

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="events")
    what = models.CharField(_("what"), max_length=10, choices=What)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("event of a certificate")
        verbose_name_plural = _("events of certificates")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.certificate_id}: {self.what}"


class CertificateFile(models.Model):
    """A file made of a certificate. Rows are never deleted: every file ever delivered stays checkable by hash."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="files")
    format = models.CharField(max_length=8, choices=[("pdf", "PDF")])
    file = models.FileField()
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(help_text=_("Bytes."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("certificate file")
        verbose_name_plural = _("certificate files")
        constraints = [
            models.UniqueConstraint(fields=["certificate", "format", "sha256"], name="certificate_file_once")
        ]

    def __str__(self):
        return f"{self.certificate_id}.{self.format}"


class SerialCounter(models.Model):
    """The last serial number given in a year; locked while the next one is taken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("serial counter")
        verbose_name_plural = _("serial counters")

    def __str__(self):
        return f"{self.year}: {self.last}"
