"""A run's page in the admin, with everything on it, in a number of queries that does not grow with the people."""

from collections import defaultdict
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from academy import times
from academy.admin.actions import action_buttons
from academy.admin.viewsets import SnippetInspectView
from academy.mail.models import Message
from courses.models import Attendance, CourseRun, Enrollment, EnrollmentEvent
from courses.notifications import about_run

from .enrollment_actions import ENROLLMENT_ACTIONS
from .run_actions import SESSION_ACTIONS

S = Enrollment.Status
# The order in which groups of people stand on the page: what needs a decision first.
ORDER = [S.APPLIED, S.OFFERED, S.CONFIRMED, S.COMPLETED, S.NOT_COMPLETED, S.WAITING, S.DRAFT]
TIMELINE_LENGTH = MESSAGES_LENGTH = 100


class RunInspectView(SnippetInspectView):
    """Seats, queue, people with buttons, attendance, history and messages of one run."""

    def get_object(self, queryset=None):
        runs = CourseRun.objects.select_related("course", "venue").with_dates().with_seats()
        return get_object_or_404(runs, pk=unquote(str(self.pk)))

    def get_fields_context(self):
        return []

    def get_context_data(self, **kwargs):
        run, user = self.object, self.request.user
        sessions = list(run.sessions.select_related("venue"))
        for session in sessions:
            session.run = run
        enrollments = self._enrollments()
        return super().get_context_data(
            **kwargs,
            run=run,
            dates=times.days(run.first_starts_at, run.last_ends_at, run.time_zone) if run.first_starts_at else "",
            buttons=action_buttons(self.actions, run, user),
            edit_url=self.get_edit_url(),
            sessions=[(session, action_buttons(SESSION_ACTIONS, session, user)) for session in sessions],
            people=[(row, action_buttons(ENROLLMENT_ACTIONS, row, user)) for row in enrollments],
            waiting={row.pk: n for n, row in enumerate((row for row in enrollments if row.status == S.WAITING), 1)},
            attendance=self._attendance(sessions, enrollments),
            events=EnrollmentEvent.objects.filter(enrollment__run=run)
            .select_related("enrollment__learner", "by")
            .order_by("-at", "-pk")[:TIMELINE_LENGTH],
            messages_sent=self._messages(),
            messages_url=f"{reverse('message:index')}?{urlencode({'about': about_run(run.pk)})}",
            may_see_messages=user.has_perm("mail.view_message"),
        )

    def _enrollments(self):
        rows = list(self.object.enrollments.select_related("learner"))
        for row in rows:
            row.run = self.object
        place = {status: n for n, status in enumerate(ORDER)}
        return sorted(rows, key=lambda row: (place.get(row.status, len(ORDER)), row.queue_number or 0, row.created_at))

    def _attendance(self, sessions, enrollments):
        """Rows of the matrix: (enrollment, [Attendance or None per session]) of everybody with a place.

        Empty before anything is recorded.
        """
        marks = defaultdict(dict)
        for mark in Attendance.objects.filter(session__run=self.object):
            marks[mark.enrollment_id][mark.session_id] = mark
        if not marks:
            return []
        return [
            (row, [marks[row.pk].get(session.pk) for session in sessions])
            for row in enrollments
            if row.status in Enrollment.SEATED
        ]

    def _messages(self):
        rows = Message.objects.filter(about=about_run(self.object.pk)).visible_to(self.request.user)
        return rows.select_related("recipient")[:MESSAGES_LENGTH]

    def get_page_title(self):
        return _("Run")
