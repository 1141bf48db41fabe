"""What the office moves: all sessions of a run at once, and a person from run to run."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.widgets import AdminDateTimeInput

from academy import times
from academy.admin.wall_clock import WallClockField
from courses import runs
from courses.models import CourseRun, Enrollment, WorkshopSession
from courses.moving import rules as moving

from .enrollment_actions import EnrollmentAction
from .run_actions import RunAction, people, told

S = Enrollment.Status


class MoveRunForm(forms.Form):
    """Either a number of days for all sessions, or new starts one by one; lengths stay as they are."""

    days = forms.IntegerField(
        label=gettext_lazy("Move all sessions by days"),
        required=False,
        min_value=-3650,
        max_value=3650,
        help_text=gettext_lazy(
            "7 is a week later, -7 a week earlier; times on the clock stay. Or set new starts below."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, required=False, help_text=gettext_lazy("Stands in the mail.")
    )

    def __init__(self, *args, sessions, **kwargs):
        super().__init__(*args, **kwargs)
        self.sessions = sessions
        for session in sessions:
            field = WallClockField(
                label=_("Start of “%(title)s” (%(zone)s)")
                % {"title": session.title, "zone": times.zone_name(session.time_zone)},
                widget=AdminDateTimeInput,
                initial=session.starts_at,
            )
            field.zone = session.zone
            self.fields[f"session_{session.pk}"] = field
        self.order_fields(["days", *(f"session_{session.pk}" for session in sessions), "reason"])

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        changed = [session for session in self.sessions if self._start_typed(session) != session.starts_at]
        if data.get("days") and changed:
            self.add_error("days", _("Move all sessions by days, or set new starts, not both."))
        elif not self.new_times:
            self.add_error("days", _("Nothing would change: write a number of days, or another start."))
        return data

    @property
    def new_times(self):
        """{session pk: (starts_at, ends_at)} of the sessions that get another time."""
        found = {}
        for session in self.sessions:
            start = self._new_start(session)
            if start != session.starts_at:
                ends_at = times.shifted(session.ends_at, session.starts_at, start, session.time_zone)
                found[session.pk] = (start, ends_at)
        return found

    def _new_start(self, session):
        days = self.cleaned_data.get("days")
        return times.days_later(session.starts_at, days, session.time_zone) if days else self._start_typed(session)

    def _start_typed(self, session):
        typed = self.cleaned_data[f"session_{session.pk}"]
        # The field shows minutes; seconds that it cannot show are no change.
        return session.starts_at if typed == session.starts_at.replace(second=0, microsecond=0) else typed


class MoveRun(RunAction):
    slug = "move"
    label = gettext_lazy("Move run")
    icon = "date"
    form_class = MoveRunForm
    has_two_steps = True

    @classmethod
    def is_offered(cls, run, user):
        return run.status in (CourseRun.Status.DRAFT, CourseRun.Status.PUBLISHED)

    def get_form_kwargs(self):
        sessions = WorkshopSession.objects.planned().filter(run=self.object, attendance=None)
        return {**super().get_form_kwargs(), "sessions": list(sessions.order_by("starts_at"))}

    def preview(self):
        return [_("Sessions that have attendance on record stay where they are.")]

    def consequences(self, form):
        sentences = []
        new_times = form.new_times
        for session in form.sessions:
            if session.pk in new_times:
                sentences.append(
                    _("%(title)s: %(old)s → %(new)s")
                    % {
                        "title": session.title,
                        "old": times.span(session.starts_at, session.ends_at, session.time_zone),
                        "new": times.span(*new_times[session.pk], session.time_zone),
                    }
                )
        concerned = people(self.object, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)
        sentences.append(told(concerned))
        if concerned:
            sentences += [
                _("Each gets one message with all old and new times."),
                _("Their calendars are updated, and they may cancel without a mark for 24 hours."),
            ]
        if self.object.cancel_until:
            sentences.append(_("The deadline for cancelling in time moves with the first session."))
        return sentences

    def perform(self, form):
        moved = runs.move_run(self.object, form.new_times, by=self.request.user, reason=form.cleaned_data["reason"])
        return ngettext("%(count)s session is moved.", "%(count)s sessions are moved.", len(moved)) % {
            "count": len(moved)
        }


class RunChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, run):
        free = _("unlimited") if run.capacity is None else max(0, run.capacity - run.seats_taken)
        dates = times.short_day(run.first_starts_at, run.time_zone)
        return _("%(code)s, %(dates)s, free places: %(free)s") % {"code": run.code, "dates": dates, "free": free}


class MovePersonForm(forms.Form):
    to = RunChoiceField(CourseRun.objects.none(), label=gettext_lazy("To the run"))

    def __init__(self, *args, runs, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = runs


class MovePerson(EnrollmentAction):
    """A person to another run of the course; the office is not bound by their deadline."""

    slug = "change-run"
    label = gettext_lazy("Move to another run")
    icon = "order"
    form_class = MovePersonForm

    @classmethod
    def is_offered(cls, row, user):
        return row.status == S.CONFIRMED and row.run.status == CourseRun.Status.PUBLISHED

    def get_form_kwargs(self):
        others = CourseRun.objects.published().with_dates().with_seats().exclude(pk=self.object.run_id)
        others = others.filter(course=self.object.run.course_id, first_starts_at__isnull=False)
        return {**super().get_form_kwargs(), "runs": others.order_by("first_starts_at")}

    def preview(self):
        return [
            _("The place on this run is released and goes to the next on the waiting list."),
            _("The person gets one mail with the old and the new dates."),
            _("If the other run is full, nothing changes."),
        ]

    def perform(self, form):
        new = moving.change_run(self.object, form.cleaned_data["to"], by=self.request.user, by_office=True)
        return _("%(person)s has a place on %(run)s now.") % {"person": new.learner, "run": new.run.code}
