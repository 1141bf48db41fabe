"""The facts of coming in: codes of invitation and their uses, quotas of seats, what was true of whoever came."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey

from academy.users.models import Organisation
from courses.models.catalogue import Level, Segment
from courses.models.delivery import CourseRun
from courses.models.participation import Enrollment

# What somebody can be at the beginning; "for everyone" is something only a course can be.
EXPERIENCE = [(level.value, level.label) for level in (Level.BEGINNER, Level.INTERMEDIATE)]


class InvitationQuerySet(models.QuerySet):
    def with_uses(self):
        """Annotate used (int): how many times the code has let somebody in."""
        return self.annotate(used=Count("uses"))


class Invitation(models.Model):
    """A code that lets people into a run by invitation: one person by their address, or so many who know it.

    Of the code only a keyed hash is kept and its last letters, by which the office tells codes apart.
    """

    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="invitations", verbose_name=_("run"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    ending = models.CharField(_("code ends with"), max_length=3)
    email = models.EmailField(_("e-mail address"), blank=True, help_text=_("Empty for a shared code."))
    uses_allowed = models.PositiveIntegerField(_("how many times"), default=1, validators=[MinValueValidator(1)])
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=150, blank=True, help_text=_("For whom; only the office sees it."))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email="") | Q(uses_allowed=1), name="invitation_of_one_address_is_used_once"
            ),
            models.CheckConstraint(condition=Q(uses_allowed__gte=1), name="invitation_has_a_use"),
        ]

    def __str__(self):
        return f"…{self.ending}"


class InvitationUse(models.Model):
    """A code let somebody in: the first, the second, … time. Append-only."""

    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="uses")
    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="invitation_use")
    number = models.PositiveIntegerField(_("which time"))
    used_at = models.DateTimeField(_("used"), default=timezone.now)

    class Meta:
        verbose_name = _("use of an invitation")
        verbose_name_plural = _("uses of invitations")
        constraints = [models.UniqueConstraint(fields=["invitation", "number"], name="invitation_use_number_once")]

    def __str__(self):
        return f"{self.invitation_id}: {self.enrollment_id}"


class SeatQuota(models.Model):
    """Part of a run's seats under a rule of its own: kept for a group, or no more than so many of it."""

    class Kind(models.TextChoices):
        AT_LEAST = "at_least", _("At least so many for a group")
        AT_MOST = "at_most", _("At most so many from a group")
        PER_ORGANISATION = "per_organisation", _("At most so many from one organisation")

    run = ParentalKey(CourseRun, on_delete=models.CASCADE, related_name="quotas", verbose_name=_("run"))
    kind = models.CharField(_("rule"), max_length=20, choices=Kind)
    seats = models.PositiveSmallIntegerField(_("seats"), validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    level = models.CharField(_("experience"), max_length=20, choices=EXPERIENCE, blank=True)
    segment = models.ForeignKey(
        Segment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment")
    )
    kept_until = models.DateTimeField(
        _("kept until"),
        null=True,
        blank=True,
        help_text=_("Then seats that the group has not taken are free for everybody. Empty means until the start."),
    )
    # From when the rule has stood as it is: whoever came earlier breaks nothing.
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("quota of seats")
        verbose_name_plural = _("quotas of seats")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(seats__gte=1), name="quota_has_a_seat"),
            models.CheckConstraint(
                condition=(
                    Q(kind="per_organisation", level="", segment__isnull=True)
                    | (~Q(kind="per_organisation") & (~Q(level="") | Q(segment__isnull=False)))
                ),
                name="quota_names_its_group",
            ),
            models.CheckConstraint(condition=Q(kind="at_least") | Q(kept_until__isnull=True), name="quota_kept_seats"),
        ]

    def __str__(self):
        return f"{self.run_id}: {self.kind} {self.seats}"

    def clean(self):
        named = bool(self.level or self.segment_id)
        if self.kind == self.Kind.PER_ORGANISATION and named:
            raise ValidationError(
                {"kind": _("A rule for every organisation names no group: leave experience and segment empty.")}
            )
        if self.kind in (self.Kind.AT_LEAST, self.Kind.AT_MOST) and not named:
            raise ValidationError({"level": _("Choose the experience or the segment that makes the group.")})
        if self.kept_until and self.kind != self.Kind.AT_LEAST:
            raise ValidationError({"kept_until": _("Only seats kept for a group are kept until a time.")})


class Admission(models.Model):
    """What was true of a person when they came into a run, and why a condition was waived for them.

    There is a row only where the run asked or where there is something to say.
    """

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="admission")
    level = models.CharField(_("experience"), max_length=20, choices=EXPERIENCE, blank=True)
    segment = models.ForeignKey(
        Segment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisation")
    )
    waiver_reason = models.CharField(_("reason for an exception"), max_length=300, blank=True)
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("circumstances of an enrollment")
        verbose_name_plural = _("circumstances of enrollments")

    def __str__(self):
        return f"{self.enrollment_id}: {self.level} {self.segment_id} {self.organisation_id}"
