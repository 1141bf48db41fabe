"""What the office does to a run and its sessions, each with a preview of what happens and who is told."""

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from modeltranslation.utils import build_localized_fieldname
from wagtail.admin.panels import get_form_for_model
from wagtail.admin.widgets import AdminDateTimeInput

from academy import registry, times
from academy.admin.actions import ActionView, ReasonForm
from academy.admin.panels import translated_columns
from academy.admin.wall_clock import WallClockField
from courses import completion, copying, enrollment, runs
from courses.models import CourseRun, Enrollment, Venue, WorkshopSession
from courses.models.catalogue import CODE_VALIDATOR
from courses.models.delivery import MOST_PEOPLE
from courses.seats import next_in_line, tally

from .run_form import SessionForm

S = Enrollment.Status


def people(run, *statuses):
    """How many people (int) of the run are in one of the states."""
    return run.enrollments.filter(status__in=statuses).count()


def told(n):
    """The sentence that says how many people get a mail."""
    if not n:
        return _("Nobody is enrolled, so nobody is told.")
    return ngettext("%(count)s person is told by e-mail.", "%(count)s people are told by e-mail.", n) % {"count": n}


class RunAction(ActionView):
    model = CourseRun
    permission = "courses.change_courserun"

    def get_queryset(self):
        return CourseRun.objects.select_related("course")


class PublishRun(RunAction):
    slug = "publish"
    label = gettext_lazy("Publish")
    icon = "upload"

    @classmethod
    def is_offered(cls, run, user):
        return run.status == CourseRun.Status.DRAFT

    def preview(self):
        run = self.object
        sentences = [_("The run is shown on the site and people can enroll as its dates say.")]
        if not all(ids().filter(course_id=run.course_id).exists() for ids in registry.public_course_ids.values()):
            sentences.append(
                _("The course has no published page in any language yet: publish one under Pages, then it is visible.")
            )
        for titled in [run.course, *run.sessions.all()]:
            sentences += missing_titles(titled)
        return sentences

    def perform(self, form):
        runs.publish(self.object, by=self.request.user)
        return _("The run is published.")


def missing_titles(titled):
    """Sentences (list of str), one per language in which the course or session has no title."""
    return [
        _("“%(what)s” has no title in this language: %(language)s.") % {"what": titled.title, "language": language}
        for code, language in settings.LANGUAGES
        if not getattr(titled, build_localized_fieldname("title", code))
    ]


class CancelRun(RunAction):
    slug = "cancel"
    label = gettext_lazy("Cancel run")
    icon = "cross"
    is_serious = True
    form_class = ReasonForm

    @classmethod
    def is_offered(cls, run, user):
        return run.status in (CourseRun.Status.DRAFT, CourseRun.Status.PUBLISHED)

    def preview(self):
        return [
            _("The run and its sessions that have not ended are cancelled. This cannot be undone."),
            _("Everybody with a place, an offer, an application or on the waiting list is withdrawn."),
            told(people(self.object, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)),
        ]

    def perform(self, form):
        runs.cancel_run(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The run is cancelled.")


class CapacityForm(forms.Form):
    capacity = forms.IntegerField(
        label=gettext_lazy("Capacity"),
        required=False,
        validators=[
            MinValueValidator(0, gettext_lazy("Capacity cannot be below zero.")),
            MaxValueValidator(MOST_PEOPLE),
        ],
        help_text=gettext_lazy("Empty means unlimited, 0 means closed."),
    )


class ChangeCapacity(RunAction):
    slug = "capacity"
    label = gettext_lazy("Change capacity")
    icon = "group"
    form_class = CapacityForm
    has_two_steps = True

    @classmethod
    def is_offered(cls, run, user):
        return run.status in (CourseRun.Status.DRAFT, CourseRun.Status.PUBLISHED)

    def get_queryset(self):
        return super().get_queryset().with_seats().with_conditions()

    def get_initial(self):
        return {"capacity": self.object.capacity}

    def preview(self):
        return [
            _("%(taken)s seats are taken now; %(waiting)s people wait.")
            % {"taken": self.object.seats_taken, "waiting": self.object.people_waiting}
        ]

    def consequences(self, form):
        capacity, run = form.cleaned_data["capacity"], self.object
        if capacity is not None and capacity < run.seats_taken:
            return [
                ngettext(
                    "%(count)s person too many has a place: nobody is removed, the last is marked as over capacity.",
                    "%(count)s people too many have a place: nobody is removed, the last are marked as over capacity.",
                    run.seats_taken - capacity,
                )
                % {"count": run.seats_taken - capacity}
            ]
        run.capacity = capacity
        now = tally(run, timezone.now())
        names = [str(row.learner) for row in next_in_line(now)] if now.free and now.may_promote() else []
        if not names:
            return [_("Nobody moves up.")]
        return [_("These people move up or get an offer, and are told: %(names)s.") % {"names": ", ".join(names)}]

    def perform(self, form):
        moved = runs.change_capacity(self.object, form.cleaned_data["capacity"], by=self.request.user)
        return ngettext(
            "The capacity is changed; %(count)s person moved up.",
            "The capacity is changed; %(count)s people moved up.",
            len(moved),
        ) % {"count": len(moved)}


class PromoteNow(RunAction):
    slug = "promote"
    label = gettext_lazy("Fill free seats from the waiting list")
    icon = "order-up"

    @classmethod
    def is_offered(cls, run, user):
        return (
            run.status == CourseRun.Status.PUBLISHED
            and run.people_waiting > 0
            and (run.capacity is None or run.seats_taken < run.capacity)
        )

    def preview(self):
        return [_("The next people on the waiting list get the free seats or an offer, and are told by e-mail.")]

    def perform(self, form):
        moved = enrollment.promote(self.object, by=self.request.user)
        return ngettext("%(count)s person moved up.", "%(count)s people moved up.", len(moved)) % {"count": len(moved)}


class CloseRun(RunAction):
    slug = "close"
    label = gettext_lazy("Close run")
    icon = "check"
    template_name = "courses/admin/close_run.html"

    @classmethod
    def is_offered(cls, run, user):
        is_over = run.last_ends_at is not None and run.last_ends_at < timezone.now()
        return run.status == CourseRun.Status.PUBLISHED and is_over

    def preview(self):
        certificates = (
            _("Those who meet the conditions get their certificate at once.")
            if self.object.auto_issue
            else _("No certificates are issued by themselves: the run is set so.")
        )
        return [
            _("Results are written for everybody with a place. This cannot be undone; attendance can be corrected."),
            _("Whoever still waits or applied is released and told."),
            certificates,
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            results=[
                (row, found, completion.reason_sentences(found.reasons))
                for row, found in completion.assess_run(self.object)
            ],
        )

    def perform(self, form):
        done = completion.close_run(self.object, by=self.request.user)
        met = sum(result.is_met for result in done)
        return _("The run is closed: %(met)s of %(all)s people met the conditions.") % {"met": met, "all": len(done)}


NewSessionForm = get_form_for_model(
    WorkshopSession,
    form_class=SessionForm,
    fields=[
        *translated_columns("title"),
        "starts_at",
        "ends_at",
        "break_minutes",
        "time_zone",
        "mode",
        "venue",
        "joining_link",
        "is_required",
    ],
    widgets={"venue": forms.Select},
)


class AddSession(RunAction):
    slug = "add-session"
    label = gettext_lazy("Add session")
    icon = "plus"
    form_class = NewSessionForm

    @classmethod
    def is_offered(cls, run, user):
        return run.status == CourseRun.Status.PUBLISHED

    def get_form_kwargs(self):
        run = self.object
        new = WorkshopSession(run=run, time_zone=run.time_zone, mode=run.mode, venue=run.venue)
        return {**super().get_form_kwargs(), "instance": new}

    def preview(self):
        return [
            told(people(self.object, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)),
            _("The session counts for the attendance of everybody with a place."),
        ]

    def perform(self, form):
        runs.add_session(form.instance, by=self.request.user)
        return _("The session is added.")


class CopyForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("Code of the new run"), max_length=30, validators=[CODE_VALIDATOR])
    weeks = forms.IntegerField(
        label=gettext_lazy("Move the dates by weeks"),
        initial=52,
        min_value=-520,
        max_value=520,
        help_text=gettext_lazy("52 is a year later on the same weekday; times on the clock stay."),
    )


class CopyRun(RunAction):
    slug = "copy"
    label = gettext_lazy("Copy run")
    icon = "copy"
    permission = "courses.add_courserun"
    form_class = CopyForm

    def preview(self):
        return [
            _("A new draft is made with the same course, sessions, trainers, funders and settings."),
            _("Nobody is enrolled on it, and it is shown to nobody until you publish it."),
        ]

    def perform(self, form):
        self.object = copying.copy_run(self.object, by=self.request.user, **form.cleaned_data)
        return _("The copy is made. Check the dates, then publish it.")

    def get_success_url(self):
        if self.request.method == "POST":
            return reverse(CourseRun.snippet_viewset.get_url_name("edit"), args=[self.object.pk])
        return super().get_success_url()


class SessionAction(ActionView):
    model = WorkshopSession
    permission = "courses.change_courserun"

    def get_queryset(self):
        return WorkshopSession.objects.select_related("run", "venue")

    @classmethod
    def is_offered(cls, session, user):
        run = session.run
        return session.status == WorkshopSession.Status.PLANNED and run.status in (
            CourseRun.Status.DRAFT,
            CourseRun.Status.PUBLISHED,
        )

    def get_return_url(self):
        return reverse(CourseRun.snippet_viewset.get_url_name("inspect"), args=[self.object.run_id])

    def get_page_subtitle(self):
        return f"{self.object.run.code}: {self.object.title}"

    def now(self):
        session = self.object
        return times.span(session.starts_at, session.ends_at, session.time_zone)

    def told(self):
        return told(people(self.object.run, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED))


class MoveForm(forms.Form):
    starts_at = WallClockField(label=gettext_lazy("Starts"), widget=AdminDateTimeInput)
    ends_at = WallClockField(label=gettext_lazy("Ends"), widget=AdminDateTimeInput)
    venue = forms.ModelChoiceField(Venue.objects.all(), label=gettext_lazy("Venue"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, required=False, help_text=gettext_lazy("Stands in the mail.")
    )

    def __init__(self, *args, zone, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].zone = self.fields["ends_at"].zone = zone


class MoveSession(SessionAction):
    slug = "move"
    label = gettext_lazy("Move session")
    icon = "date"
    form_class = MoveForm
    has_two_steps = True

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "zone": self.object.zone}

    def get_initial(self):
        return {name: getattr(self.object, name) for name in ("starts_at", "ends_at", "venue")}

    def preview(self):
        return [
            _("Now: %(when)s, %(where)s.") % {"when": self.now(), "where": self.object.venue or _("no venue")},
            _("Times below are on the clocks of %(zone)s.") % {"zone": times.zone_name(self.object.time_zone)},
        ]

    def consequences(self, form):
        values = form.cleaned_data
        when = times.span(values["starts_at"], values["ends_at"], self.object.time_zone)
        concerned = people(self.object.run, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)
        sentences = [
            _("New: %(when)s, %(where)s.") % {"when": when, "where": values["venue"] or _("no venue")},
            told(concerned),
        ]
        if concerned:
            sentences.append(_("Their calendars are updated, and they may cancel without a mark for 24 hours."))
        return sentences

    def perform(self, form):
        runs.move_session(self.object, by=self.request.user, **form.cleaned_data)
        return _("The session is moved.")


class CancelSession(SessionAction):
    slug = "cancel"
    label = gettext_lazy("Cancel session")
    icon = "cross"
    is_serious = True
    form_class = ReasonForm

    def preview(self):
        return [
            _("The session on %(when)s does not take place. It no longer counts for attendance.")
            % {"when": self.now()},
            self.told(),
        ]

    def perform(self, form):
        runs.cancel_session(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        return _("The session is cancelled.")


RUN_ACTIONS = [PublishRun, CloseRun, PromoteNow, ChangeCapacity, AddSession, CopyRun, CancelRun]
SESSION_ACTIONS = [MoveSession, CancelSession]
