"""Enrolling: who gets a place, who waits, who leaves. The only writer of enrollments before the run is closed.

Every verb opens its own transaction, locks the run and reads the time once the
lock is held, so two people can never take one seat. Seats, queue and promotion
are in courses.seats, the state machine in courses.states.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.checkpoints import reach
from academy.prepared import Prepared

from . import notifications
from .entry import codes, conditions
from .entry.errors import ByInvitationOnly, PrerequisiteMissing
from .entry.quotas import Group, group_of, note_admission, organisation_of
from .errors import (
    EnrollmentClosed,
    EnrollmentNotOpen,
    NotPossible,
    OfferExpired,
    ReasonMissing,
    RunCancelled,
    RunIsFull,
    RunIsOver,
    RunNotPublic,
)
from .models import CourseRun, Enrollment, Juror, Selection
from .seats import (
    lock_enrollment,
    lock_run,
    next_queue_number,
    overlapping_sessions,
    position,
    promote,
    settle,
    sweep_offers,
    tally,
    to_the_second,
)
from .selection.errors import JurorApplies, JuryDecides
from .states import ENDED, S, move, start

__all__ = [
    "ByInvitationOnly",
    "EnrollmentClosed",
    "EnrollmentNotOpen",
    "NotPossible",
    "OfferExpired",
    "PrerequisiteMissing",
    "ReasonMissing",
    "RunCancelled",
    "RunIsFull",
    "RunIsOver",
    "RunNotPublic",
    "accept_offer",
    "active_place",
    "approve",
    "cancel",
    "cancellation_deadline",
    "check_open",
    "decline",
    "enroll",
    "give_seat",
    "overlapping_sessions",
    "position",
    "promote",
    "sweep_offers",
    "withdraw",
]

# Whoever got a place after the deadline for cancelling in time has this long to cancel without a mark.
GRACE = timedelta(hours=24)
BY_HAND = {Enrollment.Source.STAFF, Enrollment.Source.WALK_IN}
WITH_APPLICATION = {CourseRun.Entry.APPROVAL, CourseRun.Entry.CALL}


def enroll(
    learner,
    run,
    *,
    by=None,
    source=Enrollment.Source.SELF,
    at=None,
    overbooking_reason="",
    invitation="",
    level="",
    segment=None,
    waiver_reason="",
):
    """Put the learner on the run: a place, the tail of the queue, or an application, as the run has it.

    Calling twice returns the same active row. While anybody waits a newcomer joins
    the tail, even if a seat is free; only those whom the run's quotas pass over do not
    count. `invitation` is the code of a run by invitation (str), `level` and `segment`
    are what the person says of themselves. The office and walk-ins (`source`) are not
    bound by window, code and audience; with `overbooking_reason` they get a place at
    once, past the queue, the quotas and over capacity, and the office admits with
    `waiver_reason` whoever lacks a prerequisite. Both reasons stay on record.

    Raises RunCancelled, RunNotPublic, EnrollmentNotOpen, EnrollmentClosed, RunIsOver,
    an EntryRefused (invitation, audience, prerequisites), JurorApplies, and RunIsFull for
    a walk-in without a reason.
    """
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        now, _promoted = settle(run, at)
        mine = active_place(learner, run)
        if mine and mine.status != S.DRAFT:
            mine.run, mine.learner = run, learner
            return mine
        _check_open(now, source, overbooking_reason)
        by = by or (learner if source == Enrollment.Source.SELF else None)
        code = _check_conditions(run, learner, source, at, invitation, segment, waiver_reason)
        reach("enroll:checked")
        by_hand = source in BY_HAND
        group = Group(level, segment and segment.pk, organisation_of(learner, run))
        facts = {"source": source}
        reason = ""
        if run.entry in WITH_APPLICATION and not by_hand:
            status = S.APPLIED
        elif now.has_seat_for(group):
            status = S.CONFIRMED
        elif by_hand and overbooking_reason:
            status = S.CONFIRMED
            reason = overbooking_reason
            facts |= _over_capacity(now, group, overbooking_reason)
        elif source == Enrollment.Source.WALK_IN:
            raise RunIsFull
        else:
            status = S.WAITING
        if status == S.CONFIRMED:
            facts["confirmed_at"] = at
        else:
            facts["queue_number"] = next_queue_number(run)
        if mine:
            enrollment = move(mine, status, by=by, at=at, reason=reason, **facts)
        else:
            enrollment = start(run, learner, status, by=by, at=at, reason=reason, **facts)
        note_admission(enrollment, group, waiver_reason=waiver_reason, by=by)
        if code:
            codes.use(code, enrollment, at=at)
        notifications.tell_state(enrollment)
        return enrollment


def active_place(learner, run):
    """The learner's active Enrollment in the run, or None."""
    return next(iter(_active(run=run.pk, learner=learner.pk)), None)


@Prepared
def _active(given):
    return Enrollment.objects.active().filter(run=given.run, learner=given.learner)


@Prepared
def _public(given):
    return CourseRun.objects.public().filter(pk=given.run).values_list("pk")


def check_open(run, *, source=Enrollment.Source.SELF, at=None, now=None):
    """Raise what enroll() would raise for any newcomer at this moment; for pages that show whether it is worth trying.

    `now` is the run's Tally where the caller has it already.
    """
    _check_open(now or tally(run, at or timezone.now()), source, "")


def check_visitor(run, *, email, invitation="", segment=None, at=None):
    """Raise what enroll() would raise for a visitor whose address is not proven yet; a code is not used up by it.

    The run was read by with_conditions().
    """
    at = at or timezone.now()
    check_open(run, at=at)
    if run.entry == CourseRun.Entry.INVITATION:
        codes.check(run, invitation, email=email, at=at)
    conditions.check_audience(run, segment)


def approve(enrollment, *, by, at=None):
    """Accept an application: a place if one is free and nobody waits, else the queue, by the number it was given.

    Twice is safe. Raises NotPossible for what is no application, JuryDecides while a jury judges it.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        if enrollment.status in (S.WAITING, S.OFFERED, S.CONFIRMED, S.COMPLETED, S.NOT_COMPLETED):
            return enrollment
        if enrollment.status != S.APPLIED:
            raise NotPossible
        _check_no_jury(enrollment.run)
        now, _promoted = settle(enrollment.run, at)
        _check_run_goes_on(now)
        reach("approve:checked")
        if now.has_seat_for(group_of(enrollment) if enrollment.run.has_quotas else Group()):
            move(enrollment, S.CONFIRMED, by=by, at=at, confirmed_at=at)
            notifications.tell_confirmed(enrollment)
            return enrollment
        move(enrollment, S.WAITING, by=by, at=at)
        settle(enrollment.run, at)
        enrollment.refresh_from_db(fields=["status", "confirmed_at", "offered_until"])
        if enrollment.status == S.WAITING:
            notifications.tell_waiting(enrollment)
        return enrollment


def decline(enrollment, *, by, reason="", at=None):
    """Turn an application down. Twice is safe; raises NotPossible for what is no application, JuryDecides."""
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        if enrollment.status == S.DECLINED:
            return enrollment
        if enrollment.status != S.APPLIED:
            raise NotPossible(_("Only an application can be declined. Withdraw the enrollment instead."))
        _check_no_jury(enrollment.run)
        move(enrollment, S.DECLINED, by=by, at=at or timezone.now(), reason=reason)
        notifications.tell_declined(enrollment)
        return enrollment


def give_seat(enrollment, *, by, reason="", at=None):
    """Give a place to somebody who waits, applied or has an offer, out of turn. Twice is safe.

    `reason` is needed when others wait before them, when no seat is free or a quota
    keeps it for others; over capacity or quota it stays on the row. Raises RunIsFull without
    one, JuryDecides for an application while a jury judges it.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        if enrollment.status in Enrollment.SEATED:
            return enrollment
        if enrollment.status == S.APPLIED:
            _check_no_jury(enrollment.run)
        now, promoted = settle(enrollment.run, at)
        if enrollment in promoted:
            enrollment.refresh_from_db(fields=["status", "confirmed_at", "offered_until"])
        if enrollment.status in Enrollment.SEATED:
            return enrollment
        _check_run_goes_on(now)
        facts = {"confirmed_at": at}
        if enrollment.status != S.OFFERED or enrollment.offered_until < to_the_second(at):
            group = group_of(enrollment) if enrollment.run.has_quotas else Group()
            first = not now.waiting or position(enrollment) == 1
            if not (reason or (first and now.quotas.admits(group))):
                raise RunIsFull
            facts |= _over_capacity(now, group, reason)
        move(enrollment, S.CONFIRMED, by=by, at=at, reason=reason, **facts)
        notifications.tell_confirmed(enrollment)
        return enrollment


def accept_offer(enrollment, *, by=None, at=None):
    """Turn an offer into a place. Twice is safe. Raises OfferExpired after its deadline, NotPossible without one."""
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        if enrollment.status in Enrollment.SEATED:
            return enrollment
        had_offer = enrollment.offered_until is not None
        if enrollment.status != S.OFFERED:
            raise OfferExpired if had_offer else NotPossible(_("There is no offer to accept."))
        if to_the_second(at) > enrollment.offered_until:
            raise OfferExpired
        if enrollment.run.status != CourseRun.Status.PUBLISHED:
            raise NotPossible
        move(enrollment, S.CONFIRMED, by=by, at=at, confirmed_at=at)
        notifications.tell_confirmed(enrollment, was_waiting=True)
        return enrollment


def cancel(enrollment, *, by=None, at=None, reason=""):
    """The person leaves: seat, offer, application or place in the queue. The next one moves up in the same transaction.

    Twice is safe. After cancellation_deadline() a held place is still released, and
    the row says that it was late. Raises NotPossible once the run is over or closed.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        if enrollment.status in ENDED:
            return enrollment
        ends_at = tally(enrollment.run, at).ends_at
        if enrollment.run.status == CourseRun.Status.CLOSED or (ends_at and at > ends_at):
            raise NotPossible(_("The run is over; there is nothing left to cancel."))
        reach("cancel:checked")
        deadline = cancellation_deadline(enrollment)
        was_sent = enrollment.status != S.DRAFT
        is_late = enrollment.status == S.CONFIRMED and deadline is not None and to_the_second(at) > deadline
        move(enrollment, S.CANCELLED, by=by, at=at, reason=reason, is_late_cancellation=is_late)
        if was_sent:  # a draft was nobody's business but the person's
            notifications.tell_cancelled(enrollment)
        settle(enrollment.run, at)
        return enrollment


def withdraw(enrollment, *, by, reason, at=None):
    """The office takes somebody off the run, with a reason. The next one moves up in the same transaction.

    Twice is safe. Raises ReasonMissing, and NotPossible once the run is closed.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        if enrollment.status in ENDED:
            return enrollment
        if not reason.strip():
            raise ReasonMissing
        move(enrollment, S.WITHDRAWN, by=by, at=at, reason=reason)
        notifications.tell_cancelled(enrollment)
        settle(enrollment.run, at)
        return enrollment


def cancellation_deadline(enrollment):
    """Until when (datetime, inclusive to the second) a place is cancelled in time, or None without sessions.

    It is the run's `cancel_until`, by default the start of the first session.
    Whoever got the place later than that, or had a session moved or cancelled by
    the office since, has 24 hours from then, but not beyond the first session's start.
    """
    sessions = sorted(enrollment.run.sessions.all(), key=lambda session: session.starts_at)
    starts_at = next((session.starts_at for session in sessions if session.status == "planned"), None)
    deadline = enrollment.run.cancel_until or starts_at
    if deadline is None or enrollment.confirmed_at is None:
        return deadline
    moments = [session.changed_at for session in sessions if session.sequence]
    moments = [moment for moment in moments if moment > enrollment.confirmed_at]
    if enrollment.confirmed_at > deadline:
        moments.append(enrollment.confirmed_at)
    if not moments:
        return deadline
    personal = max(moments) + GRACE
    return max(deadline, min(personal, starts_at) if starts_at else personal)


def _check_open(now, source, overbooking_reason):
    run, at = now.run, now.at
    if run.status == CourseRun.Status.CANCELLED:
        raise RunCancelled
    if run.status == CourseRun.Status.DRAFT:
        raise RunNotPublic
    if run.status == CourseRun.Status.CLOSED:
        raise RunIsOver
    if now.is_over and source != Enrollment.Source.WALK_IN:
        raise RunIsOver
    if run.capacity == 0 and not (source in BY_HAND and overbooking_reason):
        raise EnrollmentClosed
    if source in BY_HAND:
        return
    if source == Enrollment.Source.SELF:
        is_public = now.is_public
        if is_public is None:
            is_public = bool(_public(run=run.pk))
        if not is_public:
            raise RunNotPublic
    if run.opens_at and at < run.opens_at:
        raise EnrollmentNotOpen
    if now.has_started or (run.closes_at and to_the_second(at) > run.closes_at):
        raise EnrollmentClosed


def _check_no_jury(run):
    if run.entry == CourseRun.Entry.CALL and Selection.objects.filter(run=run, decided_at=None).exists():
        raise JuryDecides


def _check_run_goes_on(now):
    if now.run.status == CourseRun.Status.CANCELLED:
        raise RunCancelled
    if now.run.status != CourseRun.Status.PUBLISHED or now.is_over:
        raise RunIsOver


def _check_conditions(run, learner, source, at, invitation, segment, waiver_reason):
    """Raise the EntryRefused that fits; return the Invitation that a run by invitation is entered with, else None.

    An organisation answers for its people's trade; whoever stands in the room is the trainer's decision.
    """
    code = None
    if source not in BY_HAND and run.entry == CourseRun.Entry.INVITATION:
        code = codes.check(run, invitation, email=learner.email, at=at)
    if source == Enrollment.Source.SELF:
        conditions.check_audience(run, segment)
    if source != Enrollment.Source.WALK_IN and not (source in BY_HAND and waiver_reason):
        conditions.check_prerequisites(learner, run)
    if source not in BY_HAND and run.entry == CourseRun.Entry.CALL:
        if Juror.objects.active().filter(selection__run=run, user=learner).exists():
            raise JurorApplies
    return code


def _over_capacity(now, group, reason):
    """Facts of a row that is given a seat by hand: flagged, with the reason, when no seat was free for them."""
    return {} if now.quotas.admits(group) else {"is_overbooked": True, "overbooking_reason": reason[:300]}
