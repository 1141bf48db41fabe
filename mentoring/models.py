"""Coaching: mentors, the weekly pattern of their time, the slots they offer and the bookings of those."""

import uuid
import zoneinfo
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from academy import times
from academy.users.models import Profile
from courses.models import Mode, Segment

# Upper bounds of what is typed: far above any use, and still something that can be reckoned with.
MOST_HOURS = 365 * 24
MOST_DAYS = 730
MINUTES_OF_A_DAY = 24 * 60


class MentorQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)


class MentorManager(models.Manager.from_queryset(MentorQuerySet)):
    """Joins the person: a mentor without a name and a zone is of no use to anybody."""

    def get_queryset(self):
        return super().get_queryset().select_related("profile")


class Mentor(ClusterableModel):
    """Somebody who coaches, and on which terms. The person is the profile.

    Patterns are edited in one form with the mentor; nothing anybody depends on hangs on them.
    """

    profile = models.OneToOneField(Profile, models.PROTECT, related_name="mentor", verbose_name=_("person"))
    specialities = models.ManyToManyField(Segment, related_name="mentors", blank=True, verbose_name=_("specialities"))
    is_public = models.BooleanField(_("listed on the site"), default=True)
    is_confidential = models.BooleanField(
        _("confidential"), default=False, help_text=_("The office sees only that a session took place.")
    )
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.ONLINE)
    meeting_link = models.URLField(_("meeting link"), blank=True, help_text=_("Shown to people who booked only."))
    min_notice_hours = models.PositiveSmallIntegerField(
        _("shortest notice (hours)"), default=12, validators=[MaxValueValidator(MOST_HOURS)]
    )
    cancel_hours = models.PositiveSmallIntegerField(
        _("cancel in time until (hours before)"), default=24, validators=[MaxValueValidator(MOST_HOURS)]
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("slots are opened ahead (days)"), default=42, validators=[MaxValueValidator(MOST_DAYS)]
    )
    max_per_person = models.PositiveSmallIntegerField(
        _("future bookings per person"), default=2, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )

    objects = MentorManager()

    class Meta:
        verbose_name = _("mentor")
        verbose_name_plural = _("mentors")
        ordering = ["profile__name"]

    def __str__(self):
        return self.profile.name

    @property
    def zone(self):
        """The mentor's own time zone, in which patterns and single slots are meant."""
        return zoneinfo.ZoneInfo(self.profile.time_zone)

    def bookable_between(self, at):
        """From which moment and before which (datetimes) people may book for themselves at `at`.

        The notice is elapsed hours and includes its whole second; the horizon counts days of the mentor's calendar.
        """
        earliest = at.replace(microsecond=0) + timedelta(hours=self.min_notice_hours)
        after_last_day = at.astimezone(self.zone).date() + timedelta(days=self.horizon_days + 1)
        return earliest, datetime.combine(after_last_day, time(), tzinfo=self.zone)

    @property
    def notice_to_cancel(self):
        """How long before the start (timedelta) a cancellation is still in time."""
        return timedelta(hours=self.cancel_hours)


class WeeklyPattern(models.Model):
    """Time a mentor offers every week, in the mentor's own wall-clock time."""

    class Weekday(models.IntegerChoices):
        MONDAY = 1, _("Monday")
        TUESDAY = 2, _("Tuesday")
        WEDNESDAY = 3, _("Wednesday")
        THURSDAY = 4, _("Thursday")
        FRIDAY = 5, _("Friday")
        SATURDAY = 6, _("Saturday")
        SUNDAY = 7, _("Sunday")

    mentor = ParentalKey(Mentor, on_delete=models.CASCADE, related_name="patterns", verbose_name=_("mentor"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    from_time = models.TimeField(_("from"))
    to_time = models.TimeField(_("to"))
    slot_minutes = models.PositiveSmallIntegerField(
        _("length of a slot (minutes)"), default=45, validators=[MinValueValidator(10), MaxValueValidator(480)]
    )
    break_minutes = models.PositiveSmallIntegerField(
        _("break after a slot (minutes)"), default=15, validators=[MaxValueValidator(MINUTES_OF_A_DAY)]
    )
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.ONLINE)
    place = models.CharField(_("place"), max_length=150, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("weekly time")
        verbose_name_plural = _("weekly times")
        ordering = ["weekday", "from_time"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_time__gt=F("from_time")),
                name="pattern_ends_after_it_starts",
                violation_error_message=_("The time ends after it starts."),
            )
        ]

    def __str__(self):
        return f"{self.weekday} {self.from_time}-{self.to_time}"

    def clean(self):
        """Name the field in which an odd time stands."""
        begins, ends = self.from_time, self.to_time
        if begins and ends and ends <= begins:
            raise ValidationError({"to_time": _("The time ends after it starts.")})
        if begins and ends and self.slot_minutes and _minutes(ends) - _minutes(begins) < self.slot_minutes:
            raise ValidationError({"slot_minutes": _("Not even one slot of this length fits between these times.")})
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": _("The last day is not before the first.")})


def _minutes(clock):
    return clock.hour * 60 + clock.minute


class CoachingSlotQuerySet(models.QuerySet):
    def live(self):
        return self.filter(status=CoachingSlot.Status.OPEN)

    def with_places_left(self, at=None):
        """Annotate places_left (int): places without a live booking or an unexpired hold at `at`."""
        taken = (
            Booking.objects.filter(Booking.live_q(at), slot=OuterRef("pk"))
            .order_by()
            .values("slot")
            .annotate(taken=Count("pk"))
            .values("taken")
        )
        return self.annotate(places_left=F("capacity") - Coalesce(Subquery(taken), 0))

    def free(self, at=None):
        """Live slots with a place left that have not begun at `at`, soonest first."""
        now = at or timezone.now()
        return self.live().filter(starts_at__gt=now).with_places_left(now).filter(places_left__gt=0)

    def bookable(self, mentor, at=None):
        """Free slots that people may book for themselves at `at`: after the mentor's notice, within the horizon."""
        now = at or timezone.now()
        earliest, horizon = mentor.bookable_between(now)
        return self.free(now).filter(mentor=mentor, starts_at__gte=earliest, starts_at__lt=horizon)

    def with_has_bookings(self):
        """Annotate has_bookings (bool): whether anybody ever held or booked a place, cancelled ones included."""
        return self.annotate(has_bookings=Exists(Booking.objects.filter(slot=OuterRef("pk"))))


class CoachingSlot(models.Model):
    """A stretch of a mentor's time that can be booked.

    busy_from and busy_until include the buffers; the database refuses two live
    slots of one mentor whose busy times overlap.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CANCELLED = "cancelled", _("Cancelled")

    mentor = models.ForeignKey(Mentor, models.PROTECT, related_name="slots", verbose_name=_("mentor"))
    pattern = models.ForeignKey(
        WeeklyPattern, models.SET_NULL, null=True, blank=True, related_name="slots", editable=False
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    busy_from = models.DateTimeField(editable=False)
    busy_until = models.DateTimeField(editable=False)
    is_generated = models.BooleanField(default=False, editable=False, help_text=_("Made from a weekly time."))
    capacity = models.PositiveSmallIntegerField(
        _("places"), default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.ONLINE)
    place = models.CharField(_("place"), max_length=150, blank=True)
    meeting_link = models.URLField(_("meeting link"), blank=True, help_text=_("Empty means the mentor's own."))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False)
    cancelled_reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)

    objects = CoachingSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="slot_ends_after_it_starts",
                violation_error_message=_("A slot ends after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(busy_from__lte=F("starts_at")) & Q(busy_until__gte=F("ends_at")),
                name="slot_busy_time_covers_it",
            ),
            models.CheckConstraint(condition=Q(capacity__gte=1), name="slot_has_a_place"),
        ]
        indexes = [models.Index(fields=["mentor", "starts_at"], name="slot_mentor_starts")]

    def __str__(self):
        return f"{self.mentor_id} {self.starts_at:%Y-%m-%d %H:%M}Z"

    @property
    def is_open(self):
        return self.status == self.Status.OPEN

    def when(self):
        """From when until when (str), on the mentor's clock; needs the mentor and the person joined."""
        return times.span(self.starts_at, self.ends_at, self.mentor.profile.time_zone)

    when.short_description = _("When")
    when.admin_order_field = "starts_at"


class BookingQuerySet(models.QuerySet):
    def live(self, at=None):
        """Bookings that take a place at `at`; an expired hold takes none."""
        return self.filter(Booking.live_q(at))

    def of(self, user):
        """Bookings that the user may see on the site: as the learner or as the mentor."""
        return self.filter(Q(learner=user) | Q(slot__mentor__profile__user=user))

    def overlapping(self, starts_at, ends_at):
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def for_office(self):
        """What the office may see: of confidential mentors only what took place, and of that not with whom."""
        return self.exclude(Q(slot__mentor__is_confidential=True) & ~Q(status=Booking.Status.TOOK_PLACE))

    def with_people(self):
        """Join all that a line about a booking shows."""
        return self.select_related("learner", "slot__mentor__profile__user")


class Booking(models.Model):
    """A place in a slot, taken by a learner. Only rules write these rows.

    `place` numbers the places of a slot from 1: with the unique constraint on
    (slot, place) the database itself cannot hand out one place twice. The times
    repeat the slot's so that a learner's overlapping bookings can be refused by
    the database too.
    """

    class Status(models.TextChoices):
        HELD = "held", _("Held")
        BOOKED = "booked", _("Booking confirmed")
        CANCELLED = "cancelled", _("Booking cancelled")
        EXPIRED = "expired", _("Hold expired")
        TOOK_PLACE = "took_place", _("Coaching took place")
        NO_SHOW = "no_show", _("Learner did not come")

    LIVE = [Status.HELD, Status.BOOKED, Status.TOOK_PLACE, Status.NO_SHOW]
    # Once it has begun, each of these may become one of the last two.
    OUTCOMES = [Status.BOOKED, Status.TOOK_PLACE, Status.NO_SHOW]

    slot = models.ForeignKey(CoachingSlot, models.PROTECT, related_name="bookings", verbose_name=_("slot"))
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookings", verbose_name=_("learner")
    )
    place = models.PositiveSmallIntegerField(default=1, editable=False)
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.BOOKED)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    brief = models.TextField(_("what it is about"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("booked by")
    )
    reminded_at = models.DateTimeField(_("reminder sent"), null=True, blank=True, editable=False)
    marked_at = models.DateTimeField(_("outcome recorded"), null=True, blank=True, editable=False)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    cancel_reason = models.CharField(_("reason"), max_length=300, blank=True)
    is_late_cancellation = models.BooleanField(_("cancelled late"), default=False)
    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    sequence = models.PositiveIntegerField(default=0, editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "place"],
                name="booking_place_once",
                condition=Q(status__in=["held", "booked", "took_place", "no_show"]),
            ),
            models.UniqueConstraint(
                fields=["slot", "learner"],
                name="booking_learner_once",
                condition=Q(status__in=["held", "booked", "took_place", "no_show"]),
            ),
            models.CheckConstraint(condition=Q(place__gte=1), name="booking_place_from_one"),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(held_until__isnull=False), name="booking_hold_has_deadline"
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | Q(cancelled_at__isnull=False), name="booking_cancelled_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["took_place", "no_show"]) | Q(marked_at__isnull=False),
                name="booking_outcome_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], condition=Q(status="booked"), name="booking_coming"),
            models.Index(fields=["held_until"], condition=Q(status="held"), name="booking_held"),
        ]

    def __str__(self):
        return f"{self.slot_id}: {self.learner_id} ({self.status})"

    @staticmethod
    def live_q(at=None, prefix=""):
        """Condition (Q) for bookings that take a place at `at`; an expired hold takes none."""
        return Q(**{f"{prefix}status__in": Booking.LIVE}) & ~Q(
            **{f"{prefix}status": Booking.Status.HELD, f"{prefix}held_until__lt": at or timezone.now()}
        )

    def when(self):
        """From when until when (str), on the mentor's clock; needs with_people()."""
        return self.slot.when()

    when.short_description = _("When")
    when.admin_order_field = "starts_at"

    @property
    def learner_for_office(self):
        """The learner's name (str) as the office may see it; needs with_people()."""
        return _("confidential") if self.slot.mentor.is_confidential else str(self.learner)

    def has_lapsed(self, at=None):
        """Whether this is a hold that nobody confirmed in time; the moment `held_until` itself still counts."""
        return self.status == self.Status.HELD and self.held_until < (at or timezone.now())
