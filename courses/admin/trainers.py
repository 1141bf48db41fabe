"""Assigning trainers to a run, and inviting somebody new, from the run's page."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.users.models import Profile
from academy.users.names import NameField
from courses.models import CourseRun
from courses.office import trainers

from .run_actions import RunAction


class TrainersForm(forms.Form):
    trainers = forms.ModelMultipleChoiceField(
        Profile.objects.all(),
        label=gettext_lazy("Trainers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class AssignTrainers(RunAction):
    slug = "trainers"
    label = gettext_lazy("Assign trainers")
    icon = "user"
    form_class = TrainersForm

    @classmethod
    def is_offered(cls, run, user):
        return run.status != CourseRun.Status.CANCELLED

    def get_initial(self):
        return {"trainers": self.object.trainers.all()}

    def preview(self):
        return [
            _("Trainers see who comes and record attendance once they have an account."),
            _("Their public profile stands on the page of the course. Nobody is told by e-mail."),
        ]

    def perform(self, form):
        trainers.set_trainers(self.object, form.cleaned_data["trainers"], by=self.request.user)
        return _("The trainers of the run are set.")


class NewTrainerForm(forms.Form):
    name = NameField(label=gettext_lazy("Name"), help_text=gettext_lazy("As it should stand on the site."))
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254, required=False)
    invite = forms.BooleanField(
        label=gettext_lazy("Invite by e-mail"),
        required=False,
        help_text=gettext_lazy("Opens an account for the address, if it has none; no password is needed."),
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("invite") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Write the address to which the invitation goes."))
        return cleaned


class AddTrainer(RunAction):
    slug = "add-trainer"
    label = gettext_lazy("Add a new trainer")
    icon = "plus"
    permission = "users.add_profile"
    form_class = NewTrainerForm

    @classmethod
    def is_offered(cls, run, user):
        return run.status != CourseRun.Status.CANCELLED

    def preview(self):
        return [_("A public profile is made and teaches this run; texts and photo are added in the profile later.")]

    def perform(self, form):
        profile = trainers.add_trainer(self.object, by=self.request.user, **form.cleaned_data)
        if form.cleaned_data["invite"]:
            return _("%(name)s teaches the run; the invitation to %(email)s is on its way.") % {
                "name": profile,
                "email": profile.user.email,
            }
        return _("%(name)s teaches the run.") % {"name": profile}


TRAINER_ACTIONS = [AssignTrainers, AddTrainer]
