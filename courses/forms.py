"""What people fill in about courses. Every field keeps what was typed when something is wrong."""

from django import forms
from django.utils.translation import gettext_lazy as _

from academy.users.names import NameField

from .models import Attendance
from .questions.forms import QuestionsForm


class ConfirmForm(QuestionsForm):
    """A signed-in person enrolls: the name is confirmed, the run's questions are answered."""

    name = NameField()


class EnrollForm(ConfirmForm):
    """A visitor without an account enrolls: the address is verified by a code before the seat is decided."""

    email = forms.EmailField(
        max_length=254,
        label=_("E-mail address"),
        help_text=_("We send a code there, so that nobody can enroll in your name. You need no password."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    # The run's questions follow.
    field_order = ["email", "name"]


class ReasonForm(forms.Form):
    """Why somebody cancels; the person need not say."""

    reason = forms.CharField(
        label=_("Why are you cancelling?"),
        help_text=_("It helps us to plan. Only the office sees it."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MarkForm(forms.Form):
    """One person's attendance at one session.

    Every field repeats, hidden, what the page showed when it was opened. Only
    what the trainer changed is saved, so an old page left open on a second
    phone cannot undo what was recorded since.
    """

    PRESENT = Attendance.Status.PRESENT
    MISSED = (Attendance.Status.LATE, Attendance.Status.LEFT_EARLY)

    status = forms.ChoiceField(
        label=_("Attendance"), required=False, widget=forms.RadioSelect, show_hidden_initial=True
    )
    missed = forms.IntegerField(
        label=_("Minutes missed"),
        required=False,
        min_value=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "size": 4}),
        show_hidden_initial=True,
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300, show_hidden_initial=True)

    def __init__(self, *args, session, place, record=None, **kwargs):
        initial = {}
        if record:
            initial = {"status": record.status, "note": record.note}
            if record.status in self.MISSED:
                initial["missed"] = session.minutes - record.minutes
        super().__init__(*args, initial=initial, **kwargs)
        self.session = session
        self.place = place
        self.record = record
        nothing = [] if record else [("", _("Not recorded"))]
        self.fields["status"].choices = [*nothing, *Attendance.Status.choices]

    def clean(self):
        data = super().clean()
        if data.get("status") in self.MISSED and "missed" in data:
            missed = data["missed"]
            if not missed:
                self.add_error("missed", _("Say how many minutes the person missed."))
            elif missed >= self.session.minutes:
                self.add_error("missed", _("That is the whole session. Choose “Absent” instead."))
        return data

    @property
    def seen_status(self):
        """The hidden copy of what the page showed; the radio buttons are drawn one by one, without it."""
        return self["status"].as_hidden(only_initial=True)

    @property
    def mark(self):
        """What mark_many() takes: status, minutes attended or None for the usual number, note."""
        data = self.cleaned_data
        minutes = self.session.minutes - data["missed"] if data["status"] in self.MISSED else None
        return data["status"], minutes, data["note"]

    @property
    def is_correction(self):
        """Whether a recorded status or number of minutes would change."""
        return bool(self.record and {"status", "missed"} & set(self.changed_data))


class RosterForm(forms.Form):
    """What goes with the whole list: why recorded values change."""

    reason = forms.CharField(
        label=_("Reason for the correction"),
        help_text=_("Needed only when you change what was recorded before. The old value stays in the history."),
        max_length=300,
        required=False,
    )


class WalkInForm(forms.Form):
    """Somebody who is in the room without a place."""

    name = NameField(help_text=_("As it should stand on the certificate."))
    email = forms.EmailField(
        max_length=254,
        label=_("E-mail address"),
        help_text=_("For the person's certificate and result; ask them for it."),
    )
    reason = forms.CharField(
        label=_("Reason for going over capacity"),
        help_text=_("Needed only when the run is full."),
        max_length=300,
        required=False,
    )


class FinalTaskForm(forms.Form):
    """One person's final task; like MarkForm it saves only what was changed on the page."""

    result = forms.ChoiceField(
        label=_("Final task"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("", _("Not assessed")), ("met", _("Passed")), ("not_met", _("Not passed"))],
        show_hidden_initial=True,
    )
    comment = forms.CharField(
        label=_("Comment for the learner"), required=False, max_length=1000, show_hidden_initial=True
    )

    def __init__(self, *args, place, **kwargs):
        task = getattr(place, "final_task", None)
        initial = {"result": "met" if task.is_met else "not_met", "comment": task.comment} if task else {}
        super().__init__(*args, initial=initial, **kwargs)
        self.place = place

    @property
    def seen_result(self):
        return self["result"].as_hidden(only_initial=True)
