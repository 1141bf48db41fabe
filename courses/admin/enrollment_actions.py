"""What the office does to one enrollment, and adding a person who called."""

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.admin.actions import ActionView, ReasonForm
from academy.users.names import NameField
from courses import completion, enrollment
from courses.errors import ReasonMissing
from courses.models import CourseRun, Enrollment
from courses.office import places
from courses.office.places import Way

from .run_actions import RunAction

S = Enrollment.Status


class EnrollmentAction(ActionView):
    model = Enrollment
    permission = "courses.change_enrollment"

    def get_queryset(self):
        return Enrollment.objects.select_related("run__course", "learner")

    def get_page_subtitle(self):
        return f"{self.object.learner}, {self.object.run.code}"

    def get_return_url(self):
        return reverse(CourseRun.snippet_viewset.get_url_name("inspect"), args=[self.object.run_id])


class OptionalReasonForm(ReasonForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _("Stands in the mail, if you write one.")


class Approve(EnrollmentAction):
    slug = "approve"
    label = gettext_lazy("Approve")
    icon = "check"

    @classmethod
    def is_offered(cls, row, user):
        return row.status == S.APPLIED

    def preview(self):
        return [
            _("A free place is confirmed; if there is none or others wait, the person joins the waiting list."),
            _("The person is told by e-mail."),
        ]

    def perform(self, form):
        made = enrollment.approve(self.object, by=self.request.user)
        return _("Done. The state is now: %(status)s.") % {"status": made.get_status_display()}


class Decline(EnrollmentAction):
    slug = "decline"
    label = gettext_lazy("Decline")
    icon = "cross"
    is_serious = True
    form_class = OptionalReasonForm

    @classmethod
    def is_offered(cls, row, user):
        return row.status == S.APPLIED

    def preview(self):
        return [_("The application is declined and the person is told by e-mail.")]

    def perform(self, form):
        enrollment.decline(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The application is declined.")


class GiveSeat(EnrollmentAction):
    slug = "give-seat"
    label = gettext_lazy("Give a place now")
    icon = "order-up"
    form_class = OptionalReasonForm

    @classmethod
    def is_offered(cls, row, user):
        return row.status in (S.WAITING, S.OFFERED, S.APPLIED)

    def preview(self):
        return [
            _("The person gets a place at once, before anybody else who waits, and is told by e-mail."),
            _("Past others, or over capacity, a reason is needed; it stays on record."),
        ]

    def perform(self, form):
        enrollment.give_seat(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The place is confirmed.")


class Withdraw(EnrollmentAction):
    slug = "withdraw"
    label = gettext_lazy("Withdraw")
    icon = "bin"
    is_serious = True
    form_class = ReasonForm

    @classmethod
    def is_offered(cls, row, user):
        return row.status in (S.DRAFT, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)

    def preview(self):
        return [
            _("The enrollment ends and the person is told by e-mail."),
            _("A seat that becomes free goes to the next person on the waiting list."),
        ]

    def perform(self, form):
        enrollment.withdraw(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The enrollment is withdrawn.")


class FinalTaskForm(forms.Form):
    is_met = forms.TypedChoiceField(
        label=gettext_lazy("Final task"),
        choices=[("met", gettext_lazy("Met")), ("not_met", gettext_lazy("Not met"))],
        coerce=lambda choice: choice == "met",
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(label=gettext_lazy("Comment"), max_length=1000, required=False, widget=forms.Textarea)


class AssessFinalTask(EnrollmentAction):
    slug = "final-task"
    label = gettext_lazy("Assess final task")
    icon = "edit"
    form_class = FinalTaskForm

    @classmethod
    def is_offered(cls, row, user):
        return row.run.course.has_final_task and row.status in Enrollment.SEATED

    def perform(self, form):
        completion.record_final_task(self.object, by=self.request.user, **form.cleaned_data)
        return _("The final task is assessed.")


class PersonForm(forms.Form):
    name = NameField(help_text=gettext_lazy("As it should stand on a certificate."))
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of mails"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )
    way = forms.ChoiceField(
        label=gettext_lazy("What they get"),
        choices=[
            (Way.PLACE, gettext_lazy("A place, if one is free")),
            (Way.WAITING, gettext_lazy("The end of the waiting list")),
            (Way.OVER, gettext_lazy("A place over capacity or before others")),
        ],
        initial=Way.PLACE,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for a place over capacity or before others"), max_length=300, required=False
    )
    waiver_reason = forms.CharField(
        label=gettext_lazy("Reason for an exception from the courses to be completed first"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed only where the course asks for another one that the person has not completed."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For the office only; it stands in the history."),
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("way") == Way.OVER and not cleaned.get("reason", "").strip():
            self.add_error("reason", ReasonMissing.sentence)
        return cleaned


class AddPerson(RunAction):
    slug = "add-person"
    label = gettext_lazy("Add a person")
    icon = "user"
    permission = "courses.add_enrollment"
    form_class = PersonForm

    @classmethod
    def is_offered(cls, run, user):
        return run.status == CourseRun.Status.PUBLISHED

    def preview(self):
        return [
            _("For somebody who called or wrote. They get the same e-mail as if they had enrolled themselves."),
            _("If the address has an account, that account is enrolled and keeps its own name."),
        ]

    def perform(self, form):
        made = places.add_person(self.object, by=self.request.user, **form.cleaned_data)
        learner = made.learner
        return _("%(person)s: %(status)s.") % {"person": learner, "status": made.get_status_display()}


ENROLLMENT_ACTIONS = [Approve, Decline, GiveSeat, AssessFinalTask, Withdraw]
