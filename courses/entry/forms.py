"""What the enrollment form asks because of the run's terms: a code, the experience, the part of the trade."""

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.models.catalogue import Segment
from courses.models.delivery import CourseRun

from . import conditions
from .models import EXPERIENCE, SeatQuota

SOMETHING_ELSE = "other"


class Terms:
    """The questions that a run (read by with_conditions()) asks of whoever enrolls themselves; most runs ask none."""

    def __init__(self, run):
        quotas = list(SeatQuota.objects.filter(run=run)) if run.has_quotas else []
        self.asks_code = run.entry == CourseRun.Entry.INVITATION
        self.asks_level = any(quota.level for quota in quotas)
        self.segments = conditions.audience_of(run)
        if not self.segments and any(quota.segment_id for quota in quotas):
            self.segments = list(Segment.objects.all())

    def ask(self, form, *, code="", is_draft=False):
        """Add the questions to the form, in front of the run's own; `code` (str) is filled in. Return the form."""
        fields = {}
        if self.asks_code:
            fields["invitation"] = forms.CharField(
                label=_("Code from your invitation"),
                max_length=100,
                required=not is_draft,
                help_text=_("Twelve letters and digits. Capital letters and dashes do not matter."),
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "size": 18}),
            )
        if self.asks_level:
            fields["level"] = forms.ChoiceField(
                label=_("Your experience in the field"),
                choices=EXPERIENCE,
                required=not is_draft,
                help_text=_("Some places are kept by it."),
                widget=forms.RadioSelect,
            )
        if self.segments:
            fields["segment"] = forms.ChoiceField(
                label=_("What is closest to your work?"),
                choices=[*((str(one.pk), one.name) for one in self.segments), (SOMETHING_ELSE, _("Something else"))],
                required=not is_draft,
                widget=forms.RadioSelect,
            )
        own = {name: field for name, field in form.fields.items() if name in type(form).base_fields}
        form.fields = {**own, **fields, **{name: field for name, field in form.fields.items() if name not in own}}
        if code and self.asks_code:
            form.initial = {**form.initial, "invitation": code}
        return form

    def said(self, form):
        """What enroll() wants to know (dict), from a valid form."""
        values = form.cleaned_data
        chosen = values.get("segment", "")
        return {
            "invitation": values.get("invitation", ""),
            "level": values.get("level", ""),
            "segment": next((one for one in self.segments if str(one.pk) == chosen), None),
        }
