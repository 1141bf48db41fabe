"""How things stand for one person, in words: a run before enrolling, an enrollment afterwards.

Reads only. The caller fetches the rows (Enrollment.objects.for_pages() does), so that a
list of thirty costs as many queries as a list of one.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import times
from academy.errors import RuleError

from . import enrollment as rules
from .entry import conditions
from .entry.minimum import will_it_run
from .entry.quotas import look_up_obstacles, quotas_of, sentence_of, why_passed_over
from .models import Attendance, CourseRun, Enrollment
from .questions import answering
from .seats import tally_of_read, to_the_second

Status = Enrollment.Status


@dataclass(frozen=True)
class Place:
    """What somebody who enrolls now would get: a seat, or a number in the queue. `seats_left` None = unlimited."""

    seats_left: int | None
    position: int | None = None


def what_a_newcomer_gets(run):
    """The Place (needs CourseRun.objects.with_seats()); while anybody waits a newcomer joins the tail."""
    left = None if run.capacity is None else max(0, run.capacity - run.seats_taken)
    if run.people_waiting or left == 0:
        return Place(seats_left=0, position=run.people_waiting + 1)
    return Place(seats_left=left)


def refusal(run):
    """The sentence (str) why nobody can enroll in the run now, or "" if one can."""
    try:
        rules.check_open(run, now=tally_of_read(run, timezone.now()))
    except RuleError as error:
        return str(error.sentence)
    return ""


def next_steps(run, place):
    """What happens after enrolling and what the person promises, as sentences ."""
    course = run.course
    if run.entry in rules.WITH_APPLICATION:
        sentences = [_("The office decides about the places and writes to you either way.")]
    elif place.position:
        sentences = [
            _("You would be number %(position)s on the waiting list.") % {"position": place.position},
            what_promotion_does(run),
        ]
    elif run.has_quotas:
        sentences = [_("You get a place at once if these rules leave one for you, else a number on the waiting list.")]
    else:
        sentences = [_("You get the place at once, and a mail with the dates for your calendar.")]
    first_starts_at, _last_ends_at = dates(run)
    deadline = run.cancel_until or first_starts_at
    if deadline:
        sentences.append(
            _("You can cancel in time until %(deadline)s. Later you can still cancel, but it is recorded as late.")
            % {"deadline": times.moment(deadline, run.time_zone)}
        )
    return [*terms(run), *sentences, *will_it_run(run), *certificate_rule(course)]


def terms(run):
    """On what terms people come into a run read by with_conditions(), as sentences; none for most runs."""
    sentences = []
    if required := conditions.prerequisites_of(run):
        names = ", ".join(str(course) for course in required)
        sentences.append(_("Before this course you complete: %(courses)s.") % {"courses": names})
    if audience := conditions.audience_of(run):
        names = ", ".join(str(segment) for segment in audience)
        sentences.append(_("This run is meant for people from: %(segments)s.") % {"segments": names})
    quotas = quotas_of(run, free=math.inf, at=timezone.now())
    return sentences + [sentence_of(rule, run.time_zone) for rule in quotas.rules]


def certificate_rule(course):
    """What the course's certificate asks for, as sentences; none where there is no certificate."""
    if course.certificate_kind == course.CertificateKind.NONE:
        return []
    if course.min_attendance_percent == 100:
        sentences = [_("To get a certificate you attend the whole course.")]
    else:
        sentences = [
            _("To get a certificate you attend at least %(percent)s%% of the time.")
            % {"percent": course.min_attendance_percent}
        ]
    if course.all_required_sessions:
        sentences.append(_("Sessions marked as required have to be attended."))
    if course.excused_counts:
        sentences.append(_("Excused absence counts as attendance."))
    else:
        sentences.append(_("Excused absence does not count as attendance."))
    if course.has_final_task:
        sentences.append(_("You also pass a final task."))
    return sentences


@dataclass(frozen=True)
class Standing:
    """A state in words: `tone` is ok, wait, warn or off; `sentences` say what it means and what happens next."""

    title: str
    tone: str
    sentences: list[str] = field(default_factory=list)
    can_cancel: bool = False
    can_accept: bool = False
    can_enroll_again: bool = False
    is_over: bool = False


def planned_sessions(run):
    """The run's sessions (list) that were not cancelled, in order; uses what is prefetched."""
    return [session for session in run.sessions.all() if session.status == session.Status.PLANNED]


def dates(run):
    """When the run begins and ends (two datetimes or None)."""
    sessions = planned_sessions(run)
    starts = min((session.starts_at for session in sessions), default=None)
    return starts, max((session.ends_at for session in sessions), default=None)


def has_started(run, at=None):
    """Whether the first session has begun at `at` (datetime, default now)."""
    sessions = planned_sessions(run)
    return bool(sessions) and sessions[0].starts_at <= (at or timezone.now())


def is_over(run, at=None):
    """Whether the last session has ended at `at` (datetime, default now), or the run is closed or cancelled."""
    if run.status in (CourseRun.Status.CLOSED, CourseRun.Status.CANCELLED):
        return True
    sessions = planned_sessions(run)
    return bool(sessions) and max(session.ends_at for session in sessions) < (at or timezone.now())


def next_session(run, at=None):
    """The session that is on or comes next at `at`, or None."""
    now = at or timezone.now()
    return next((session for session in planned_sessions(run) if session.ends_at >= now), None)


def of_enrollment(enrollment, *, at=None):
    """The Standing of an enrollment at `at`; needs position from Enrollment.objects.for_pages().

    Lists call look_up_obstacles() first, or each waiting row costs its own queries.
    """
    stands = _of_status(enrollment, at or timezone.now())
    if stands.is_over:
        return stands
    return replace(stands, sentences=[*stands.sentences, *will_it_run(enrollment.run)])


def _of_status(enrollment, now):
    over = is_over(enrollment.run, now)
    match enrollment.status:
        case Status.CONFIRMED:
            return _confirmed(enrollment, now, over)
        case Status.WAITING:
            return _waiting(enrollment, now, over)
        case Status.OFFERED:
            return _offered(enrollment, now, over)
        case Status.DRAFT | Status.APPLIED:
            return _applied(enrollment, now, over)
        case Status.COMPLETED:
            return Standing(
                enrollment.get_status_display(), "ok", [_("You met the conditions of the course.")], is_over=True
            )
        case Status.NOT_COMPLETED:
            return Standing(
                enrollment.get_status_display(), "off", [_("The conditions of the course were not met.")], is_over=True
            )
        case _:
            return _ended(enrollment, now, over)


def _confirmed(enrollment, now, over):
    if over:
        sentences = [_("The sessions are over. Your result will appear here once the office has closed the run.")]
        return Standing(_("Waiting for the result"), "wait", sentences, is_over=True)
    if enrollment.has_lapsed(now):
        sentences = [_("The place was not paid in time and has lapsed.")]
        started = has_started(enrollment.run, now)
        return Standing(_("Place lapsed"), "off", sentences, can_enroll_again=not started, is_over=True)
    sentences = [_("You have a place.")]
    if enrollment.follows_id and enrollment.moves:
        sentences.append(_("You changed to it from the run %(code)s.") % {"code": enrollment.follows.run.code})
    return Standing(enrollment.get_status_display(), "ok", sentences, can_cancel=True)


def _waiting(enrollment, now, over):
    run = enrollment.run
    if over:
        return Standing(
            _("No place became free"), "off", [_("The run is over and the waiting list is closed.")], is_over=True
        )
    sentences = [
        _("You are number %(position)s on the waiting list.") % {"position": enrollment.position},
        what_promotion_does(run, now),
        *_of_jury(enrollment),
    ]
    if not hasattr(enrollment, "held_back_by"):
        look_up_obstacles([enrollment], now)
    if enrollment.held_back_by:
        sentences += why_passed_over(enrollment.held_back_by, run.time_zone)
    if _verdict(enrollment):
        sentences[0] = _("You are number %(position)s on the reserve list.") % {"position": enrollment.position}
        return Standing(_("On the reserve list"), "wait", sentences, can_cancel=True)
    if enrollment.follows_id:
        sentences[1] = _("When a place becomes free for you, you get an offer by mail.")
    if enrollment.follows_id and enrollment.follows.status == Enrollment.Status.CONFIRMED:
        sentences.append(
            _("Until you accept it, you keep your place on the run %(code)s.") % {"code": enrollment.follows.run.code}
        )
    return Standing(enrollment.get_status_display(), "wait", sentences, can_cancel=True)


def _verdict(enrollment):
    """What was decided about an application to a call with a jury, or None."""
    verdict = getattr(enrollment, "verdict", None)
    return verdict if verdict and verdict.outcome else None


def _of_jury(enrollment):
    """What the person may know of the decision (list of str): their rank, and the sentence written for them."""
    verdict = _verdict(enrollment)
    if verdict is None:
        return []
    sentences = []
    if verdict.rank:
        sentences.append(_("Your application was number %(rank)s on the ranked list.") % {"rank": verdict.rank})
    # Of whom was declined it stands as the reason of the last change.
    if verdict.feedback and enrollment.status != Status.DECLINED:
        sentences.append(verdict.feedback)
    return sentences


def what_promotion_does(run, at=None):
    """One sentence (str) that says what happens when a seat becomes free at `at` (datetime, default now)."""
    starts_at, _ends_at = dates(run)
    now = at or timezone.now()
    if starts_at and now >= starts_at:
        return _("The run has begun, so nobody moves up any more.")
    if starts_at and now > starts_at - timedelta(hours=run.freeze_hours):
        return _("The run begins soon: nobody moves up by itself any more, the office chooses who gets a free place.")
    if run.promotion == CourseRun.Promotion.AUTOMATIC:
        return _("When somebody cancels, the next person gets the place at once, and a mail about it.")
    return ngettext(
        "When somebody cancels, the next person gets an offer by mail, valid for %(hours)s hour.",
        "When somebody cancels, the next person gets an offer by mail, valid for %(hours)s hours.",
        run.offer_hours,
    ) % {"hours": run.offer_hours}


def _offered(enrollment, now, over):
    until = times.moment(enrollment.offered_until, enrollment.run.time_zone)
    if over or enrollment.is_expired_offer(now):
        return Standing(
            _("Offer expired"),
            "off",
            [_("The offer was valid until %(until)s.") % {"until": until}],
            can_enroll_again=not over,
            is_over=over,
        )
    sentences = [_("A place is free for you. It is yours if you accept it until %(until)s.") % {"until": until}]
    if enrollment.awaits_own_consent:
        sentences = [
            _("%(organisation)s has asked for this place for you. It is yours if you accept it until %(until)s.")
            % {"organisation": enrollment.organisation, "until": until}
        ]
    if enrollment.follows_id and enrollment.moves and enrollment.follows.status == Enrollment.Status.CONFIRMED:
        sentences.append(
            _("When you accept, your place on the run %(code)s is released.") % {"code": enrollment.follows.run.code}
        )
    return Standing(
        enrollment.get_status_display(),
        "warn",
        [*sentences, *_of_jury(enrollment)],
        can_cancel=True,
        can_accept=True,
    )


def _applied(enrollment, now, over):
    run = enrollment.run
    selection = getattr(run, "selection", None)
    if enrollment.status == Status.DRAFT:
        if answering.is_overdue(enrollment, at=now):
            until = times.moment(answering.deadline(run), run.time_zone)
            sentences = [_("The deadline was %(until)s. Your application was saved, but not sent.") % {"until": until}]
            return Standing(_("Application not sent in time"), "off", sentences, can_cancel=not over, is_over=True)
        sentences = [_("Your application was not sent yet.")]
        if answering.deadline(run):
            until = times.moment(answering.deadline(run), run.time_zone)
            sentences.append(_("Send it until %(until)s.") % {"until": until})
    elif selection:
        return _judged(enrollment, selection, now, over)
    else:
        sentences = [_("The office decides about the places and writes to you either way.")]
    return Standing(enrollment.get_status_display(), "wait", sentences, can_cancel=not over, is_over=over)


def _judged(enrollment, selection, now, over):
    """An application before a jury, of which the person sees no more than that it is being judged."""
    run = enrollment.run
    is_open = run.closes_at is not None and to_the_second(now) <= run.closes_at
    title = enrollment.get_status_display() if is_open else _("Being judged")
    sentences = [_("A jury judges the applications once the call is closed. The office writes to you either way.")]
    if selection.results_at:
        results = times.moment(selection.results_at, run.time_zone)
        sentences.append(_("The results are to be announced by %(moment)s.") % {"moment": results})
    return Standing(title, "wait", sentences, can_cancel=not over, is_over=over)


def _ended(enrollment, now, over):
    sentences = _of_jury(enrollment) if enrollment.status == Status.DECLINED else []
    if enrollment.status == Status.CANCELLED and enrollment.is_late_cancellation:
        sentences.append(_("It was cancelled after the deadline; this was recorded."))
    again = enrollment.status in (Status.CANCELLED, Status.WITHDRAWN) and not over
    return Standing(
        enrollment.get_status_display(),
        "off",
        sentences,
        can_enroll_again=again and not has_started(enrollment.run, now),
        is_over=True,
    )


def mark_in_words(session, mark):
    """One attendance record (str), with the minutes where somebody missed a part."""
    if mark.status in (Attendance.Status.LATE, Attendance.Status.LEFT_EARLY):
        return _("%(status)s (%(minutes)s of %(all)s minutes)") % {
            "status": mark.get_status_display(),
            "minutes": mark.minutes,
            "all": session.minutes,
        }
    return mark.get_status_display()
