"""What is taught: courses with their outcomes and rule, curricula, segments, venues, funders."""

from django.conf import settings
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel

from academy.users.models import validate_time_zone

CODE_VALIDATOR = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9-]*$", _("Use letters, digits and hyphens only."))


class Mode(models.TextChoices):
    ONSITE = "onsite", _("On site")
    ONLINE = "online", _("Online")
    HYBRID = "hybrid", _("Hybrid")


class Level(models.TextChoices):
    BEGINNER = "beginner", _("Starting out")
    INTERMEDIATE = "intermediate", _("Practising")
    ALL = "all", _("For everyone")


class Segment(models.Model):
    """A part of the trade: what a course is about and what a mentor knows."""

    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0, validators=[MaxValueValidator(10_000)])

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["sort_order", "slug"]

    def __str__(self):
        return self.name or self.slug


class Venue(models.Model):
    """A place where sessions happen."""

    name = models.CharField(_("name"), max_length=150)
    address = models.CharField(_("street and number"), max_length=200, blank=True)
    city = models.CharField(_("town"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CZ", help_text=_("Two letters, such as CZ."))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    directions = models.TextField(
        _("how to get there"), blank=True, help_text=_("Transport, entrance, step-free access.")
    )

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ["city", "pk"]

    def __str__(self):
        return self.name


class Funder(models.Model):
    """Who pays for courses and is named on pages, sheets and certificates."""

    class Kind(models.TextChoices):
        PUBLIC_FUND = "public_fund", _("public fund")
        INTERNATIONAL_PROGRAMME = "international_programme", _("international programme")
        PRIVATE_FOUNDATION = "private_foundation", _("private foundation")
        COMPANY = "company", _("company")

    slug = models.SlugField(_("address"), unique=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    name = models.CharField(_("name"), max_length=150)
    summary = models.TextField(_("summary"), blank=True)
    acknowledgement = models.CharField(
        _("acknowledgement"), max_length=250, blank=True, help_text=_("Printed on pages, sheets and certificates.")
    )
    grant_number = models.CharField(_("grant number"), max_length=60, blank=True)
    website = models.URLField(_("website"), blank=True)
    logo = models.ForeignKey(
        "wagtailimages.Image", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    retention_years = models.PositiveSmallIntegerField(
        _("years evidence is kept"),
        default=10,
        validators=[MaxValueValidator(100)],
        help_text=_("Counted from the end of the run."),
    )

    class Meta:
        verbose_name = _("funder")
        verbose_name_plural = _("funders")
        ordering = ["slug"]

    def __str__(self):
        return self.name or self.slug


class Course(ClusterableModel):
    """What is taught. Its public face is a page per language that points here."""

    class Format(models.TextChoices):
        WORKSHOP = "workshop", _("One-day workshop")
        WEBINAR = "webinar", _("Webinar")
        SERIES = "series", _("Series of sessions")
        PROGRAMME = "programme", _("Multi-module programme")
        DELEGATION = "delegation", _("Delegation with preparation")

    class CertificateKind(models.TextChoices):
        NONE = "none", _("No certificate")
        ATTENDANCE = "attendance", _("Confirmation of attendance")
        COMPLETION = "completion", _("Certificate of completion")

    code = models.CharField(_("code"), max_length=60, unique=True, validators=[CODE_VALIDATOR])
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    for_whom = models.CharField(_("for whom"), max_length=300, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=Format, default=Format.WORKSHOP)
    level = models.CharField(_("level"), max_length=20, choices=Level, default=Level.ALL)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.ONSITE)
    language = models.CharField(
        _("taught in"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    hours = models.DecimalField(
        _("workload"), max_digits=6, decimal_places=1, help_text=_("Hours of 60 minutes, breaks excluded.")
    )
    segments = ParentalManyToManyField(Segment, verbose_name=_("segments"), related_name="courses", blank=True)
    prerequisites = ParentalManyToManyField(
        "self",
        symmetrical=False,
        related_name="required_by",
        blank=True,
        verbose_name=_("completed first"),
        help_text=_("Courses that a person has completed before they enroll; the office may make an exception."),
    )
    certificate_kind = models.CharField(
        _("certificate"), max_length=12, choices=CertificateKind, default=CertificateKind.ATTENDANCE
    )
    min_attendance_percent = models.PositiveSmallIntegerField(
        _("minimum attendance"),
        default=80,
        validators=[MaxValueValidator(100)],
        help_text=_("Per cent of the minutes of all sessions that were not cancelled."),
    )
    all_required_sessions = models.BooleanField(
        _("every required session"), default=False, help_text=_("Sessions marked as required must all be attended.")
    )
    excused_counts = models.BooleanField(
        _("excused counts as present"), default=False, help_text=_("Shown to participants on their page.")
    )
    has_final_task = models.BooleanField(_("final task"), default=False)

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(min_attendance_percent__lte=100),
                name="course_min_attendance_at_most_100",
                violation_error_message=_("Minimum attendance is at most 100 per cent."),
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0),
                name="course_hours_positive",
                violation_error_message=_("Workload is more than zero hours."),
            ),
        ]

    def __str__(self):
        return self.title or self.code


class LearningOutcome(models.Model):
    """One sentence that says what a learner can do afterwards."""

    course = ParentalKey(Course, on_delete=models.CASCADE, related_name="outcomes")
    text = models.CharField(_("outcome"), max_length=300)
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("learning outcome")
        verbose_name_plural = _("learning outcomes")
        ordering = ["sort_order", "pk"]

    def __str__(self):
        return self.text


class Curriculum(ClusterableModel):
    """A path through several courses."""

    slug = models.SlugField(_("address"), unique=True)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=400, blank=True)
    optional_at_least = models.PositiveSmallIntegerField(
        _("optional courses needed"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("How many optional courses complete the path."),
    )

    class Meta:
        verbose_name = _("curriculum")
        verbose_name_plural = _("curricula")
        ordering = ["slug"]

    def __str__(self):
        return self.title or self.slug


class CurriculumOutcome(models.Model):
    """One sentence that says what the whole path leads to."""

    curriculum = ParentalKey(Curriculum, on_delete=models.CASCADE, related_name="outcomes")
    text = models.CharField(_("outcome"), max_length=300)
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("learning outcome")
        verbose_name_plural = _("learning outcomes")
        ordering = ["sort_order", "pk"]

    def __str__(self):
        return self.text


class CurriculumStep(models.Model):
    """A course on a path, required or optional."""

    curriculum = ParentalKey(Curriculum, on_delete=models.CASCADE, related_name="steps")
    course = models.ForeignKey(Course, models.PROTECT, related_name="curriculum_steps", verbose_name=_("course"))
    is_required = models.BooleanField(_("required"), default=True)
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["sort_order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["curriculum", "course"],
                name="curriculum_step_once",
                violation_error_message=_("This course is already a step of the path."),
            )
        ]

    def __str__(self):
        return f"{self.curriculum_id}: {self.course_id}"


class CurriculumCompletionQuerySet(models.QuerySet):
    def standing(self):
        """Completed paths that no correction has undone."""
        return self.filter(undone_at=None)


class CurriculumCompletion(models.Model):
    """A learner has completed a path; written by the completion rule, once.

    A correction that takes away a course the path needs undoes it. The row stays,
    for a certificate may name it as its source.
    """

    curriculum = models.ForeignKey(Curriculum, models.PROTECT, related_name="completions")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="curriculum_completions")
    completed_at = models.DateTimeField(_("completed"), default=timezone.now, editable=False)
    undone_at = models.DateTimeField(
        _("undone"), null=True, blank=True, editable=False, help_text=_("When a correction took a needed course away.")
    )

    objects = CurriculumCompletionQuerySet.as_manager()

    class Meta:
        verbose_name = _("completed curriculum")
        verbose_name_plural = _("completed curricula")
        constraints = [models.UniqueConstraint(fields=["curriculum", "learner"], name="curriculum_completed_once")]

    def __str__(self):
        return f"{self.curriculum_id}: {self.learner_id}"
