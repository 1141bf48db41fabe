"""The page of totals in the admin's reports."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Min
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses.models import Course, CourseRun
from courses.permissions import can_manage_enrollments

from . import statistics


def years():
    """Calendar years (list of int, newest first) in which a run begins."""
    starts = CourseRun.objects.filter(sessions__isnull=False).annotate(first=Min("sessions__starts_at"))
    return sorted({first.year for first in starts.values_list("first", flat=True)}, reverse=True)


class ScopeForm(forms.Form):
    """Of which people: one run, one course or one year, or several of them at once narrowed down."""

    run = forms.ModelChoiceField(CourseRun.objects.order_by("code"), required=False, label=_("Run"))
    course = forms.ModelChoiceField(Course.objects.order_by("code"), required=False, label=_("Course"))
    year = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label=_("Year in which the run begins"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [("", _("All years")), *((year, str(year)) for year in years())]

    def runs(self):
        """The runs (QuerySet) that are meant; one scope wins: run, else course, else year, else all.

        Scopes do not combine: the more ways to cut, the easier it is to subtract one total from another.
        """
        data = self.cleaned_data
        runs = CourseRun.objects.all()
        if data["run"]:
            return runs.filter(pk=data["run"].pk)
        if data["course"]:
            return runs.filter(course=data["course"])
        if data["year"]:
            ids = runs.annotate(first=Min("sessions__starts_at")).filter(first__year=data["year"])
            return runs.filter(pk__in=ids.values("pk"))
        return runs


class StatisticsView(WagtailAdminTemplateMixin, TemplateView):
    """Totals of what people said about themselves; nobody's own answer is on any page but their own."""

    template_name = "courses/admin/statistics.html"
    page_title = _("Statistics of people")
    header_icon = "order"

    def dispatch(self, request, *args, **kwargs):
        if not can_manage_enrollments(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        form = ScopeForm(self.request.GET or {})
        runs = form.runs() if form.is_valid() else CourseRun.objects.none()
        return super().get_context_data(
            **kwargs,
            form=form,
            tables=statistics.tables(runs, not_said=gettext("not said")),
            threshold=statistics.limit(),
        )

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


class StatisticsMenuItem(MenuItem):
    def is_shown(self, request):
        return can_manage_enrollments(request.user)


def routes():
    return [path("statistics-of-people/", StatisticsView.as_view(), name="statistics_of_people")]


def menu_item():
    return StatisticsMenuItem(
        _("Statistics of people"),
        reverse("statistics_of_people"),
        name="people-statistics",
        icon_name="order",
        order=900,
    )
