"""Certificates: frozen facts, the files made of them, and a counter of serial numbers."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CurriculumCompletion, Enrollment


class CertificateQuerySet(models.QuerySet):
    def live(self):
        """Certificates that are neither revoked nor replaced."""
        return self.exclude(status__in=[Certificate.Status.REVOKED, Certificate.Status.REPLACED])


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


class CertificateFile(models.Model):
    """A file made of a certificate. Rows are never deleted: every file ever delivered stays checkable by hash."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="files")
    format = models.CharField(max_length=8, choices=[("pdf", "PDF")])
    file = models.FileField(upload_to="certificates/")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text=_("Bytes."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("certificate file")
        verbose_name_plural = _("certificate files")
        constraints = [models.UniqueConstraint(fields=["certificate", "format"], name="certificate_file_once")]

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
