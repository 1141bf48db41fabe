"""A run's page in the admin, with everything on it: the facts and seats above, one tab for each kind of work below."""

from django.contrib.admin.utils import unquote
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from academy import registry, times
from academy.admin.actions import action_buttons
from academy.admin.viewsets import SnippetInspectView
from courses.models import CourseRun, Enrollment

from .run_parts import PEOPLE_ACTIONS, TEACHING_ACTIONS, sections

S = Enrollment.Status


def seats_of(run, at):
    """How the seats of a run stand at `at` (dict of int; `free` is None where there is no limit), in one query."""
    at = at.replace(microsecond=0)
    live = Q(status=S.OFFERED, offered_until__gte=at)
    seated = Enrollment.seated_q(at)
    counts = run.enrollments.aggregate(
        taken=Count("pk", filter=seated),
        offered=Count("pk", filter=live),
        waiting=Count("pk", filter=Q(status=S.WAITING)),
        applied=Count("pk", filter=Q(status=S.APPLIED)),
        over=Count("pk", filter=(seated | live) & Q(is_overbooked=True)),
        late=Count("pk", filter=Q(is_late_cancellation=True)),
    )
    free = None if run.capacity is None else max(0, run.capacity - counts["taken"] - counts["offered"])
    return {**counts, "free": free}


class RunInspectView(SnippetInspectView):
    """The page of one run; `?part=` says which tab."""

    def get_object(self, queryset=None):
        runs = CourseRun.objects.select_related("course", "venue").with_dates()
        return get_object_or_404(runs, pk=unquote(str(self.pk)))

    def get_fields_context(self):
        return []

    def get_context_data(self, **kwargs):
        run, user = self.object, self.request.user
        tabs = {
            slug: section
            for slug, section in sections().items()
            if user.has_perm(section.permission) and section.is_shown(run)
        }
        chosen = self.request.GET.get("part") or next(iter(tabs))
        if chosen not in tabs:
            raise Http404
        part = tabs[chosen].context(run, self.request)
        if part is None:
            raise Http404
        seats = seats_of(run, timezone.now())
        run.seats_taken, run.people_waiting = seats["taken"] + seats["offered"], seats["waiting"]
        return super().get_context_data(
            **kwargs,
            run=run,
            seats=seats,
            dates=times.days(run.first_starts_at, run.last_ends_at, run.time_zone) if run.first_starts_at else "",
            buttons=action_buttons(self._actions_above(), run, user),
            edit_url=self.get_edit_url(),
            tabs=[(slug, section.label) for slug, section in tabs.items()],
            chosen=chosen,
            part_template=tabs[chosen].template,
            may_see_messages=user.has_perm("mail.view_message"),
            **part,
        )

    def _actions_above(self):
        """The actions on the run as a whole; those on its people and sessions stand on their tabs."""
        on_tabs = {*PEOPLE_ACTIONS, *TEACHING_ACTIONS}
        return [*(action for action in self.actions if action not in on_tabs), *registry.run_actions.values()]

    def get_page_title(self):
        return _("Run")
