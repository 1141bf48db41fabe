"""What people fill in: the coaching brief, a reason, a single slot, a weekly time."""

from datetime import date, datetime, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from academy.users.names import NameField

from .models import CoachingSlot, WeeklyPattern
from .slots import NoSuchTime
from .wallclock import moment


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self):
        super().__init__(format="%H:%M")


class BookForm(forms.Form):
    """The coaching brief of a person who is signed in; asks for their name only if we do not know it."""

    name = NameField()
    brief = forms.CharField(
        label=_("What would you like to talk about?"),
        help_text=_("Your goal, where you stand, links to look at. It is for the mentor."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args, has_name=False, **kwargs):
        super().__init__(*args, **kwargs)
        if has_name:
            del self.fields["name"]


class VisitorForm(BookForm):
    """A visitor without an account: the address is verified by a code before the time is booked."""

    email = forms.EmailField(
        max_length=254,
        label=_("E-mail address"),
        help_text=_("We send a code there, so that nobody can book in your name. You need no password."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ["email", "name", "brief"]


class CancelForm(forms.Form):
    """Why; told to the other side."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The other side will read it."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PatternForm(forms.ModelForm):
    """A weekly time, in the mentor's own wall-clock time."""

    # SQLite's column takes numbers with which no clock can be reckoned.
    break_minutes = WeeklyPattern._meta.get_field("break_minutes").formfield(max_value=240)

    class Meta:
        model = WeeklyPattern
        fields = [
            "weekday",
            "from_time",
            "to_time",
            "slot_minutes",
            "break_minutes",
            "mode",
            "place",
            "valid_from",
            "valid_until",
        ]
        widgets = {
            "from_time": TimeInput(),
            "to_time": TimeInput(),
            "valid_from": DateInput(),
            "valid_until": DateInput(),
        }


class SlotForm(forms.ModelForm):
    """One slot, in the mentor's own wall-clock time."""

    day = forms.DateField(
        label=_("Day"),
        widget=DateInput(),
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))],
    )
    from_time = forms.TimeField(label=_("From"), widget=TimeInput())
    minutes = forms.IntegerField(label=_("Length (minutes)"), min_value=10, max_value=480, initial=45)
    break_minutes = forms.IntegerField(label=_("Break after it (minutes)"), min_value=0, max_value=240, initial=15)

    meeting_link = forms.URLField(
        label=_("Meeting link"), help_text=_("Empty means your usual one."), required=False, assume_scheme="https"
    )

    class Meta:
        model = CoachingSlot
        fields = ["capacity", "mode", "place", "meeting_link"]

    field_order = ["day", "from_time", "minutes", "break_minutes"]

    def __init__(self, *args, zone, **kwargs):
        """`zone` (ZoneInfo) is the mentor's."""
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self):
        values = super().clean()
        if values.get("day") and values.get("from_time"):
            values["starts_at"] = moment(datetime.combine(values["day"], values["from_time"]), self.zone)
            if values["starts_at"] is None:
                self.add_error("from_time", NoSuchTime.sentence)
        return values

    def offer(self):
        """Return the cleaned data as keyword arguments of slots.offer_slot()."""
        values = self.cleaned_data
        return {
            "starts_at": values["starts_at"],
            "ends_at": values["starts_at"] + timedelta(minutes=values["minutes"]),
            "minutes_after": values["break_minutes"],
            **{name: values[name] for name in self.Meta.fields},
        }
