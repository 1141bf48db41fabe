"""What the messages about enrollments say. State is read here, at the moment of sending.

A composer returns None when the message is no longer true: nobody is reminded
of what they cancelled, and nobody hears of a run that is over.
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from academy import links, registry, times
from academy.mail.letters import Attachment, composer, composers, letter_from_templates, samples
from academy.mail.models import Message

from . import calendar, notifications
from .completion import reason_sentences
from .enrollment import cancellation_deadline
from .models import Answer, CourseRun, Enrollment, Venue, WorkshopSession
from .payments import letters as money
from .seats import position

S = Enrollment.Status
SAMPLES = 20
# A result that was decided longer ago than this is no news; the person has seen it on their page.
NEWS_FOR = timedelta(days=14)


@composer(notifications.CONFIRMED)
def confirmed(message):
    enrollment = read(message, S.CONFIRMED)
    if enrollment is None or is_over(enrollment):
        return None
    sessions = sessions_ahead(enrollment)
    about_money, code = money.parts(enrollment)
    context = context_of(enrollment, sessions, was_waiting=message.facts.get("was_waiting"), **about_money)
    return letter("confirmed", context, [*invitations(enrollment, sessions), *code])


@composer(notifications.WAITING)
def waiting(message):
    enrollment = read(message, S.WAITING)
    if enrollment is None or is_over(enrollment):
        return None
    return letter("waiting", context_of(enrollment, position=position(enrollment)))


@composer(notifications.OFFERED)
def offered(message):
    enrollment = read(message, S.OFFERED)
    if enrollment is None or enrollment.offered_until < timezone.now():
        return None
    until = times.moment(enrollment.offered_until, enrollment.run.time_zone)
    return letter("offered", context_of(enrollment, until=until))


@composer(notifications.APPLICATION_RECEIVED)
def application_received(message):
    enrollment = read(message, S.APPLIED)
    if enrollment is None or is_over(enrollment):
        return None
    # Sensitive answers stay out of mails and their log.
    answers = Answer.objects.filter(enrollment=enrollment, question__is_sensitive=False).with_questions()
    return letter("application_received", context_of(enrollment, answers=list(answers)))


@composer(notifications.DECLINED)
def declined(message):
    enrollment = read(message, S.DECLINED)
    if enrollment is None or is_over(enrollment):
        return None
    return letter("declined", context_of(enrollment, reason=_reason(enrollment)))


@composer(notifications.CANCELLED)
def cancelled(message):
    enrollment = read(message, S.CANCELLED, S.WITHDRAWN)
    if enrollment is None or is_over(enrollment):
        return None
    sessions = sessions_ahead(enrollment) if enrollment.confirmed_at else []
    context = context_of(enrollment, sessions, reason=_reason(enrollment), by_office=enrollment.status == S.WITHDRAWN)
    return letter("cancelled", context, cancellations(enrollment, sessions))


@composer(notifications.RUN_CANCELLED)
def run_cancelled(message):
    enrollment = read(message, S.WITHDRAWN)
    if enrollment is None or enrollment.run.cancelled_at < timezone.now() - NEWS_FOR:
        return None
    sessions = list(
        WorkshopSession.objects.filter(run=enrollment.run, ends_at__gt=enrollment.run.cancelled_at)
        .select_related("venue")
        .order_by("starts_at")
    )
    context = context_of(enrollment, sessions, reason=_reason(enrollment))
    attachments = cancellations(enrollment, sessions) if enrollment.confirmed_at else []
    return letter("run_cancelled", context, attachments)


@composer(notifications.RUN_GOES_AHEAD)
def run_goes_ahead(message):
    enrollment = read(message, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)
    if enrollment is None or enrollment.run.status != CourseRun.Status.PUBLISHED or is_over(enrollment):
        return None
    return letter("run_goes_ahead", context_of(enrollment, sessions_ahead(enrollment)))


@composer(notifications.NOT_COMPLETED)
def not_completed(message):
    enrollment = read(message, S.NOT_COMPLETED)
    if enrollment is None or enrollment.completion.decided_at < timezone.now() - NEWS_FOR:
        return None
    return letter("not_completed", context_of(enrollment, reasons=reason_sentences(enrollment.completion.reasons)))


@composer(notifications.SESSION_MOVED)
def session_moved(message):
    enrollment, session = _read_with_session(message)
    if session is None or session.status != WorkshopSession.Status.PLANNED:
        return None
    old = _last_known(message)
    before = WorkshopSession(
        run=enrollment.run,
        starts_at=datetime.fromisoformat(old["starts_at"]),
        ends_at=datetime.fromisoformat(old["ends_at"]),
        time_zone=session.time_zone,
        mode=session.mode,
        venue=Venue.objects.filter(pk=old["venue"]).first(),
    )
    context = context_of(
        enrollment,
        before=facts_of(before, enrollment),
        after=facts_of(session, enrollment),
        session=session,
        reason=old.get("reason", ""),
    )
    is_confirmed = enrollment.status == S.CONFIRMED
    return letter("session_moved", context, invitations(enrollment, [session]) if is_confirmed else [])


@composer(notifications.SESSION_CANCELLED)
def session_cancelled(message):
    enrollment, session = _read_with_session(message)
    if session is None or session.status != WorkshopSession.Status.CANCELLED:
        return None
    context = context_of(
        enrollment, session=session, facts=facts_of(session, enrollment), reason=message.facts.get("reason", "")
    )
    is_confirmed = enrollment.status == S.CONFIRMED
    return letter("session_cancelled", context, cancellations(enrollment, [session]) if is_confirmed else [])


@composer(notifications.SESSION_ADDED)
def session_added(message):
    enrollment, session = _read_with_session(message)
    if session is None or session.status != WorkshopSession.Status.PLANNED:
        return None
    is_confirmed = enrollment.status == S.CONFIRMED
    context = context_of(enrollment, session=session, facts=facts_of(session, enrollment))
    return letter("session_added", context, invitations(enrollment, [session]) if is_confirmed else [])


@composer(notifications.REMINDER)
def reminder(message):
    enrollment, session = _read_with_session(message)
    if session is None or enrollment.status != S.CONFIRMED:
        return None
    if session.status != WorkshopSession.Status.PLANNED or session.starts_at <= timezone.now():
        return None
    return letter("reminder", context_of(enrollment, [session], session=session))


@registry.add(samples, "courses")
def recent_enrollments(kind):
    """Enrollments of runs that are still to come, newest first, for trying out the words of this app's letters."""
    if composers[kind].__module__.split(".")[0] != "courses":
        return
    coming = WorkshopSession.objects.planned().filter(ends_at__gt=timezone.now()).order_by("starts_at")
    rows = Enrollment.objects.select_related("learner", "run__course").filter(run__in=coming.values("run"))
    sessions = {}
    for session in coming.filter(run__enrollments__isnull=False).distinct():
        sessions.setdefault(session.run_id, session)
    for enrollment in rows.order_by("-pk")[:SAMPLES]:
        session = sessions[enrollment.run_id]
        old = {"starts_at": session.starts_at.isoformat(), "ends_at": session.ends_at.isoformat(), "reason": ""}
        facts = {
            "enrollment": enrollment.pk,
            "session": session.pk,
            "sequence": session.sequence,
            "old": {**old, "venue": session.venue_id},
            "changes": [{**old, "session": session.pk, "sequence": session.sequence}],
            "reason": "",
        }
        yield (
            enrollment.learner,
            facts,
            f"{enrollment.learner}, {enrollment.run.code}: {enrollment.get_status_display()}",
        )


def letter(name, context, attachments=()):
    return letter_from_templates(f"courses/mail/{name}", context, attachments, reply_to=context["run"].reply_to)


def read(message, *statuses):
    """The enrollment as it is now, or None when it is in none of these states any more."""
    return (
        Enrollment.objects.select_related("run__course", "learner", "completion", "payment")
        .filter(pk=message.facts["enrollment"], status__in=statuses)
        .first()
    )


def _read_with_session(message):
    """Enrollment and session, or (None, None) when a newer message, or the end of either, has overtaken this one."""
    enrollment = read(message, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)
    session = (
        WorkshopSession.objects.select_related("venue")
        .filter(pk=message.facts["session"], sequence=message.facts["sequence"], ends_at__gt=timezone.now())
        .first()
    )
    if enrollment is None or session is None or enrollment.run.status != CourseRun.Status.PUBLISHED:
        return None, None
    session.run = enrollment.run
    return enrollment, session


def _last_known(message):
    """The facts of the session that this person was last told; moves that nobody told them of are passed over."""
    old = message.facts["old"]
    earlier = Message.objects.filter(
        kind=message.kind,
        facts__enrollment=message.facts["enrollment"],
        facts__session=message.facts["session"],
        facts__sequence__lt=message.facts["sequence"],
    )
    for one in sorted(earlier, key=lambda one: -one.facts["sequence"]):
        if one.status == Message.Status.SENT:
            break
        old = {**one.facts["old"], "reason": old["reason"] or one.facts["old"]["reason"]}
    return old


def is_over(enrollment):
    """Whether the run's last session has ended, so that no message about places is of use."""
    sessions = WorkshopSession.objects.planned().filter(run=enrollment.run)
    return sessions.exists() and not sessions.filter(ends_at__gt=timezone.now()).exists()


def sessions_ahead(enrollment):
    """Planned sessions that this person still has before them."""
    sessions = (
        WorkshopSession.objects.planned()
        .filter(run=enrollment.run, ends_at__gt=timezone.now())
        .select_related("venue")
        .order_by("starts_at")
    )
    return [_with_run(session, enrollment.run) for session in sessions]


def _with_run(session, run):
    session.run = run
    return session


def _reason(enrollment):
    """Why the last change was made, translated where a rule wrote it itself."""
    event = enrollment.events.order_by("pk").last()
    return _(event.reason) if event and event.reason else ""


def context_of(enrollment, sessions=(), **more):
    run = enrollment.run
    deadline = cancellation_deadline(enrollment) if enrollment.status == S.CONFIRMED else None
    return {
        "name": enrollment.learner.name,
        "enrollment": enrollment,
        "run": run,
        "course": run.course,
        "sessions": [facts_of(session, enrollment) for session in sessions],
        "deadline": deadline and times.moment(deadline, run.time_zone),
        "manage_url": links.address("courses:manage", links.sign("enrollment", enrollment.pk)),
        **more,
    }


def facts_of(session, enrollment):
    """One session in words: title, when, when in the reader's own zone if that differs, where, and the link."""
    zone, own = session.time_zone, enrollment.learner.time_zone
    span = (session.starts_at, session.ends_at)
    return {
        "title": session.title,
        "when": times.span(*span, zone),
        "when_for_reader": "" if times.same_clock(session.starts_at, zone, own) else times.span(*span, own),
        "place": calendar.place_of(session),
        "directions": session.venue.directions if session.venue else "",
        "link": session.joining_link if enrollment.status == S.CONFIRMED else "",
    }


def invitations(enrollment, sessions):
    return [_part(session, "REQUEST", calendar.invitation(enrollment, session)) for session in sessions]


def cancellations(enrollment, sessions):
    for session in sessions:
        session.run = enrollment.run
    return [_part(session, "CANCEL", calendar.cancellation(enrollment, session)) for session in sessions]


def _part(session, method, content):
    day = session.starts_at.astimezone(session.zone).date()
    return Attachment(
        f"{session.run.code}-{day.isoformat()}.ics", content.decode(), f"text/calendar; method={method}; charset=utf-8"
    )
