"""Which people of a run: by state, organisation, way they came, name or address; for list, bulk actions and export."""

from urllib.parse import urlencode

from django import forms
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from academy.users.models import Organisation
from courses.models import Enrollment

S = Enrollment.Status
# The order in which groups of people stand on the page: what needs a decision first.
ORDER = [S.APPLIED, S.OFFERED, S.CONFIRMED, S.COMPLETED, S.NOT_COMPLETED, S.WAITING, S.DRAFT]
OVER_CAPACITY, LATE, NO_SHOW = "over_capacity", "late", "no_show"


class PeopleFilter(forms.Form):
    """GET parameters of the list; what makes no sense is left out, never an error."""

    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("all")),
            *S.choices,
            (OVER_CAPACITY, _("over capacity")),
            (LATE, _("cancelled late")),
            (NO_SHOW, _("no-show")),
        ],
    )
    source = forms.ChoiceField(
        label=_("Enrolled by"), required=False, choices=[("", _("all")), *Enrollment.Source.choices]
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Organisation"), required=False, empty_label=_("all")
    )
    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=100)

    def __init__(self, run, data=None):
        super().__init__(data if data is not None else {})
        self.run = run
        self.fields["organisation"].queryset = Organisation.objects.filter(
            memberships__user__enrollments__run=run, memberships__accepted_at__isnull=False
        ).distinct()

    @property
    def is_filtered(self):
        return self.is_valid() and any(self.cleaned_data.values())

    def people(self):
        """Enrollments (QuerySet) of the run that match, with learners, in the order of the page."""
        self.is_valid()
        wanted = self.cleaned_data
        rows = self.run.enrollments.with_no_show().select_related("learner")
        if wanted.get("status") == OVER_CAPACITY:
            rows = rows.filter(is_overbooked=True)
        elif wanted.get("status") == LATE:
            rows = rows.filter(is_late_cancellation=True)
        elif wanted.get("status") == NO_SHOW:
            rows = rows.filter(is_no_show=True)
        elif wanted.get("status"):
            rows = rows.filter(status=wanted["status"])
        if wanted.get("source"):
            rows = rows.filter(source=wanted["source"])
        if wanted.get("organisation"):
            rows = rows.filter(
                learner__memberships__organisation=wanted["organisation"],
                learner__memberships__accepted_at__isnull=False,
            )
        if wanted.get("q"):
            rows = rows.filter(Q(learner__name__icontains=wanted["q"]) | Q(learner__email__icontains=wanted["q"]))
        place = Case(
            *(When(status=status, then=Value(n)) for n, status in enumerate(ORDER)),
            default=Value(len(ORDER)),
            output_field=IntegerField(),
        )
        return rows.order_by(place, "queue_number", "created_at", "pk")

    @property
    def query(self):
        """The filters that are set as a query string (str), for links to other pages of the list."""
        return urlencode(self.hidden())

    def hidden(self):
        """(name, value) of every filter that is set, for forms that come from the list."""
        return [(name, self.data.get(name)) for name in self.fields if self.data.get(name)]
