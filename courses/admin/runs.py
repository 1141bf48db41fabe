"""The list of runs and the form of a run with its sessions."""

from django import forms
from django.db import transaction
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.snippets.views import snippets

from academy import times
from academy.admin.deletion import ProtectedInlinePanel
from academy.admin.panels import translated_columns, translated_panel
from academy.admin.viewsets import AcademySnippetViewSet, SnippetIndexView
from courses.entry.admin import ENTRY_RUN_ACTIONS, QUOTAS_PANEL
from courses.entry.quotas import note_organisations
from courses.models import CourseRun, WorkshopSession
from courses.office.history import What, record, session_facts
from courses.questions.admin import PICKS_PANEL
from courses.selection.actions import SetUpJury

from .enrollment_actions import AddPerson
from .moves import MoveRun
from .people_files import FILE_ACTIONS
from .run_actions import RUN_ACTIONS
from .run_form import SESSION_CALENDAR, RunForm, SessionForm, SessionFormSet
from .run_page import RunInspectView
from .trainers import TRAINER_ACTIONS


def run_dates(run):
    """The first and last day of a run annotated by with_dates() (str), in its own zone; empty without sessions."""
    if run.first_starts_at is None:
        return ""
    first, last = (times.short_day(at, run.time_zone) for at in (run.first_starts_at, run.last_ends_at))
    return first if first == last else f"{first} – {last}"


def run_seats(run):
    """Seats taken of how many (str), of a run annotated by with_seats()."""
    return f"{run.seats_taken} / {'∞' if run.capacity is None else run.capacity}"


class RunFilterSet(WagtailFilterSet):
    class Meta:
        model = CourseRun
        fields = ["status", "course", "entry", "mode", "language", "funders", "trainers"]


class RunIndexView(SnippetIndexView):
    """Rows lead to the run's page, where everything about it stands, not to its form."""

    def _get_title_column_class(self, column_class):
        titled = super()._get_title_column_class(column_class)
        return type("RunColumn", (titled,), {"get_link_url": lambda column, run, context: self.get_inspect_url(run)})


class _BackToTheRun:
    """After saving, the run's page: there are the buttons for what comes next."""

    def get_success_url(self):
        return reverse(self.inspect_url_name, args=[self.object.pk])


class RunCreateView(_BackToTheRun, snippets.CreateView):
    inspect_url_name = None


class RunEditView(_BackToTheRun, snippets.EditView):
    """Saves under the run's lock, with columns read under it: rules write the same row."""

    def post(self, request, *args, **kwargs):
        with transaction.atomic():
            self.object = CourseRun.objects.select_for_update().get(pk=self.object.pk)
            response = super().post(request, *args, **kwargs)
            if self.object.quotas.exists():
                note_organisations(self.object)
            return response

    def save_instance(self):
        before, after = edited_facts(self.form)
        run = super().save_instance()
        facts = {"by": self.request.user, "at": timezone.now()}
        if "capacity" in after:
            capacity = {"old": {"capacity": before.pop("capacity")}, "new": {"capacity": after.pop("capacity")}}
            record(run, What.CAPACITY, **capacity, **facts)
        if after:
            record(run, What.EDITED, old=before, new=after, **facts)
        sessions = self.form.formsets["sessions"]
        for form in sessions.forms:
            if form in sessions.deleted_forms or not set(SESSION_CALENDAR) & set(form.changed_data):
                continue
            old = {name: _plain(form.initial.get(name)) for name in SESSION_FACTS if form.initial.get(name)}
            what = What.SESSION_ADDED if form in sessions.extra_forms else What.SESSION_MOVED
            before = {} if what == What.SESSION_ADDED else {**session_facts(form.instance), **old}
            record(run, what, subject=form.instance.title, old=before, new=session_facts(form.instance), **facts)
        return run


def edited_facts(form):
    """({name: old}, {name: new}) of what a bound, valid form of a run changes, JSON-ready; its sessions apart."""
    before, after = {}, {}
    for name in form.changed_data:
        if name in form.fields:
            before[name], after[name] = (_plain(value) for value in (form.initial.get(name), form.cleaned_data[name]))
    return before, after


def _plain(value):
    if isinstance(value, (list, QuerySet)):
        return [str(item) for item in value]
    return value.pk if isinstance(value, Model) else value


SESSION_FACTS = ("starts_at", "ends_at", "venue")
SESSION_PANELS = [
    translated_panel(WorkshopSession, "title"),
    FieldRowPanel(["starts_at", "ends_at", "break_minutes"]),
    FieldRowPanel(["mode", FieldPanel("venue", widget=forms.Select), "joining_link"]),
    FieldRowPanel(["time_zone", "is_required"]),
]


class RunViewSet(AcademySnippetViewSet):
    model = CourseRun
    icon = "date"
    index_view_class = RunIndexView
    add_view_class = RunCreateView
    edit_view_class = RunEditView
    inspect_view_class = RunInspectView
    inspect_template_name = "courses/admin/run.html"
    actions = [*RUN_ACTIONS, *ENTRY_RUN_ACTIONS, AddPerson, *FILE_ACTIONS, *TRAINER_ACTIONS, SetUpJury, MoveRun]
    # Rules save runs in the busiest minute of the year; nothing refers to a run that its own check would not find.
    add_to_reference_index = False
    base_form_class = RunForm
    filterset_class = RunFilterSet
    list_display = [
        "code",
        Column("course", label=_("Course"), sort_key="course__title"),
        Column("dates", label=_("Dates"), accessor=run_dates, sort_key="first_starts_at"),
        StatusTagColumn(
            "status",
            label=_("Status"),
            accessor="get_status_display",
            primary=lambda run: run.status == CourseRun.Status.PUBLISHED,
            sort_key="status",
        ),
        Column("seats", label=_("Seats taken"), accessor=run_seats, sort_key="seats_taken"),
        Column("people_waiting", label=_("Waiting"), sort_key="people_waiting"),
    ]
    ordering = ["-first_starts_at", "-pk"]
    search_fields = ["code", *(f"course__{column}" for column in translated_columns("title"))]
    list_export = [
        "code",
        "course",
        "get_status_display",
        "get_entry_display",
        "first_starts_at",
        "last_ends_at",
        "venue",
        "capacity",
        "seats_taken",
        "people_waiting",
        "price",
    ]
    export_headings = {
        "get_status_display": _("Status"),
        "get_entry_display": _("Way in"),
        "first_starts_at": _("First session starts"),
        "last_ends_at": _("Last session ends"),
        "seats_taken": _("Seats taken"),
        "people_waiting": _("Waiting"),
    }
    export_filename = "runs"
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("course", widget=forms.Select),
                FieldRowPanel(["code", "language", "mode"]),
                FieldPanel(
                    "status",
                    read_only=True,
                    help_text=_("A new run is a draft. Publish, cancel and close it by the buttons on its page."),
                ),
            ],
            _("Which course"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("venue", widget=forms.Select), "time_zone"]),
                FieldRowPanel(["capacity", "minimum", "decide_at"]),
            ],
            _("Place and size"),
        ),
        ProtectedInlinePanel(
            "sessions",
            heading=_("Sessions"),
            label=_("Session"),
            panels=SESSION_PANELS,
            formset=SessionFormSet,
            form=SessionForm,
            help_text=_(
                "Every block of attendance is a session. Times are those on the clocks of the session's time zone. "
                "Once somebody is enrolled, sessions are moved, cancelled and added by buttons on the run's page."
            ),
        ),
        MultiFieldPanel(
            [
                "entry",
                FieldRowPanel(["opens_at", "closes_at", "cancel_until"]),
                FieldPanel("audience", widget=forms.CheckboxSelectMultiple),
                "max_moves",
            ],
            _("Enrollment"),
            help_text=_("The three dates may stay empty: open at once, until the first session starts."),
        ),
        PICKS_PANEL,
        QUOTAS_PANEL,
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [
                        FieldPanel("trainers", widget=forms.CheckboxSelectMultiple),
                        FieldPanel("funders", widget=forms.CheckboxSelectMultiple),
                    ]
                )
            ],
            _("People and money"),
        ),
        MultiFieldPanel(["reminders", "reply_to"], _("Mail")),
        MultiFieldPanel(
            [
                FieldRowPanel(["price", "payment_days", "payment_reminder_days"]),
                FieldRowPanel(["unpaid_lapses", "lapse_hours"]),
            ],
            _("Price and payment"),
            help_text=_(
                "What somebody pays is fixed when they get the place; a later change concerns the next ones only."
            ),
        ),
        MultiFieldPanel(
            ["promotion", FieldRowPanel(["offer_hours", "freeze_hours"]), "auto_issue"],
            _("Waiting list and certificates"),
            classname="collapsed",
            help_text=_("The settings here suit most runs as they are."),
        ),
    ]

    def get_queryset(self, request):
        return CourseRun.objects.select_related("course", "venue").with_dates().with_seats()

    def get_add_view_kwargs(self, **kwargs):
        return super().get_add_view_kwargs(inspect_url_name=self.get_url_name("inspect"), **kwargs)
