"""The calls with a jury in the admin: their settings, and one page with the jury, the ranked list and the history."""

from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views import snippets

from academy.admin.actions import action_buttons
from academy.admin.deletion import ProtectedChildFormSet, ProtectedInlinePanel
from academy.admin.panels import TranslatedModelForm, translated_panel
from academy.admin.viewsets import AcademySnippetViewSet, MomentColumn, SnippetInspectView
from academy.admin.wall_clock import WallClockField, WallClockMixin
from courses.models import Conflict, CourseRun, Criterion, Juror, Review, Selection
from courses.seats import lock_run

from .actions import (
    APPLICATION_ACTIONS,
    SELECTION_ACTIONS,
    CheckApplication,
    RemoveJuror,
    ReopenReview,
    UndoMove,
    minutes_links,
)
from .jury import FULL_WEIGHT, offer_to_reserves
from .ranking import not_checked, not_eligible, points_of, ranking

HISTORY_LENGTH = 200


def is_judged(selection):
    """Whether a juror has written anything, so that scale and criteria stay as they are."""
    return bool(selection.pk) and Review.objects.filter(juror__selection=selection).exists()


class CriteriaFormSet(ProtectedChildFormSet):
    """Criteria whose weights add up to 100; fixed once a juror has scored by them."""

    def clean(self):
        super().clean()
        kept = [
            form
            for form in self.forms
            if form not in self.deleted_forms and form.has_changed() | bool(form.instance.pk)
        ]
        if is_judged(self.instance) and (
            self.deleted_forms or any({"weight"} & set(form.changed_data) or not form.instance.pk for form in kept)
        ):
            raise ValidationError(_("The jury has begun to score, so criteria and weights stay as they are."))
        total = sum(form.cleaned_data.get("weight") or 0 for form in kept if hasattr(form, "cleaned_data"))
        if kept and total != FULL_WEIGHT:
            raise ValidationError(
                _("The weights add up to %(total)s, not to 100."), params={"total": total}, code="weights"
            )


class SelectionForm(WallClockMixin, TranslatedModelForm):
    """The settings of a call; the date of the results is on the clocks of its run."""

    class Meta(TranslatedModelForm.Meta):
        field_classes = {"results_at": WallClockField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_locked = is_judged(self.instance)
        if self.instance.pk and "run" in self.fields:
            self.fields["run"].disabled = True
        for name in ("scale_min", "scale_max", "is_blind"):
            if self.is_locked and name in self.fields:
                self.fields[name].disabled = True

    def _zone(self):
        run = CourseRun.objects.filter(pk=self.instance.run_id).first()
        return ZoneInfo(run.time_zone if run else settings.TIME_ZONE)


class SelectionCreateView(snippets.CreateView):
    """A new call; from then on free seats of its run are offered to the reserves."""

    inspect_url_name = None

    def save_instance(self):
        with transaction.atomic():
            made = super().save_instance()
            offer_to_reserves(lock_run(made.run_id))
            return made

    def get_success_url(self):
        return reverse(self.inspect_url_name, args=[self.object.pk])


class SelectionEditView(snippets.EditView):
    """Saves under the lock of the run: rules write the same row."""

    def post(self, request, *args, **kwargs):
        with transaction.atomic():
            lock_run(self.object.run_id)
            self.object = Selection.objects.get(pk=self.object.pk)
            return super().post(request, *args, **kwargs)

    def get_success_url(self):
        return reverse(self.inspect_url_name, args=[self.object.pk])


class SelectionInspectView(SnippetInspectView):
    """Jury, formal checks, ranked list and history of one call, in a number of queries that does not grow."""

    def get_object(self, queryset=None):
        return get_object_or_404(Selection.objects.select_related("run__course"), pk=unquote(str(self.pk)))

    def get_fields_context(self):
        return []

    def get_page_title(self):
        return _("Call with a jury")

    def get_page_subtitle(self):
        return self.object.run.code

    def get_context_data(self, **kwargs):
        selection, user = self.object, self.request.user
        criteria = list(selection.criteria.all())
        rows = ranking(selection)
        return super().get_context_data(
            **kwargs,
            selection=selection,
            run=selection.run,
            buttons=action_buttons(self.actions, selection, user),
            edit_url=self.get_edit_url(),
            run_url=reverse(CourseRun.snippet_viewset.get_url_name("inspect"), args=[selection.run_id]),
            minutes=minutes_links(selection),
            criteria=criteria,
            jury=self._jury(rows),
            unchecked=[(row, action_buttons([CheckApplication], row, user)) for row in not_checked(selection)],
            refused=[(row, action_buttons([CheckApplication], row, user)) for row in not_eligible(selection)],
            ranked=[self._ranked(row, criteria) for row in rows],
            events=selection.events.select_related("enrollment__learner", "juror__user", "by").order_by("-at", "-pk")[
                :HISTORY_LENGTH
            ],
        )

    def _jury(self, rows):
        """[(juror, reviews submitted, reviews still to come, conflicts, buttons)]."""
        user = self.request.user
        conflicts = {}
        for conflict in Conflict.objects.filter(juror__selection=self.object).select_related("enrollment__learner"):
            conflicts.setdefault(conflict.juror_id, []).append(conflict)
        found = []
        for juror in Juror.objects.active().filter(selection=self.object).select_related("user"):
            juror.selection = self.object
            submitted = sum(juror.pk in row.reviews for row in rows)
            missing = sum(juror in row.missing for row in rows)
            buttons = action_buttons([RemoveJuror], juror, user)
            found.append((juror, submitted, missing, conflicts.get(juror.pk, []), buttons))
        return found

    def _ranked(self, row, criteria):
        """(Ranked, its reviews in words, its buttons)."""
        user = self.request.user
        actions = [one for one in APPLICATION_ACTIONS if one is not UndoMove or row.is_moved]
        weights = {criterion.pk: criterion.weight for criterion in criteria}
        reviews = []
        for review in row.reviews.values():
            scores = {score.criterion_id: score for score in review.scores.all()}
            is_open = self.object.scoring_closed_at is None
            reviews.append(
                {
                    "review": review,
                    "points": float(points_of(review, weights)),
                    "scores": [(criterion, scores.get(criterion.pk)) for criterion in criteria],
                    "buttons": action_buttons([ReopenReview], review, user) if is_open else [],
                }
            )
        return row, reviews, action_buttons(actions, row.enrollment, user)


CRITERION_PANELS = [
    translated_panel(Criterion, "title"),
    translated_panel(Criterion, "description"),
    "weight",
]


class SelectionViewSet(AcademySnippetViewSet):
    model = Selection
    icon = "clipboard-list"
    menu_label = gettext_lazy("Calls with a jury")
    actions = SELECTION_ACTIONS
    add_view_class = SelectionCreateView
    edit_view_class = SelectionEditView
    inspect_view_class = SelectionInspectView
    inspect_template_name = "courses/admin/selection.html"
    base_form_class = SelectionForm
    add_to_reference_index = False
    list_display = [
        Column("run", label=gettext_lazy("Run"), sort_key="run__code"),
        Column("course", label=gettext_lazy("Course"), accessor="run.course"),
        MomentColumn("closes", label=gettext_lazy("Closes"), accessor="run.closes_at", sort_key="run__closes_at"),
        MomentColumn("results_at", label=gettext_lazy("Results by"), sort_key="results_at"),
        MomentColumn("decided_at", label=gettext_lazy("Decided"), sort_key="decided_at"),
    ]
    ordering = ["-run__closes_at", "-pk"]
    search_fields = ["run__code"]
    list_export = ["run.code", "run.course", "run.closes_at", "results_at", "decided_at", "places_given"]
    export_headings = {
        "run.code": gettext_lazy("Run"),
        "run.course": gettext_lazy("Course"),
        "run.closes_at": gettext_lazy("Closes"),
    }
    export_filename = "calls"
    panels = [
        FieldPanel("run", widget=forms.Select),
        MultiFieldPanel(
            [FieldRowPanel(["scale_min", "scale_max"]), "is_blind"],
            gettext_lazy("How the jury scores"),
            help_text=gettext_lazy("Fixed once the first juror has scored."),
        ),
        ProtectedInlinePanel(
            "criteria",
            heading=gettext_lazy("Criteria"),
            label=gettext_lazy("Criterion"),
            panels=CRITERION_PANELS,
            formset=CriteriaFormSet,
            form=TranslatedModelForm,
            help_text=gettext_lazy("The weights add up to 100."),
        ),
        MultiFieldPanel(["results_at", FieldRowPanel(["places", "reserve_places"])], gettext_lazy("Results")),
    ]

    def get_queryset(self, request):
        return Selection.objects.select_related("run__course")

    def get_add_view_kwargs(self, **kwargs):
        return super().get_add_view_kwargs(inspect_url_name=self.get_url_name("inspect"), **kwargs)
