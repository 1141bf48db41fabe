"""Lists and forms of questions, sets and statistics; what a run asks."""

from django import forms
from django.db.models import Count
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from academy.admin.actions import ActionView
from academy.admin.deletion import ProtectedInlinePanel
from academy.admin.panels import TranslatedModelForm, translated_columns, translated_panel
from academy.admin.viewsets import AcademySnippetViewSet, MomentColumn, RecordViewSet

from . import upkeep
from .models import (
    AnswerDeletion,
    Question,
    QuestionChoice,
    QuestionSet,
    StatisticsChoice,
    StatisticsQuestion,
)


class QuestionForm(TranslatedModelForm):
    """A question; the version rises with its texts, so that answers say which text they answered."""

    def clean(self):
        data = super().clean()
        if data.get("is_sensitive") and not data.get("seen_by"):
            self.add_error("seen_by", gettext("Name at least one role that sees sensitive answers."))
        if data.get("kind") in Question.WITH_CHOICES and self._choices_left() < 2:
            self.add_error("kind", gettext("Write at least two choices."))
        if "kind" in self.changed_data and self._is_answered():
            self.add_error(
                "kind",
                gettext("The question has answers, so its kind stays. Make another question and retire this one."),
            )
        if "is_sensitive" in self.changed_data and not data.get("is_sensitive") and self._is_answered():
            self.add_error(
                "is_sensitive",
                gettext(
                    "People were told that their answers are sensitive, so they stay so. "
                    "Make another question and retire this one."
                ),
            )
        if self._lets_others_read(data):
            self.add_error(
                "seen_by",
                gettext(
                    "People were told who reads their answers. Only somebody who is in one of the roles named now "
                    "may change them, or an administrator of the site."
                ),
            )
        return data

    def _lets_others_read(self, data):
        """Whether somebody who may not read the sensitive answers there are changes who may."""
        if not (self.instance.is_sensitive and "seen_by" in data and self._is_answered()):
            return False
        named = set(self.instance.seen_by.values_list("pk", flat=True))
        if named == {role.pk for role in data["seen_by"]} or self.for_user.is_superuser:
            return False
        return not self.for_user.groups.filter(pk__in=named).exists()

    def _is_answered(self):
        return self.instance.pk is not None and self.instance.answers.exists()

    def _choices_left(self):
        formset = self.formsets["choices"]
        if not formset.is_valid():
            return 2  # what is wrong there is said there
        left = [form for form in formset.forms if form not in formset.deleted_forms]
        return sum(1 for form in left if form.instance.pk or form.has_changed())

    def save(self, commit=True):
        texts = set(translated_columns("label", "help")) & set(self.changed_data)
        if self.instance.pk and (texts or self.formsets["choices"].has_changed()):
            self.instance.version += 1
        return super().save(commit)


class _QuestionAction(ActionView):
    model = Question
    permission = "courses.change_question"


class RetireQuestion(_QuestionAction):
    slug = "retire"
    label = _("Retire the question")
    icon = "download"

    @classmethod
    def is_offered(cls, instance, user):
        return instance.retired_at is None

    def preview(self):
        return [gettext("Forms no longer ask it. Answers that were given stay and are shown as before.")]

    def perform(self, form):
        upkeep.retire(self.object)
        return gettext("The question was retired.")


class BringBackQuestion(_QuestionAction):
    slug = "bring-back"
    label = _("Ask the question again")
    icon = "undo"

    @classmethod
    def is_offered(cls, instance, user):
        return instance.retired_at is not None

    def perform(self, form):
        upkeep.bring_back(self.object)
        return gettext("The question is asked again.")


QUESTION_ACTIONS = [RetireQuestion, BringBackQuestion]


class QuestionViewSet(AcademySnippetViewSet):
    model = Question
    icon = "help"
    actions = QUESTION_ACTIONS
    base_form_class = QuestionForm
    list_display = [
        "label",
        Column("kind", label=_("Kind of answer"), accessor="get_kind_display", sort_key="kind"),
        "is_required",
        "is_sensitive",
        Column("answers_count", label=_("Answers"), sort_key="answers_count"),
        DateColumn("retired_at", label=_("Retired"), sort_key="retired_at"),
    ]
    list_filter = ["kind", "is_sensitive", "for_selection", "for_organisation", "for_report"]
    search_fields = [*translated_columns("label")]
    list_export = [
        *translated_columns("label"),
        "get_kind_display",
        "is_required",
        "for_selection",
        "for_organisation",
        "for_report",
        "is_sensitive",
        "delete_days",
        "answers_count",
    ]
    export_headings = {"get_kind_display": _("Kind of answer"), "answers_count": _("Answers")}
    export_filename = "questions"
    panels = [
        MultiFieldPanel(
            [
                translated_panel(Question, "label"),
                translated_panel(Question, "help"),
                FieldRowPanel(["kind", "is_required"]),
            ],
            _("What is asked"),
            help_text=_("Answers keep the wording they answered, whatever is changed here later."),
        ),
        ProtectedInlinePanel(
            "choices",
            heading=_("Choices"),
            label=_("Choice"),
            panels=[translated_panel(QuestionChoice, "label")],
            help_text=_("For questions with choices only."),
        ),
        MultiFieldPanel(
            ["for_selection", "for_organisation", "for_report"],
            _("What for"),
            help_text=_("It decides who reads the answers."),
        ),
        MultiFieldPanel(
            ["is_sensitive", FieldPanel("seen_by", widget=forms.CheckboxSelectMultiple), "delete_days"],
            _("Sensitive answers"),
            help_text=_("Health, diet, access needs. Nobody else sees them, and they are deleted by themselves."),
        ),
        MultiFieldPanel(
            [
                "max_length",
                FieldRowPanel(["minimum", "maximum"]),
                FieldRowPanel(["file_types", "max_megabytes"]),
            ],
            _("Limits"),
            help_text=_("Those that suit the kind of answer count, the others are passed over."),
        ),
    ]

    def get_queryset(self, request):
        return Question.objects.annotate(answers_count=Count("answers"))


class QuestionSetViewSet(AcademySnippetViewSet):
    model = QuestionSet
    icon = "list-ul"
    list_display = [
        "name",
        Column("items_count", label=_("Questions"), sort_key="items_count"),
        Column("picks_count", label=_("Runs"), sort_key="picks_count"),
    ]
    search_fields = ["name"]
    list_export = ["name", "items_count", "picks_count"]
    export_headings = {"items_count": _("Questions"), "picks_count": _("Runs")}
    export_filename = "question-sets"
    panels = [
        "name",
        InlinePanel(
            "items", heading=_("Questions"), label=_("Question"), panels=[FieldPanel("question", widget=forms.Select)]
        ),
    ]

    def get_queryset(self, request):
        return QuestionSet.objects.annotate(
            items_count=Count("items", distinct=True), picks_count=Count("picks", distinct=True)
        )


class StatisticsQuestionViewSet(AcademySnippetViewSet):
    model = StatisticsQuestion
    icon = "order"
    list_display = ["label", "is_asked", "sort_order"]
    search_fields = [*translated_columns("label")]
    list_export = [*translated_columns("label"), "is_asked"]
    export_filename = "statistics-questions"
    panels = [
        translated_panel(StatisticsQuestion, "label"),
        FieldRowPanel(["is_asked", "sort_order"]),
        ProtectedInlinePanel(
            "choices",
            heading=_("Choices"),
            label=_("Choice"),
            panels=[translated_panel(StatisticsChoice, "label")],
            help_text=_("“Prefer not to say” is always offered besides."),
        ),
    ]


class AnswerDeletionViewSet(RecordViewSet):
    model = AnswerDeletion
    icon = "bin"
    menu_label = _("Deleted answers")
    list_display = [
        MomentColumn("at", label=_("When"), sort_key="at"),
        Column("question", label=_("Question")),
        Column("run", label=_("Run")),
        Column("count", label=_("Answers deleted")),
        Column("reason", label=_("Why"), accessor="get_reason_display"),
    ]
    list_export = ["at", "question", "run", "count", "get_reason_display"]
    export_headings = {"get_reason_display": _("Why")}
    export_filename = "deleted-answers"

    def get_queryset(self, request):
        return AnswerDeletion.objects.select_related("question", "run")


class QuestionsGroup(SnippetViewSetGroup):
    menu_label = _("Questions")
    menu_icon = "form"
    menu_order = 115
    items = [QuestionViewSet, QuestionSetViewSet, StatisticsQuestionViewSet]


PICKS_PANEL = InlinePanel(
    "question_picks",
    heading=_("Questions of the form"),
    label=_("Question or set"),
    panels=[
        FieldRowPanel(
            [FieldPanel("question_set", widget=forms.Select), FieldPanel("question", widget=forms.Select)],
        )
    ],
    help_text=_("What people answer when they enroll or apply: whole sets, single questions, or both, in this order."),
    classname="collapsed",
)
