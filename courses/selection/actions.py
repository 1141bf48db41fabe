"""What staff do with a call: invite the jury, check applications, change the order, close the scoring, decide."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override
from django.views.decorators.http import require_safe
from wagtail.admin.widgets import AdminDateTimeInput

from academy import times
from academy.admin.actions import ActionView, ReasonForm
from academy.admin.wall_clock import WallClockField
from academy.users.names import NameField
from courses.models import CourseRun, Enrollment, Juror, Review, Selection, Verdict

from . import decisions, jury, letters
from .minutes import minutes_of
from .permissions import can_run_selections
from .ranking import not_checked, ranking

S = Enrollment.Status


def page_of(selection):
    """The address of a call's page in the admin."""
    return reverse(Selection.snippet_viewset.get_url_name("inspect"), args=[selection.pk])


class SetUpJury(ActionView):
    """From a run to the jury of its call; the first time it is set up."""

    model = CourseRun
    slug = "jury"
    permission = "courses.change_selection"
    label = gettext_lazy("Jury and decisions")
    submit_label = gettext_lazy("Set up the jury")
    icon = "clipboard-list"

    @classmethod
    def is_offered(cls, run, user):
        return run.entry == CourseRun.Entry.CALL

    def get(self, request, *args, **kwargs):
        selection = Selection.objects.filter(run=self.object).first()
        return redirect(page_of(selection)) if selection else super().get(request, *args, **kwargs)

    def preview(self):
        return [
            _("Applications to this run are judged by a jury and decided together."),
            _("Free seats are then offered to the reserves, each with a deadline."),
            _("Next you fill in the criteria and their weights."),
        ]

    def perform(self, form):
        self.selection = jury.set_up(self.object)
        return _("The jury is set up. Fill in the criteria.")

    def get_success_url(self):
        made = getattr(self, "selection", None)
        return (
            reverse(Selection.snippet_viewset.get_url_name("edit"), args=[made.pk]) if made else self.get_return_url()
        )


class SelectionAction(ActionView):
    model = Selection
    permission = "courses.change_selection"

    def get_queryset(self):
        return Selection.objects.select_related("run__course")

    def get_page_subtitle(self):
        return self.object.run.code

    def get_breadcrumbs_items(self):
        *others, last = super().get_breadcrumbs_items()
        others[-1]["label"] = self.object.run.code
        return [*others, last]

    @classmethod
    def is_offered(cls, selection, user):
        return selection.decided_at is None


class JurorForm(forms.Form):
    name = NameField()
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of mails"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )


class InviteJuror(SelectionAction):
    slug = "invite-juror"
    label = gettext_lazy("Invite a juror")
    icon = "user"
    form_class = JurorForm

    def preview(self):
        return [
            _("The person gets a mail and logs in by a code; an account is opened if they have none."),
            _("They see the applications to this call only, and nothing in the admin."),
        ]

    def perform(self, form):
        values = form.cleaned_data
        juror = jury.invite_juror(
            self.object,
            values["email"],
            name=values["name"],
            language=values["language"],
            by=self.request.user,
        )
        return _("%(person)s is invited.") % {"person": juror.user}


class CheckTheRest(SelectionAction):
    slug = "check-the-rest"
    label = gettext_lazy("The others meet the conditions")
    icon = "check"

    def preview(self):
        numbers = [str(row.pk) for row in not_checked(self.object)]
        if not numbers:
            return [_("Every application was checked already.")]
        return [
            _("These applications meet the conditions and go to the jury: %(numbers)s.")
            % {"numbers": ", ".join(numbers)}
        ]

    def perform(self, form):
        done = jury.check_the_rest(self.object, by=self.request.user)
        return ngettext("%(count)s application checked.", "%(count)s applications checked.", done) % {"count": done}


class CloseScoring(SelectionAction):
    slug = "close-scoring"
    label = gettext_lazy("Close the scoring")
    icon = "lock"

    @classmethod
    def is_offered(cls, selection, user):
        return selection.scoring_closed_at is None

    def preview(self):
        gaps = sum(len(row.missing) for row in ranking(self.object))
        drafts = Review.objects.filter(juror__selection=self.object, submitted_at=None).count()
        return [
            _("What jurors have submitted counts; drafts do not, and nobody can score any more."),
            _("Reviews missing: %(missing)s, of which drafts: %(drafts)s.") % {"missing": gaps, "drafts": drafts},
        ]

    def perform(self, form):
        jury.close_scoring(self.object, by=self.request.user)
        return _("The scoring is closed.")


class ReopenScoring(SelectionAction):
    slug = "reopen-scoring"
    label = gettext_lazy("Open the scoring again")
    icon = "lock-open"
    form_class = ReasonForm

    @classmethod
    def is_offered(cls, selection, user):
        return selection.decided_at is None and selection.scoring_closed_at is not None

    def perform(self, form):
        jury.reopen_scoring(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("Jurors can score again.")


class SentencesForm(forms.Form):
    """One sentence per application, and one for all that have none."""

    for_the_rest = forms.CharField(
        label=gettext_lazy("For all others that have none yet"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        for row in rows:
            self.fields[f"row_{row.enrollment.pk}"] = forms.CharField(
                label=f"{row.rank}. {row.enrollment.learner} ({row.enrollment.pk})",
                required=False,
                max_length=300,
                initial=row.feedback,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def sentences(self):
        """{enrollment id: sentence} as filled in."""
        rest = self.cleaned_data["for_the_rest"]
        return {
            int(name.removeprefix("row_")): text or rest
            for name, text in self.cleaned_data.items()
            if name.startswith("row_")
        }


class WriteSentences(SelectionAction):
    slug = "sentences"
    label = gettext_lazy("Sentences for people")
    submit_label = gettext_lazy("Save the sentences")
    icon = "edit"
    form_class = SentencesForm

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "rows": ranking(self.object)}

    def preview(self):
        return [
            _("The sentence stands in the person’s mail and on their page, whatever the outcome."),
            _("Nobody is declined without one. Who does not meet the conditions gets the reason of the formal check."),
        ]

    def perform(self, form):
        decisions.say_many(self.object, form.sentences(), by=self.request.user)
        return _("The sentences are saved.")


class DecisionForm(forms.Form):
    places = forms.IntegerField(label=gettext_lazy("Places to give"), min_value=0, max_value=100_000, required=False)
    reserve_places = forms.IntegerField(
        label=gettext_lazy("Places on the reserve list"),
        min_value=0,
        max_value=100_000,
        required=False,
        help_text=gettext_lazy("Empty means no limit."),
    )
    offer_until = WallClockField(label=gettext_lazy("Offers are valid until"), widget=AdminDateTimeInput)
    tie_reason = forms.CharField(
        label=gettext_lazy("Why a tie on the line was decided so"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed only if the line falls between equal points. It stands in the minutes."),
    )

    def __init__(self, *args, zone, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["offer_until"].zone = zone


class SendDecisions(SelectionAction):
    slug = "decide"
    label = gettext_lazy("Send the decisions")
    icon = "mail"
    is_serious = True
    has_two_steps = True
    form_class = DecisionForm
    template_name = "courses/admin/decide.html"

    @classmethod
    def is_offered(cls, selection, user):
        return selection.decided_at is None and selection.scoring_closed_at is not None

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "zone": ZoneInfo(self.object.run.time_zone)}

    def get_initial(self):
        planned = decisions.plan(self.object)
        free = sum(one.outcome == Verdict.Outcome.ACCEPTED for one in planned)
        return {
            "places": self.object.places if self.object.places is not None else free,
            "reserve_places": self.object.reserve_places,
            "offer_until": (timezone.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0),
        }

    def preview(self):
        return [
            _("Everybody is told in one go: offers with a deadline, numbers on the reserve list, and refusals."),
            _("This cannot be undone. First you see every mail as it will be sent."),
        ]

    def form_valid(self, form):
        values = form.cleaned_data
        if self.object.decided_at is None:
            found = decisions.obstacles(self.object, **values)
            for sentence in found:
                form.add_error(None, sentence)
            if found:
                return self.form_invalid(form)
        self.plan = decisions.plan(self.object, places=values["places"], reserve_places=values["reserve_places"])
        return super().form_valid(form)

    def consequences(self, form):
        self.letters = [
            (one, letters.preview(one, form.cleaned_data["offer_until"])) for one in self._with_run(self.plan)
        ]
        counted = {outcome: sum(one.outcome == outcome for one in self.plan) for outcome in Verdict.Outcome}
        return [
            _("Accepted: %(accepted)s, reserve list: %(reserve)s, declined: %(declined)s.")
            % {outcome.value: number for outcome, number in counted.items()},
            _("Offers are valid until %(until)s.")
            % {"until": times.moment(form.cleaned_data["offer_until"], self.object.run.time_zone)},
        ]

    def _with_run(self, plan):
        for one in plan:
            one.enrollment.run = self.object.run
            yield one

    def get_context_data(self, **kwargs):
        plan = getattr(self, "plan", None)
        return super().get_context_data(
            letters=getattr(self, "letters", []), seen=decisions.fingerprint(plan) if plan is not None else "", **kwargs
        )

    def perform(self, form):
        decisions.decide(self.object, by=self.request.user, seen=self.request.POST.get("seen", ""), **form.cleaned_data)
        return _("The decisions are sent.")


class ApplicationAction(ActionView):
    """Something about one application of a call."""

    model = Enrollment
    permission = "courses.change_selection"

    def get_queryset(self):
        return Enrollment.objects.filter(run__selection__isnull=False).select_related("run__selection", "learner")

    @classmethod
    def is_offered(cls, row, user):
        return row.status == S.APPLIED

    def get_page_subtitle(self):
        return f"{self.object.learner}, {self.object.run.code}"

    def get_return_url(self):
        return page_of(self.object.run.selection)


class CheckForm(forms.Form):
    is_eligible = forms.TypedChoiceField(
        label=gettext_lazy("Conditions of the call"),
        choices=[("met", gettext_lazy("Met")), ("not_met", gettext_lazy("Not met"))],
        coerce=lambda choice: choice == "met",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed where they are not met; the person reads it in their mail."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CheckApplication(ApplicationAction):
    slug = "formal-check"
    label = gettext_lazy("Formal check")
    icon = "tasks"
    form_class = CheckForm

    def perform(self, form):
        jury.check_application(self.object, by=self.request.user, **form.cleaned_data)
        return _("The formal check is recorded.")


class RankForm(ReasonForm):
    rank = forms.IntegerField(label=gettext_lazy("Rank"), min_value=1, max_value=100_000)
    field_order = ["rank", "reason"]


class MoveInRanking(ApplicationAction):
    slug = "move-in-ranking"
    label = gettext_lazy("Change the rank")
    icon = "order"
    form_class = RankForm

    def preview(self):
        return [_("The reason stays on record and stands in the minutes.")]

    def perform(self, form):
        decisions.move_to(
            self.object, form.cleaned_data["rank"], reason=form.cleaned_data["reason"], by=self.request.user
        )
        return _("The rank is changed.")


class UndoMove(ApplicationAction):
    slug = "undo-move"
    label = gettext_lazy("Rank by points again")
    icon = "undo"

    def perform(self, form):
        decisions.undo_move(self.object, by=self.request.user)
        return _("The application stands where its points place it.")


class RemoveJuror(ActionView):
    model = Juror
    slug = "remove"
    permission = "courses.change_selection"
    label = gettext_lazy("Take off the jury")
    icon = "bin"
    is_serious = True
    form_class = ReasonForm

    def get_queryset(self):
        return Juror.objects.active().select_related("selection__run", "user")

    @classmethod
    def is_offered(cls, juror, user):
        return juror.selection.scoring_closed_at is None

    def preview(self):
        return [_("What they submitted stays on record and counts no more.")]

    def perform(self, form):
        jury.remove_juror(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("%(person)s is no longer on the jury.") % {"person": self.object.user}

    def get_page_subtitle(self):
        return str(self.object.user)

    def get_return_url(self):
        return page_of(self.object.selection)


class ReopenReview(ActionView):
    model = Review
    slug = "reopen"
    permission = "courses.change_selection"
    label = gettext_lazy("Give back")
    icon = "undo"
    form_class = ReasonForm

    def get_queryset(self):
        return Review.objects.select_related("juror__selection__run", "juror__user", "enrollment__learner")

    @classmethod
    def is_offered(cls, review, user):
        return review.submitted_at is not None

    def preview(self):
        return [_("The review becomes a draft again, which its juror can change and submit.")]

    def perform(self, form):
        jury.reopen_review(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The review is given back.")

    def get_page_subtitle(self):
        return f"{self.object.juror.user}: {self.object.enrollment.learner}"

    def get_return_url(self):
        return page_of(self.object.juror.selection)


@require_safe
def minutes(request, pk, language, kind):
    """The minutes of a call as a download, PDF or XLSX, in one of the site's languages; for those who run calls."""
    if not can_run_selections(request.user):
        raise PermissionDenied
    selection = get_object_or_404(Selection.objects.select_related("run__course", "decided_by"), pk=pk)
    if language not in dict(settings.LANGUAGES) or kind not in MINUTES:
        raise Http404
    from . import documents  # noqa: PLC0415  fonts and reportlab stay out of web workers until somebody asks

    with override(language):
        found = minutes_of(selection)
        content = documents.pdf(found, language=language) if kind == "pdf" else documents.xlsx(found)
    name = f"{selection.run.code}-{language}.{kind}"
    return HttpResponse(
        content,
        content_type=MINUTES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


def minutes_links(selection):
    """(label, address) of every kind of minutes in every language."""
    return [
        (f"{kind.upper()}, {name}", reverse("admin_selection_minutes", args=[selection.pk, language, kind]))
        for language, name in settings.LANGUAGES
        for kind in MINUTES
    ]


MINUTES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MINUTES_ROUTE = path("selection/<int:pk>/minutes.<slug:language>.<slug:kind>", minutes, name="admin_selection_minutes")
SELECTION_ACTIONS = [InviteJuror, CheckTheRest, CloseScoring, ReopenScoring, WriteSentences, SendDecisions]
APPLICATION_ACTIONS = [CheckApplication, MoveInRanking, UndoMove]
ALL_ACTIONS = [SetUpJury, *SELECTION_ACTIONS, *APPLICATION_ACTIONS, RemoveJuror, ReopenReview]
