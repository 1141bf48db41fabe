"""What jurors fill in. A draft may have gaps; submitting asks for everything, beside its field."""

from django import forms
from django.utils.translation import gettext_lazy as _

# A longer scale is typed instead of tapped.
LONGEST_ROW = 11


class ReviewForm(forms.Form):
    """One application, as one juror sees it: a score and a comment per criterion, and one comment for the whole."""

    comment = forms.CharField(
        label=_("Comment on the whole application"),
        help_text=_("The office and, once they have submitted their own reviews, the other jurors read it."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    no_conflict = forms.BooleanField(
        label=_("I have no conflict of interest in this application"),
        required=False,
        help_text=_("Needed when you submit. If you have one, declare it below instead."),
    )

    def __init__(self, *args, selection, criteria, review=None, **kwargs):
        scores = {score.criterion_id: score for score in review.scores.all()} if review else {}
        initial = {"comment": review.comment if review else ""}
        for criterion, score in scores.items():
            initial[f"score_{criterion}"], initial[f"comment_{criterion}"] = score.value, score.comment
        super().__init__(*args, initial=initial, **kwargs)
        self.criteria = criteria
        for criterion in criteria:
            self.fields[f"score_{criterion.pk}"] = self._score_field(selection, criterion)
            self.fields[f"comment_{criterion.pk}"] = forms.CharField(
                label=_("Comment"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )

        self.order_fields([name for name in self.fields if name not in ("comment", "no_conflict")])

    @staticmethod
    def _score_field(selection, criterion):
        if len(selection.scale) > LONGEST_ROW:
            return forms.IntegerField(
                label=criterion.title,
                min_value=selection.scale_min,
                max_value=selection.scale_max,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "size": 4}),
            )
        return forms.TypedChoiceField(
            label=criterion.title,
            choices=[(value, str(value)) for value in selection.scale],
            coerce=int,
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
        )

    @property
    def rows(self):
        """(criterion, bound score field, bound comment field) of each criterion."""
        return [(one, self[f"score_{one.pk}"], self[f"comment_{one.pk}"]) for one in self.criteria]

    @property
    def scores(self):
        """What save_review() takes, of a valid form."""
        data = self.cleaned_data
        return {one.pk: (data[f"score_{one.pk}"], data[f"comment_{one.pk}"]) for one in self.criteria}

    def is_complete(self):
        """Whether it can be submitted; says beside each field what is missing."""
        for criterion in self.criteria:
            name = f"score_{criterion.pk}"
            if name not in self.errors and self.cleaned_data.get(name) is None:
                self.add_error(name, _("Choose a score."))
        if not self.cleaned_data.get("no_conflict"):
            self.add_error("no_conflict", _("Confirm this, or declare your conflict of interest below."))
        return not self.errors


class ConflictForm(forms.Form):
    """Why a juror cannot be impartial."""

    reason = forms.CharField(
        label=_("What connects you with the applicant?"),
        help_text=_("Such as family, a shared company or a contract. It stands in the minutes."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
