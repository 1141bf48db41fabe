"""The tabs of a run's page: people, waiting list, sessions, attendance, messages, history.

Each answers with the context of its own template only, in a number of queries
that does not grow with the people. Tabs of other apps come from
registry.run_sections.
"""

from collections import defaultdict
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy import registry, times
from academy.admin.actions import action_buttons
from academy.mail.models import Bounce, Message
from academy.registry import RunSection
from academy.users.admin import Invite
from courses.models import Attendance, CourseRun, Enrollment, WorkshopSession
from courses.notifications import about_run
from courses.seats import next_in_line, tally

from . import timeline
from .bulk import bulk_actions
from .enrollment_actions import ENROLLMENT_ACTIONS, AddPerson
from .moves import MovePerson
from .people_files import FILE_ACTIONS
from .people_filter import PeopleFilter
from .run_actions import SESSION_ACTIONS, AddSession
from .trainers import TRAINER_ACTIONS

S = Enrollment.Status
PER_PAGE = 50
PEOPLE_ACTIONS = [AddPerson, *FILE_ACTIONS]
TEACHING_ACTIONS = [AddSession, *TRAINER_ACTIONS]


def sections():
    """{slug: RunSection} of every tab, in their order."""
    return {**OWN, **registry.run_sections}


def _page(request, rows, per_page=PER_PAGE):
    return Paginator(rows, per_page).get_page(request.GET.get("p"))


def people(run, request):
    people_filter = PeopleFilter(run, request.GET)
    page = _page(request, people_filter.people())
    rows = list(page.object_list)
    failures = _failed_messages(run, rows, request.user)
    addresses = [row.learner.email.lower() for row in rows]
    returned = set(Bounce.objects.standing().filter(email__in=addresses).values_list("email", flat=True))
    for row in rows:
        row.run = run
        row.failure = failures.get(row.pk)
        row.mail_comes_back = row.learner.email.lower() in returned
        row.until = times.moment(row.offered_until, run.time_zone) if row.offered_until else ""
        # A reason that a rule wrote is a message id.
        row.why_over = _(row.overbooking_reason) if row.overbooking_reason else ""
    return {
        "part_buttons": action_buttons(PEOPLE_ACTIONS, run, request.user),
        "filter": people_filter,
        "page": page,
        "people": [(row, action_buttons([*ENROLLMENT_ACTIONS, MovePerson], row, request.user)) for row in rows],
        "bulk_actions": bulk_actions(run, request.user),
    }


def _failed_messages(run, rows, user):
    """{enrollment id: Message} of people whom a mail about this run did not reach; the latest of each."""
    failed = _messages_about(run, user).filter(
        status=Message.Status.FAILED, recipient__in=[row.learner_id for row in rows]
    )
    by_person = {message.recipient_id: message for message in failed.order_by("pk")}
    return {row.pk: by_person[row.learner_id] for row in rows if row.learner_id in by_person}


def _messages_about(run, user):
    return Message.objects.filter(about=about_run(run.pk)).visible_to(user).defer("body", "secret")


def queue(run, request):
    """The waiting list in its order, each with why they have not moved up."""
    now = tally(run, timezone.now())
    page = _page(request, run.enrollments.waiting().select_related("learner"))
    rows = list(page.object_list)
    busy = _busy_elsewhere(run, rows)
    lines = []
    for position, row in enumerate(rows, page.start_index()):
        row.run = run
        reasons = (
            [_("has another course at the same time, so gets an offer, not a place")] if row.learner_id in busy else []
        )
        lines.append((position, row, reasons, action_buttons([*ENROLLMENT_ACTIONS, MovePerson], row, request.user)))
    return {
        "page": page,
        "queue": lines,
        "standstill": _standstill(now),
        "bulk_actions": bulk_actions(run, request.user),
        "filter": PeopleFilter(run, {"status": S.WAITING}),
    }


def _standstill(now):
    """Why nobody moves up although people wait (str); empty where seats are given as they become free."""
    run = now.run
    if not now.waiting:
        return ""
    if run.status != CourseRun.Status.PUBLISHED:
        return _("The run is not open, so nobody moves up.")
    if now.has_started:
        return _("The run has started, so nobody moves up by itself.")
    if not now.may_promote():
        return _(
            "It is less than %(hours)s hours to the start, so nobody moves up by itself: choose who gets a place."
        ) % {"hours": run.freeze_hours}
    if not now.free:
        return _("Every seat is taken. The first in the list moves up when one becomes free.")
    fresh = tally(CourseRun.objects.with_conditions().get(pk=run.pk), now.at)
    if not next_in_line(fresh):
        return _("A seat is free, but the quotas keep it from everybody who waits.")
    return _("A seat is free; the next in the list moves up within a minute.")


def _busy_elsewhere(run, rows):
    """Ids (set) of those learners who have a place or an offer in another run at the time of this one."""
    spans = Q(pk__in=[])
    for session in run.sessions.planned():
        spans |= Q(starts_at__lt=session.ends_at, ends_at__gt=session.starts_at)
    overlapping = WorkshopSession.objects.planned().filter(spans).exclude(run=run)
    return set(
        Enrollment.objects.filter(
            learner__in=[row.learner_id for row in rows],
            status__in=[S.CONFIRMED, S.OFFERED],
            run__in=overlapping.values("run"),
        ).values_list("learner", flat=True)
    )


def sessions(run, request):
    rows = list(run.sessions.select_related("venue"))
    for session in rows:
        session.run = run
    back = f"{request.path}?part=sessions"
    return {
        "part_buttons": action_buttons(TEACHING_ACTIONS, run, request.user),
        "sessions": [(session, action_buttons(SESSION_ACTIONS, session, request.user)) for session in rows],
        "trainers": [
            (profile, action_buttons([Invite], profile, request.user, next_url=back))
            for profile in run.trainers.select_related("user")
        ],
    }


def attendance(run, request):
    """The matrix of everybody with a place: (enrollment, [Attendance or None per session])."""
    held = list(run.sessions.all())
    seated = run.enrollments.filter(status__in=Enrollment.SEATED).select_related("learner")
    page = _page(request, seated.order_by("learner__name", "learner__email", "pk"))
    rows = list(page.object_list)
    marks = defaultdict(dict)
    for mark in Attendance.objects.filter(enrollment__in=rows):
        marks[mark.enrollment_id][mark.session_id] = mark
    return {
        "page": page,
        "sessions": held,
        "attendance": [(row, [marks[row.pk].get(session.pk) for session in held]) for row in rows],
    }


def messages(run, request):
    """What was sent about this run; first what did not arrive."""
    rows = _messages_about(run, request.user).select_related("recipient")
    return {
        "page": _page(request, rows.order_by("-queued_at", "-pk")),
        "failed": list(rows.filter(status=Message.Status.FAILED)[:PER_PAGE]),
        "messages_url": f"{reverse('message:index')}?{urlencode({'about': about_run(run.pk)})}",
    }


def history(run, request):
    return {"page": timeline.page_of(run, request.GET.get("p"), request.user)}


OWN = {
    "people": RunSection(gettext_lazy("People"), "courses/admin/run/people.html", people),
    "queue": RunSection(gettext_lazy("Waiting list"), "courses/admin/run/queue.html", queue),
    "sessions": RunSection(gettext_lazy("Sessions and trainers"), "courses/admin/run/sessions.html", sessions),
    "attendance": RunSection(gettext_lazy("Attendance"), "courses/admin/run/attendance.html", attendance),
    "messages": RunSection(
        gettext_lazy("Messages"), "courses/admin/run/messages.html", messages, permission="mail.view_message"
    ),
    "history": RunSection(gettext_lazy("History"), "courses/admin/run/history.html", history),
}
