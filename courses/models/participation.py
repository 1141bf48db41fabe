"""Who takes part: enrollments with their history, attendance, completion. Only rules write these rows."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.users.models import Organisation

from .delivery import CourseRun, WorkshopSession


class EnrollmentQuerySet(models.QuerySet):
    def active(self):
        """Rows that stop the same person from enrolling again."""
        return self.filter(status__in=Enrollment.ACTIVE)

    def holding_seat(self, at=None):
        """Rows that take a seat at `at` (datetime, default now).

        These are places held, unless unpaid past the time at which they lapse, and offers that have not expired.
        """
        at = at or timezone.now()
        return self.filter(Enrollment.seated_q(at) | Q(status=Enrollment.Status.OFFERED, offered_until__gte=at))

    def waiting(self, at=None):
        """Rows in the queue, first come first, at `at`."""
        return self.filter(status=Enrollment.Status.WAITING).order_by("queue_number")

    def with_position(self):
        """Annotate position: place in the queue (int, 1 = next); it means something for people who wait."""
        ahead = (
            Enrollment.objects.filter(
                run=OuterRef("run"), status=Enrollment.Status.WAITING, queue_number__lte=OuterRef("queue_number")
            )
            .order_by()
            .values("run")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return self.annotate(position=Subquery(ahead, output_field=models.IntegerField()))

    def with_no_show(self):
        """Annotate is_no_show (bool): held a place, has records, and every one of them says absent."""
        marks = Attendance.objects.filter(enrollment=OuterRef("pk"))
        return self.annotate(
            is_no_show=Q(status__in=Enrollment.SEATED)
            & Exists(marks.filter(status=Attendance.Status.ABSENT))
            & ~Exists(marks.exclude(status=Attendance.Status.ABSENT))
        )

    def with_page_facts(self):
        """With everything that a person's own pages say about a place, but for the run's sessions."""
        return self.with_position().select_related(
            "run__course",
            "run__venue",
            "run__selection",
            "completion",
            "final_task",
            "payment",
            "verdict",
            "follows__run",
            "organisation",
        )

    def for_pages(self):
        """The same with the sessions: 2 queries for any number of rows."""
        sessions = models.Prefetch("run__sessions", WorkshopSession.objects.select_related("venue"))
        return self.with_page_facts().prefetch_related(sessions)


class Enrollment(models.Model):
    """A person in a run: application, place on the waiting list, offer, place and result are this one row."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Application in progress")
        APPLIED = "applied", _("Application sent")
        WAITING = "waiting", _("On the waiting list")
        OFFERED = "offered", _("Place offered")
        CONFIRMED = "confirmed", _("Enrollment confirmed")
        COMPLETED = "completed", _("Course completed")
        NOT_COMPLETED = "not_completed", _("Course not completed")
        DECLINED = "declined", _("Application declined")
        WITHDRAWN = "withdrawn", _("Enrollment withdrawn by the office")
        CANCELLED = "cancelled", _("Enrollment cancelled")

    class Source(models.TextChoices):
        SELF = "self", _("the person")
        STAFF = "staff", _("the office")
        WALK_IN = "walk_in", _("walk-in")
        ORGANISATION = "organisation", _("the person's organisation")

    SEATED = [Status.CONFIRMED, Status.COMPLETED, Status.NOT_COMPLETED]
    ACTIVE = [Status.DRAFT, Status.APPLIED, Status.WAITING, Status.OFFERED, *SEATED]

    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="enrollments", verbose_name=_("run"))
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrollments", verbose_name=_("learner")
    )
    status = models.CharField(_("status"), max_length=15, choices=Status)
    source = models.CharField(_("enrolled by"), max_length=15, choices=Source, default=Source.SELF)
    queue_number = models.PositiveIntegerField(_("queue number"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    offered_until = models.DateTimeField(_("offer valid until"), null=True, blank=True)
    lapses_at = models.DateTimeField(
        _("lapses if unpaid"), null=True, blank=True, help_text=_("Set by the warning, emptied by paying.")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    is_late_cancellation = models.BooleanField(_("cancelled late"), default=False)
    is_overbooked = models.BooleanField(_("over capacity"), default=False)
    overbooking_reason = models.CharField(_("reason for going over capacity"), max_length=300, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enrollments",
        verbose_name=_("on behalf of"),
        help_text=_("The organisation whose manager enrolled the person."),
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="followers",
        verbose_name=_("instead of"),
        help_text=_("The place that this one takes over: of the same person on another run, or of a colleague."),
    )
    moves = models.PositiveSmallIntegerField(_("moves between runs"), default=0)
    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "learner"],
                condition=Q(
                    status__in=[
                        "draft",
                        "applied",
                        "waiting",
                        "offered",
                        "confirmed",
                        "completed",
                        "not_completed",
                    ]
                ),
                name="enrollment_active_once",
            ),
            models.UniqueConstraint(fields=["run", "queue_number"], name="enrollment_queue_number_once"),
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(queue_number__isnull=False), name="enrollment_waiting_has_number"
            ),
            models.CheckConstraint(
                condition=~Q(status="offered") | Q(offered_until__isnull=False), name="enrollment_offer_has_deadline"
            ),
            models.CheckConstraint(
                condition=Q(is_overbooked=False) | ~Q(overbooking_reason=""), name="enrollment_overbooking_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(source="organisation") | Q(organisation__isnull=False),
                name="enrollment_by_organisation_names_it",
            ),
        ]
        indexes = [models.Index(fields=["run", "status"], name="enrollment_run_status")]

    def __str__(self):
        return f"{self.run_id}: {self.learner_id} ({self.status})"

    @classmethod
    def seated_q(cls, at, prefix=""):
        """Condition (Q) of places held at `at`: not those that were unpaid past the time the warning named."""
        confirmed = Q(**{f"{prefix}status": cls.Status.CONFIRMED}) & (
            Q(**{f"{prefix}lapses_at__isnull": True}) | Q(**{f"{prefix}lapses_at__gte": at.replace(microsecond=0)})
        )
        return Q(**{f"{prefix}status__in": [cls.Status.COMPLETED, cls.Status.NOT_COMPLETED]}) | confirmed

    @classmethod
    def lapsed_q(cls, at):
        """Condition (Q) of places that were not paid by the time the warning named; that second itself is in time."""
        return Q(status=cls.Status.CONFIRMED, lapses_at__lt=at.replace(microsecond=0))

    def has_lapsed(self, at):
        """Whether the place was not paid by the time the warning named, whether or not anything has noticed."""
        return (
            self.status == self.Status.CONFIRMED
            and self.lapses_at is not None
            and self.lapses_at < at.replace(microsecond=0)
        )

    @property
    def is_active(self):
        return self.status in self.ACTIVE

    @property
    def awaits_own_consent(self):
        """Whether somebody else asked for this place, and the person has still to accept it themselves."""
        return self.status == self.Status.OFFERED and self.source == self.Source.ORGANISATION

    def is_expired_offer(self, at):
        """Whether the row is an offer whose deadline is over at `at`, whether or not anything has noticed."""
        return self.status == self.Status.OFFERED and self.offered_until < at.replace(microsecond=0)

    def takes_part_in(self, session):
        """Whether the session concerns this person: whoever got the place after it ended has no part in it."""
        return self.confirmed_at is None or self.confirmed_at <= session.ends_at


class EnrollmentEvent(models.Model):
    """One change of an enrollment: from, to, when, by whom, why. Append-only."""

    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="events")
    from_status = models.CharField(_("from"), max_length=15, choices=Enrollment.Status, blank=True)
    to_status = models.CharField(_("to"), max_length=15, choices=Enrollment.Status)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("change of enrollment")
        verbose_name_plural = _("changes of enrollments")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.enrollment_id}: {self.from_status} > {self.to_status}"


class Attendance(models.Model):
    """Whether one person was at one session. No row means not recorded, never absent."""

    class Status(models.TextChoices):
        PRESENT = "present", _("Present")
        LATE = "late", _("Came late")
        LEFT_EARLY = "left_early", _("Left early")
        EXCUSED = "excused", _("Excused")
        ABSENT = "absent", _("Absent")

    class Method(models.TextChoices):
        ROSTER = "roster", _("list")
        QR = "qr", _("code scanned")
        SELF = "self", _("own check-in")
        PAPER = "paper", _("paper sheet")
        IMPORT = "import", _("imported report")

    session = models.ForeignKey(WorkshopSession, models.PROTECT, related_name="attendance")
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="attendance")
    status = models.CharField(_("status"), max_length=12, choices=Status)
    minutes = models.PositiveSmallIntegerField(_("minutes attended"), help_text=_("Breaks excluded."))
    method = models.CharField(_("recorded by means of"), max_length=8, choices=Method, default=Method.ROSTER)
    note = models.CharField(_("note"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("attendance record")
        verbose_name_plural = _("attendance records")
        constraints = [
            models.UniqueConstraint(fields=["session", "enrollment"], name="attendance_once"),
            models.CheckConstraint(
                condition=~Q(status__in=["absent", "excused"]) | Q(minutes=0), name="attendance_away_has_no_minutes"
            ),
        ]

    def __str__(self):
        return f"{self.session_id}: {self.enrollment_id} ({self.status})"


class AttendanceChange(models.Model):
    """A correction: old and new value, who, when and why. Append-only."""

    attendance = models.ForeignKey(Attendance, models.PROTECT, related_name="changes")
    old_status = models.CharField(_("old status"), max_length=12, choices=Attendance.Status)
    old_minutes = models.PositiveSmallIntegerField(_("old minutes"))
    new_status = models.CharField(_("new status"), max_length=12, choices=Attendance.Status)
    new_minutes = models.PositiveSmallIntegerField(_("new minutes"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    old_note = models.CharField(_("old note"), max_length=300, blank=True)
    new_note = models.CharField(_("new note"), max_length=300, blank=True)
    reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("correction of attendance")
        verbose_name_plural = _("corrections of attendance")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.attendance_id}: {self.old_status} > {self.new_status}"


class FinalTask(models.Model):
    """Whether a person's final task was good enough, as its assessor found."""

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="final_task")
    is_met = models.BooleanField(_("met"))
    comment = models.CharField(_("comment"), max_length=1000, blank=True)
    assessed_at = models.DateTimeField(_("assessed"), default=timezone.now)
    assessed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assessor")
    )

    class Meta:
        verbose_name = _("final task")
        verbose_name_plural = _("final tasks")

    def __str__(self):
        return f"{self.enrollment_id}: {self.is_met}"


class Completion(models.Model):
    """What closing the run found for one enrollment: the minutes, whether the rule was met and why not."""

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="completion")
    is_met = models.BooleanField(_("conditions met"))
    minutes_attended = models.PositiveIntegerField(_("minutes attended"))
    minutes_held = models.PositiveIntegerField(_("minutes held"))
    reasons = models.JSONField(
        _("reasons"), default=list, help_text=_("Codes of conditions that were not met, with their figures.")
    )
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes_attended__lte=F("minutes_held")), name="completion_attended_at_most_held"
            )
        ]

    def __str__(self):
        return f"{self.enrollment_id}: {self.is_met}"
