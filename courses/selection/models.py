"""A call with a jury: how a run's applications are judged, by whom, and what came of it. Only rules write the rows.

The settings and the criteria are edited by staff; everything below them is written by
courses.selection.jury and courses.selection.decisions, under the lock of the run.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from courses.models.delivery import CourseRun
from courses.models.participation import Enrollment

FULL_WEIGHT = 100


class Selection(ClusterableModel):
    """How the applications to one run are judged: scale, jury, dates, and what was decided."""

    run = models.OneToOneField(
        CourseRun,
        models.PROTECT,
        related_name="selection",
        verbose_name=_("run"),
        limit_choices_to={"entry": CourseRun.Entry.CALL},
    )
    scale_min = models.PositiveSmallIntegerField(_("lowest score"), default=0, validators=[MaxValueValidator(100)])
    scale_max = models.PositiveSmallIntegerField(_("highest score"), default=5, validators=[MaxValueValidator(100)])
    is_blind = models.BooleanField(
        _("blind"), default=False, help_text=_("Jurors see neither names nor addresses until the decision.")
    )
    results_at = models.DateTimeField(_("results by"), null=True, blank=True)
    places = models.PositiveIntegerField(
        _("places to give"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100_000)],
        help_text=_("Empty means all the seats of the run that are free."),
    )
    reserve_places = models.PositiveIntegerField(
        _("places on the reserve list"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100_000)],
        help_text=_("Empty means no limit."),
    )
    scoring_closed_at = models.DateTimeField(_("scoring closed"), null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    # What stood when the decision was made; minutes are printed from here for ever.
    places_given = models.PositiveIntegerField(_("places given"), null=True, blank=True, editable=False)
    tie_reason = models.CharField(_("why a tie was cut"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("call with a jury")
        verbose_name_plural = _("calls with a jury")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scale_max__gt=F("scale_min")),
                name="selection_scale_goes_up",
                violation_error_message=_("The highest score is above the lowest."),
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(scoring_closed_at__isnull=False),
                name="selection_decided_after_scoring",
            ),
        ]

    def __str__(self):
        return f"{self.run_id}"

    def clean(self):
        # Here, because the database's own check would come after the form.
        if self.scale_min is not None and self.scale_max is not None and self.scale_max <= self.scale_min:
            raise ValidationError({"scale_max": _("The highest score is above the lowest.")})

    @property
    def scale(self):
        """Every score that can be given (range of int)."""
        return range(self.scale_min, self.scale_max + 1)


class Criterion(models.Model):
    """What is judged, and how much it counts: the weights of a call add up to 100."""

    selection = ParentalKey(Selection, on_delete=models.CASCADE, related_name="criteria")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    weight = models.PositiveSmallIntegerField(
        _("weight (%)"), validators=[MinValueValidator(1), MaxValueValidator(FULL_WEIGHT)]
    )
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0, editable=False)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["sort_order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=FULL_WEIGHT), name="criterion_weight_is_a_percentage"
            )
        ]

    def __str__(self):
        return self.title or ""


class JurorQuerySet(models.QuerySet):
    def active(self):
        """Jurors who still sit on the jury."""
        return self.filter(removed_at=None)


class Juror(models.Model):
    """A person invited to judge one call; the role is good for that call only."""

    selection = models.ForeignKey(Selection, models.PROTECT, related_name="jurors")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="jury_seats", verbose_name=_("person")
    )
    invited_at = models.DateTimeField(_("invited"), default=timezone.now)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects = JurorQuerySet.as_manager()

    class Meta:
        verbose_name = _("juror")
        verbose_name_plural = _("jurors")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["selection", "user"], name="juror_once")]

    def __str__(self):
        return f"{self.selection_id}: {self.user_id}"


class FormalCheck(models.Model):
    """Whether an application meets the conditions of the call; the history of it is in SelectionEvent."""

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="formal_check")
    is_eligible = models.BooleanField(_("meets the conditions"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    checked_at = models.DateTimeField(_("checked"), default=timezone.now)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("formal check")
        verbose_name_plural = _("formal checks")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_eligible=True) | ~Q(reason=""), name="formal_check_refusal_has_reason"
            )
        ]

    def __str__(self):
        return f"{self.enrollment_id}: {self.is_eligible}"


class Conflict(models.Model):
    """A juror's conflict of interest in one application: they neither see nor score it."""

    juror = models.ForeignKey(Juror, models.PROTECT, related_name="conflicts")
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="conflicts")
    reason = models.CharField(_("what connects them"), max_length=300)
    declared_at = models.DateTimeField(_("declared"), default=timezone.now)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        constraints = [models.UniqueConstraint(fields=["juror", "enrollment"], name="conflict_once")]

    def __str__(self):
        return f"{self.juror_id} / {self.enrollment_id}"


class Review(models.Model):
    """What one juror thinks of one application: a draft until it is submitted."""

    juror = models.ForeignKey(Juror, models.PROTECT, related_name="reviews")
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="reviews")
    comment = models.TextField(_("comment"), max_length=4000, blank=True)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["juror", "enrollment"], name="review_once")]

    def __str__(self):
        return f"{self.juror_id} / {self.enrollment_id}"


class Score(models.Model):
    """One number of a review. It goes with its review, which a conflict of interest takes out."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="scores")
    value = models.PositiveSmallIntegerField(_("score"))
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [models.UniqueConstraint(fields=["review", "criterion"], name="score_once")]

    def __str__(self):
        return f"{self.review_id} / {self.criterion_id}: {self.value}"


class Verdict(models.Model):
    """What staff say about one application: a sentence for the person, a place out of order, and the outcome."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        RESERVE = "reserve", _("Reserve list")
        DECLINED = "declined", _("Declined")

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="verdict")
    feedback = models.CharField(_("sentence for the person"), max_length=300, blank=True)
    moved_to = models.PositiveIntegerField(_("rank given by hand"), null=True, blank=True)
    move_reason = models.CharField(_("why out of order"), max_length=300, blank=True)
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    reserve_number = models.PositiveIntegerField(_("number on the reserve list"), null=True, blank=True)
    # Weighted mean on the scale of the call, as it was when the decision was made.
    points = models.DecimalField(_("points"), max_digits=9, decimal_places=6, null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        constraints = [
            models.CheckConstraint(
                condition=Q(moved_to__isnull=True) | ~Q(move_reason=""), name="verdict_move_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(decided_at__isnull=False), name="verdict_outcome_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="declined") | ~Q(feedback=""), name="verdict_declined_has_feedback"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="reserve") | Q(reserve_number__isnull=False), name="verdict_reserve_has_number"
            ),
        ]

    def __str__(self):
        return f"{self.enrollment_id}: {self.outcome}"


class SelectionEvent(models.Model):
    """One line of a call's history: what, about which application or juror, when, by whom, why. Append-only."""

    class Kind(models.TextChoices):
        JUROR_INVITED = "juror_invited", _("Juror invited")
        JUROR_REMOVED = "juror_removed", _("Juror removed")
        ELIGIBLE = "eligible", _("Conditions met")
        NOT_ELIGIBLE = "not_eligible", _("Conditions not met")
        CONFLICT = "conflict", _("Conflict of interest declared")
        SUBMITTED = "submitted", _("Review submitted")
        REOPENED = "reopened", _("Review given back to the juror")
        MOVED = "moved", _("Rank changed by hand")
        MOVE_UNDONE = "move_undone", _("Change of rank undone")
        SCORING_CLOSED = "scoring_closed", _("Scoring closed")
        SCORING_REOPENED = "scoring_reopened", _("Scoring opened again")
        DECIDED = "decided", _("Decisions sent")

    selection = models.ForeignKey(Selection, models.PROTECT, related_name="events")
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, null=True, blank=True, related_name="+")
    juror = models.ForeignKey(Juror, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event of a call")
        verbose_name_plural = _("events of calls")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.selection_id}: {self.kind}"
