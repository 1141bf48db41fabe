"""When it is taught: dated runs and their sessions."""

import uuid
import zoneinfo
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Count, Exists, F, IntegerField, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel

from academy import registry
from academy.users.models import Profile, validate_time_zone
from courses import reminder_times

from .catalogue import CODE_VALIDATOR, Course, Funder, Mode, Segment, Venue

# Upper bounds of what is typed: far above any use, and still something that can be reckoned with.
MOST_PEOPLE = 100_000
MOST_PRICE = 10_000_000
MOST_HOURS = 365 * 24
MOST_DAYS = 365
MINUTES_OF_A_DAY = 24 * 60


class CourseRunQuerySet(models.QuerySet):
    def published(self):
        return self.filter(status=CourseRun.Status.PUBLISHED)

    def public(self):
        """Runs that visitors may see: published or closed, of a course with a live page in some language."""
        return self.known().filter(status__in=[CourseRun.Status.PUBLISHED, CourseRun.Status.CLOSED])

    def known(self):
        """Runs whose address answers: the public ones, and cancelled ones, which say that they are."""
        runs = self.exclude(status=CourseRun.Status.DRAFT)
        for course_ids in registry.public_course_ids.values():
            runs = runs.filter(course__in=course_ids())
        return runs

    def with_dates(self):
        """Annotate first_starts_at and last_ends_at (UTC datetimes or None) over sessions not cancelled."""
        planned = Q(sessions__status=WorkshopSession.Status.PLANNED)
        return self.annotate(
            first_starts_at=Min("sessions__starts_at", filter=planned),
            last_ends_at=Max("sessions__ends_at", filter=planned),
        )

    def with_conditions(self):
        """Annotate has_quotas, has_audience and has_prerequisites (bool): what else there is to ask about the run."""
        from courses.entry.models import SeatQuota  # noqa: PLC0415  entry builds on delivery

        return self.annotate(
            has_quotas=Exists(SeatQuota.objects.filter(run=OuterRef("pk"))),
            has_audience=Exists(CourseRun.audience.through.objects.filter(courserun=OuterRef("pk"))),
            has_prerequisites=Exists(Course.prerequisites.through.objects.filter(from_course=OuterRef("course"))),
        )

    def with_seats(self, at=None):
        """Annotate seats_taken and people_waiting (int) as they stand at `at`.

        An offer that has expired holds no seat, whether or not anything noticed it.
        """
        from .participation import Enrollment  # noqa: PLC0415  participation builds on delivery

        def count(enrollments):
            per_run = enrollments.filter(run=OuterRef("pk")).order_by().values("run").annotate(n=Count("pk"))
            return Coalesce(Subquery(per_run.values("n"), output_field=IntegerField()), 0)

        return self.annotate(
            seats_taken=count(Enrollment.objects.holding_seat(at)),
            people_waiting=count(Enrollment.objects.waiting(at)),
        )


class CourseRun(ClusterableModel):
    """One dated delivery of a course. Enrollments hang here, never on a page.

    Only the explicit status is stored; open, full, running and finished follow
    from dates and rows.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    class Entry(models.TextChoices):
        OPEN = "open", _("Open to everyone")
        APPROVAL = "approval", _("Places confirmed by the office")
        CALL = "call", _("Open call")
        INVITATION = "invitation", _("By invitation")

    class Promotion(models.TextChoices):
        AUTOMATIC = "automatic", _("The next person gets the place at once")
        OFFER = "offer", _("The next person gets an offer with a deadline")

    course = models.ForeignKey(Course, models.PROTECT, related_name="runs", verbose_name=_("course"))
    code = models.CharField(
        _("code"), max_length=30, unique=True, validators=[CODE_VALIDATOR], help_text=_("Such as KM-2.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    entry = models.CharField(_("way in"), max_length=10, choices=Entry, default=Entry.OPEN)
    language = models.CharField(
        _("taught in"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.ONSITE)
    venue = models.ForeignKey(
        Venue, models.PROTECT, null=True, blank=True, related_name="runs", verbose_name=_("venue")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    capacity = models.PositiveIntegerField(
        _("capacity"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_PEOPLE)],
        help_text=_("Empty means unlimited, 0 means closed."),
    )
    minimum = models.PositiveIntegerField(
        _("minimum number of people"), default=0, validators=[MaxValueValidator(MOST_PEOPLE)]
    )
    decide_at = models.DateTimeField(
        _("decided by"),
        null=True,
        blank=True,
        help_text=_("By when you decide whether the run takes place, if too few people are enrolled."),
    )
    goes_ahead_at = models.DateTimeField(_("takes place for certain since"), null=True, blank=True, editable=False)
    audience = ParentalManyToManyField(
        Segment,
        related_name="runs_meant_for",
        blank=True,
        verbose_name=_("meant for"),
        help_text=_("People say which of these they are when they enroll. Nothing ticked means everybody."),
    )
    price = models.PositiveIntegerField(
        _("price"),
        default=0,
        validators=[MaxValueValidator(MOST_PRICE)],
        help_text=_("In whole units of the site's currency; 0 means free."),
    )
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"),
        default=14,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text=_("After the place is confirmed, to the end of the day; never after the start."),
    )
    payment_reminder_days = models.PositiveSmallIntegerField(
        _("payment reminder (days before)"),
        default=3,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text=_("0 means no reminder."),
    )
    unpaid_lapses = models.BooleanField(
        _("an unpaid place lapses"),
        default=False,
        help_text=_(
            "After the due day a warning is sent that names a time; whoever has not paid by then loses the place."
        ),
    )
    lapse_hours = models.PositiveSmallIntegerField(
        _("from the warning until the place lapses (hours)"), default=72, validators=[MaxValueValidator(MOST_HOURS)]
    )
    opens_at = models.DateTimeField(_("enrollment opens"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("enrollment closes"), null=True, blank=True, help_text=_("Empty means when the first session starts.")
    )
    cancel_until = models.DateTimeField(
        _("cancel in time until"), null=True, blank=True, help_text=_("Later cancellation is possible but recorded.")
    )
    max_moves = models.PositiveSmallIntegerField(
        _("how often a person may change runs"),
        default=2,
        validators=[MaxValueValidator(100)],
        help_text=_("Until the deadline for cancelling in time, to another run of the same course. 0 means never."),
    )
    promotion = models.CharField(_("waiting list"), max_length=10, choices=Promotion, default=Promotion.AUTOMATIC)
    offer_hours = models.PositiveSmallIntegerField(
        _("offer is valid for (hours)"), default=48, validators=[MaxValueValidator(MOST_HOURS)]
    )
    freeze_hours = models.PositiveSmallIntegerField(
        _("no promotion before the start (hours)"),
        default=0,
        validators=[MaxValueValidator(MOST_HOURS)],
        help_text=_("In the last hours before the first session nobody is moved up by itself."),
    )
    reminders = models.CharField(
        _("reminders"),
        max_length=100,
        blank=True,
        default=reminder_times.DEFAULT,
        validators=[reminder_times.validate],
        help_text=_(
            "How long before each session, such as 7 d, 1 d, 3 h. A day before means at the same time on the clocks "
            "of the session's time zone, also over a change to summer time; hours are elapsed hours. "
            "Empty means no reminders."
        ),
    )
    reply_to = models.EmailField(
        _("answers to mails go to"), blank=True, help_text=_("Empty means the office's address from the settings.")
    )
    auto_issue = models.BooleanField(_("issue certificates when the run is closed"), default=True)
    trainers = ParentalManyToManyField(Profile, related_name="runs", blank=True, verbose_name=_("trainers"))
    funders = ParentalManyToManyField(Funder, related_name="runs", blank=True, verbose_name=_("funders"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    next_queue_number = models.PositiveIntegerField(default=1, editable=False)

    objects = CourseRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__isnull=True) | Q(opens_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="run_closes_after_it_opens",
                violation_error_message=_("Enrollment closes after it opens."),
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | Q(cancelled_at__isnull=False), name="run_cancelled_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(closed_at__isnull=False), name="run_closed_has_time"
            ),
        ]

    def __str__(self):
        return self.code


def _count_by(rows, key):
    return rows.order_by().values(key).annotate(n=Count("pk")).values("n")


class WorkshopSessionQuerySet(models.QuerySet):
    def planned(self):
        return self.filter(status=WorkshopSession.Status.PLANNED)

    def taught_by(self, user):
        """Sessions of runs that the user teaches."""
        return self.filter(run__trainers__user=user)

    def with_attendance_counts(self):
        """Annotate people (int, places held on the run) and recorded (int, marks of this session)."""
        from .participation import Attendance, Enrollment  # noqa: PLC0415  participation builds on delivery

        places = Enrollment.objects.filter(run=OuterRef("run"), status__in=Enrollment.SEATED)
        marks = Attendance.objects.filter(session=OuterRef("pk"))
        return self.annotate(
            people=Coalesce(Subquery(_count_by(places, "run"), output_field=IntegerField()), 0),
            recorded=Coalesce(Subquery(_count_by(marks, "session"), output_field=IntegerField()), 0),
        )


class WorkshopSession(models.Model):
    """One block of attendance. Times are stored in UTC and shown in the session's own zone."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CANCELLED = "cancelled", _("Cancelled")

    # A session goes with its run; attendance protects both.
    run = ParentalKey(CourseRun, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("run"))
    title = models.CharField(_("title"), max_length=200)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    break_minutes = models.PositiveSmallIntegerField(
        _("breaks (minutes)"), default=0, validators=[MaxValueValidator(MINUTES_OF_A_DAY)]
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.ONSITE)
    venue = models.ForeignKey(
        Venue, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("venue")
    )
    joining_link = models.URLField(
        _("joining link"), blank=True, help_text=_("Shown and sent to confirmed people only.")
    )
    is_required = models.BooleanField(_("required"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    # Of texts only, which raise no SEQUENCE and tell nobody.
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WorkshopSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_it_starts",
                violation_error_message=_("A session ends after it starts."),
            )
        ]

    def __str__(self):
        return f"{self.title} ({self.pk})"

    def clean(self):
        if self.starts_at and self.ends_at:
            if self.ends_at <= self.starts_at:
                raise ValidationError({"ends_at": _("A session ends after it starts.")})
            if timedelta(minutes=self.break_minutes or 0) >= self.ends_at - self.starts_at:
                raise ValidationError({"break_minutes": _("Breaks are shorter than the session.")})

    @property
    def minutes(self):
        """Length in minutes (int), breaks excluded."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60) - self.break_minutes

    @property
    def last_modified(self):
        """When anything that a calendar shows of it was changed last (datetime)."""
        return max(self.changed_at, self.edited_at or self.changed_at)

    @property
    def zone(self):
        return zoneinfo.ZoneInfo(self.time_zone)
