"""What a form asks and what was answered. Staff write the questions, only rules write the answers."""

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel

from courses.models.delivery import CourseRun
from courses.models.participation import Enrollment

from .kinds import FILE_TYPES


def _file_type_choices():
    return [(name, name.upper()) for name in FILE_TYPES]


class Question(ClusterableModel):
    """One question, with its texts per language. It may be asked on any number of runs.

    Answers keep the wording they answered, so texts may be corrected at any time;
    a question that has been answered is retired, never deleted.
    """

    class Kind(models.TextChoices):
        SHORT_TEXT = "short_text", _("Short text")
        LONG_TEXT = "long_text", _("Long text")
        SINGLE_CHOICE = "single_choice", _("One of several choices")
        MULTIPLE_CHOICE = "multiple_choice", _("Any of several choices")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        URL = "url", _("Link")
        FILE = "file", _("File")
        CONSENT = "consent", _("Consent")

    WITH_CHOICES = (Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE)

    kind = models.CharField(_("kind of answer"), max_length=20, choices=Kind, default=Kind.SHORT_TEXT)
    label = models.CharField(
        _("question"), max_length=300, help_text=_("For a consent: the sentence that is agreed to.")
    )
    help = models.TextField(_("help"), blank=True, help_text=_("One or two sentences under the question."))
    is_required = models.BooleanField(_("required"), default=False)
    for_selection = models.BooleanField(
        _("for selection"), default=False, help_text=_("The office and a jury read it when they decide about places.")
    )
    for_organisation = models.BooleanField(
        _("for organisation"), default=False, help_text=_("The office and the run's trainers read it.")
    )
    for_report = models.BooleanField(_("for reports"), default=False, help_text=_("Only the office reads it."))
    is_sensitive = models.BooleanField(
        _("sensitive"), default=False, help_text=_("Only the roles named here see the answers, and they are deleted.")
    )
    seen_by = ParentalManyToManyField(
        Group,
        verbose_name=_("roles that see sensitive answers"),
        related_name="+",
        blank=True,
    )
    delete_days = models.PositiveSmallIntegerField(
        _("delete so many days after the end of the run"), null=True, blank=True, validators=[MaxValueValidator(36_500)]
    )
    max_length = models.PositiveIntegerField(
        _("most characters"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20_000)],
        help_text=_("Empty means 200 for a short and 5,000 for a long text."),
    )
    minimum = models.DecimalField(_("lowest number"), max_digits=14, decimal_places=2, null=True, blank=True)
    maximum = models.DecimalField(_("highest number"), max_digits=14, decimal_places=2, null=True, blank=True)
    file_types = models.CharField(
        _("types of files"),
        max_length=100,
        blank=True,
        default="pdf",
        help_text=_("Separated by commas, such as pdf, docx."),
    )
    max_megabytes = models.PositiveSmallIntegerField(
        _("largest file (MB)"), default=10, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    version = models.PositiveIntegerField(
        _("version of the text"), default=1, editable=False, help_text=_("Rises when the texts change.")
    )
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(for_selection=True) | Q(for_organisation=True) | Q(for_report=True),
                name="question_has_purpose",
                violation_error_message=_("Say what the answer is for: selection, organisation or reports."),
            ),
            models.CheckConstraint(
                condition=Q(is_sensitive=False) | Q(delete_days__isnull=False),
                name="question_sensitive_is_deleted",
                violation_error_message=_("Say after how many days sensitive answers are deleted."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(maximum__gte=models.F("minimum")),
                name="question_maximum_from_minimum",
                violation_error_message=_("The highest number is not below the lowest."),
            ),
        ]

    def __str__(self):
        return self.label or f"{self.kind} {self.pk}"

    def clean(self):
        unknown = [name for name in self.allowed_types if name not in FILE_TYPES]
        if unknown or (self.kind == self.Kind.FILE and not self.allowed_types):
            raise ValidationError({"file_types": _("Choose from: %(types)s.") % {"types": ", ".join(FILE_TYPES)}})

    @property
    def allowed_types(self):
        """Extensions (list of str) that a file may have, such as ["pdf", "docx"]."""
        return [part.strip().lower().lstrip(".") for part in self.file_types.split(",") if part.strip()]

    @property
    def most_characters(self):
        """The limit of a text in characters (int)."""
        return self.max_length or (200 if self.kind == self.Kind.SHORT_TEXT else 5000)

    @property
    def has_choices(self):
        return self.kind in self.WITH_CHOICES


class QuestionChoice(models.Model):
    """One choice of a question."""

    question = ParentalKey(Question, on_delete=models.CASCADE, related_name="choices")
    label = models.CharField(_("choice"), max_length=200)
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["sort_order", "pk"]

    def __str__(self):
        return self.label or str(self.pk)


class QuestionSet(ClusterableModel):
    """Questions that are asked together on many runs."""

    name = models.CharField(_("name"), max_length=120, unique=True, help_text=_("For the office only."))

    class Meta:
        verbose_name = _("question set")
        verbose_name_plural = _("question sets")
        ordering = ["name"]

    def __str__(self):
        return self.name


class SetQuestion(models.Model):
    """A question in a set."""

    question_set = ParentalKey(QuestionSet, on_delete=models.CASCADE, related_name="items")
    question = models.ForeignKey(Question, models.PROTECT, related_name="in_sets", verbose_name=_("question"))
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("question of the set")
        verbose_name_plural = _("questions of the set")
        ordering = ["sort_order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["question_set", "question"],
                name="set_question_once",
                violation_error_message=_("This question is in the set already."),
            )
        ]

    def __str__(self):
        return f"{self.question_set_id}: {self.question_id}"


class QuestionPick(models.Model):
    """What a run asks: a whole set, or one question."""

    run = ParentalKey(CourseRun, on_delete=models.CASCADE, related_name="question_picks")
    question_set = models.ForeignKey(
        QuestionSet, models.PROTECT, null=True, blank=True, related_name="picks", verbose_name=_("question set")
    )
    question = models.ForeignKey(
        Question, models.PROTECT, null=True, blank=True, related_name="picks", verbose_name=_("question")
    )
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("question or set")
        verbose_name_plural = _("questions and sets")
        ordering = ["sort_order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(question__isnull=True, question_set__isnull=False)
                | Q(question__isnull=False, question_set__isnull=True),
                name="question_pick_is_set_or_question",
                violation_error_message=_("Choose a set or a question, one of the two."),
            )
        ]

    def __str__(self):
        return f"{self.run_id}: {self.question_set_id or self.question_id}"


class AnswerFile(models.Model):
    """An uploaded file: kept a day for whoever is still filling in, then as long as the answer.

    Its name in the storage has no extension and says nothing, so that nothing ever
    runs or guesses it. A file that is no longer needed is dropped first and deleted
    from the storage by a task, so that none is forgotten.
    """

    token = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    file = models.FileField(upload_to="answers/", max_length=200)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("type"), max_length=10, choices=_file_type_choices)
    size = models.PositiveBigIntegerField(_("size (bytes)"))
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)
    dropped_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("file of an answer")
        verbose_name_plural = _("files of answers")

    def __str__(self):
        return self.name


class AnswerQuerySet(models.QuerySet):
    def with_questions(self):
        """With what pages show of an answer, in the order of the form: 1 query."""
        return self.select_related("question", "file").order_by("sort_order", "pk")


class Answer(models.Model):
    """One person's answer on one enrollment, with the wording and the language that were answered.

    `value` is JSON: str for texts, dates (ISO) and numbers (decimal point); list of
    choice ids (str) for choices; true for a consent; the file's name for a file.
    `choices` are the labels (list of str) as they read then.
    """

    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    label = models.CharField(_("question"), max_length=300)
    language = models.CharField(_("language"), max_length=8)
    version = models.PositiveIntegerField(_("version of the text"))
    value = models.JSONField(_("answer"))
    choices = models.JSONField(_("choices"), default=list)
    file = models.ForeignKey(AnswerFile, models.PROTECT, null=True, blank=True, related_name="answers")
    sort_order = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(_("answered"), default=timezone.now)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [models.UniqueConstraint(fields=["enrollment", "question"], name="answer_once")]

    def __str__(self):
        return f"{self.enrollment_id}: {self.question_id}"

    @property
    def text(self):
        """The answer as plain text (str), in the language it was given in."""
        if self.choices:
            return ", ".join(self.choices)
        if self.value is True:
            return str(_("Agreed"))
        return str(self.value)

    @property
    def link(self):
        """The address of the web (str) that was answered, or "": drafts are not checked, and kinds once changed."""
        is_address = self.question.kind == Question.Kind.URL and self.text.lower().startswith(("https://", "http://"))
        return self.text if is_address else ""


class AnswerChange(models.Model):
    """What an answer was before it was edited after sending: old value, when. Append-only, goes with the answer."""

    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="answer_changes")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answer_changes")
    label = models.CharField(_("question"), max_length=300)
    language = models.CharField(_("language"), max_length=8)
    old_text = models.TextField(_("old answer"), blank=True)
    file = models.ForeignKey(AnswerFile, models.PROTECT, null=True, blank=True, related_name="changes")
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("change of an answer")
        verbose_name_plural = _("changes of answers")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.enrollment_id}: {self.question_id}"


class AnswerDeletion(models.Model):
    """The trace of a deletion: of which question and run, how many answers, when and why; never what they said."""

    class Reason(models.TextChoices):
        RETENTION = "retention", _("their time was over")
        ERASURE = "erasure", _("a person asked for it")

    question = models.ForeignKey(Question, models.PROTECT, related_name="deletions", verbose_name=_("question"))
    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="answer_deletions", verbose_name=_("run"))
    count = models.PositiveIntegerField(_("answers deleted"))
    reason = models.CharField(_("why"), max_length=12, choices=Reason)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("deletion of answers")
        verbose_name_plural = _("deletions of answers")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.run_id}: {self.question_id} ({self.count})"


class StatisticsQuestion(ClusterableModel):
    """A voluntary question about the person, asked once, reported only as totals."""

    label = models.CharField(_("question"), max_length=200)
    is_asked = models.BooleanField(_("asked"), default=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0, validators=[MaxValueValidator(10_000)])

    class Meta:
        verbose_name = _("statistics question")
        verbose_name_plural = _("statistics questions")
        ordering = ["sort_order", "pk"]

    def __str__(self):
        return self.label or str(self.pk)


class StatisticsChoice(models.Model):
    """One choice of a statistics question. “Prefer not to say” is always offered besides."""

    question = ParentalKey(StatisticsQuestion, on_delete=models.CASCADE, related_name="choices")
    label = models.CharField(_("choice"), max_length=120)
    sort_order = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["sort_order", "pk"]

    def __str__(self):
        return self.label or str(self.pk)


class StatisticsAnswer(models.Model):
    """What a person said about themselves; without a choice they prefer not to say, and are not asked again."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="statistics_answers")
    question = models.ForeignKey(StatisticsQuestion, models.PROTECT, related_name="answers")
    choice = models.ForeignKey(StatisticsChoice, models.PROTECT, null=True, blank=True, related_name="answers")

    class Meta:
        verbose_name = _("statistics answer")
        verbose_name_plural = _("statistics answers")
        constraints = [models.UniqueConstraint(fields=["person", "question"], name="statistics_answer_once")]

    def __str__(self):
        return f"{self.person_id}: {self.question_id}"
