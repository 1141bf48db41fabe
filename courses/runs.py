"""What the office does to a run as a whole: publish, cancel, move, change capacity.

Every verb locks the run, raises SEQUENCE on sessions whose calendar entry
changes, and tells each affected person once.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy import times

from . import notifications
from .errors import BadCapacity, BadTimes, NotPossible, ReasonMissing, RunCancelled, RunIsOver
from .models import Attendance, CourseRun, Enrollment, WorkshopSession
from .office.history import What, record, session_facts
from .seats import lock_run, settle, tally, to_the_second
from .states import CAPACITY_LOWERED, S, move

UNCHANGED = object()
CONCERNED = (S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)


def publish(run, *, by):
    """Open a draft run to the public; return it. Twice is safe. Raises NotPossible without a session."""
    with transaction.atomic():
        run = lock_run(run)
        if run.status == CourseRun.Status.PUBLISHED:
            return run
        if run.status != CourseRun.Status.DRAFT:
            raise NotPossible(_("Only a draft can be published."))
        if not WorkshopSession.objects.planned().filter(run=run).exists():
            raise NotPossible(_("Add at least one session before you publish the run."))
        run.status = CourseRun.Status.PUBLISHED
        run.save(update_fields=["status"])
        record(run, What.PUBLISHED, by=by, at=timezone.now())
        return run


def cancel_run(run, *, by, reason, at=None):
    """Call the whole run off; return it. Twice is safe.

    Sessions that have not ended are cancelled, everybody who has a place, an offer,
    an application or waits is withdrawn and told once. Nobody moves up. Raises
    ReasonMissing, and RunIsOver for a closed run.
    """
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        if run.status == CourseRun.Status.CANCELLED:
            return run
        if run.status == CourseRun.Status.CLOSED:
            raise RunIsOver
        if not reason.strip():
            raise ReasonMissing
        run.status, run.cancelled_at = CourseRun.Status.CANCELLED, at
        run.save(update_fields=["status", "cancelled_at"])
        record(run, What.CANCELLED, by=by, at=at, reason=reason)
        for session in WorkshopSession.objects.planned().filter(run=run, ends_at__gt=at):
            _change(session, at, status=WorkshopSession.Status.CANCELLED)
        for enrollment in _rows(run, (S.DRAFT, *CONCERNED)):
            move(enrollment, S.WITHDRAWN, by=by, at=at, reason=reason)
            notifications.tell_run_cancelled(enrollment)
        return run


def add_session(session, *, by, at=None):
    """Save a new session (an unsaved WorkshopSession with its run) and return it; who is concerned is told.

    The same times and title again give the session that is there. Raises
    RunCancelled, RunIsOver and BadTimes.
    """
    with transaction.atomic():
        run, at = lock_run(session.run_id), at or timezone.now()
        session.run = run
        if run.status == CourseRun.Status.CANCELLED:
            raise RunCancelled
        if run.status == CourseRun.Status.CLOSED:
            raise RunIsOver
        _check_times(session.starts_at, session.ends_at, session.break_minutes)
        twins = WorkshopSession.objects.planned().filter(run=run, starts_at=session.starts_at, ends_at=session.ends_at)
        for twin in twins:
            if twin.title == session.title:
                return twin
        session.changed_at = at
        session.save()
        record(run, What.SESSION_ADDED, by=by, at=at, subject=session.title, new=session_facts(session))
        if session.ends_at > at:
            for enrollment in _rows(run, CONCERNED):
                notifications.tell_session_added(enrollment, session)
        _keep_offers_before_the_start(run, at)
        return session


def cancel_session(session, *, by, reason, at=None):
    """Call one session off; return it. Twice is safe. It leaves the denominator of attendance.

    Raises ReasonMissing, and NotPossible for the only session left and for one with
    attendance on record.
    """
    with transaction.atomic():
        session, at = _lock_session(session), at or timezone.now()
        if session.status == WorkshopSession.Status.CANCELLED:
            return session
        _check_changeable(session)
        if not reason.strip():
            raise ReasonMissing
        if not WorkshopSession.objects.planned().filter(run=session.run).exclude(pk=session.pk).exists():
            raise NotPossible(_("This is the only session left. Cancel the run instead."))
        _change(session, at, status=WorkshopSession.Status.CANCELLED)
        record(session.run, What.SESSION_CANCELLED, by=by, at=at, subject=session.title, reason=reason)
        if session.ends_at > at:
            for enrollment in _rows(session.run, CONCERNED):
                notifications.tell_session_cancelled(enrollment, session, reason=reason)
        _keep_offers_before_the_start(session.run, at)
        return session


def move_session(session, *, starts_at, ends_at, venue=UNCHANGED, by, reason="", at=None):
    """Give a session another time or place; return it. The same values again change nothing.

    Whoever is concerned is told the old and the new facts, and may cancel without
    a mark for 24 hours. Raises BadTimes, and NotPossible for a cancelled session,
    a run that is over, or a session with attendance on record.
    """
    with transaction.atomic():
        session, at = _lock_session(session), at or timezone.now()
        venue_id = session.venue_id if venue is UNCHANGED else (venue and venue.pk)
        if (session.starts_at, session.ends_at, session.venue_id) == (starts_at, ends_at, venue_id):
            return session
        _check_changeable(session)
        if session.status == WorkshopSession.Status.CANCELLED:
            raise NotPossible(_("This session was cancelled."))
        _check_times(starts_at, ends_at, session.break_minutes)
        old = {
            "starts_at": session.starts_at.isoformat(),
            "ends_at": session.ends_at.isoformat(),
            "venue": session.venue_id,
            "reason": reason,
        }
        before = session_facts(session)
        _change(session, at, starts_at=starts_at, ends_at=ends_at, venue_id=venue_id)
        after = session_facts(session)
        record(
            session.run, What.SESSION_MOVED, by=by, at=at, subject=session.title, old=before, new=after, reason=reason
        )
        if ends_at > at:
            for enrollment in _rows(session.run, CONCERNED):
                notifications.tell_session_moved(enrollment, session, old=old)
        _keep_offers_before_the_start(session.run, at)
        return session


def move_run(run, new_times, *, by, reason="", at=None):
    """Give several sessions of a run new times at once; return those that moved.

    `new_times` is {session pk: (starts_at, ends_at)}. Everybody concerned gets one message
    with all old and new times and may cancel without a mark for 24 hours. The deadline
    for cancelling moves with the first session, on the clocks of the run's zone. The same
    times again change nothing. Raises BadTimes, NotPossible, RunCancelled, RunIsOver.
    """
    with transaction.atomic():
        run, at = lock_run(run), at or timezone.now()
        first_was = tally(run, at).starts_at
        changes, moved = [], []
        for session in WorkshopSession.objects.planned().filter(run=run, pk__in=new_times):
            session.run = run
            starts_at, ends_at = new_times[session.pk]
            if (session.starts_at, session.ends_at) == (starts_at, ends_at):
                continue
            _check_changeable(session)
            _check_times(starts_at, ends_at, session.break_minutes)
            old = {"starts_at": session.starts_at.isoformat(), "ends_at": session.ends_at.isoformat()}
            before = session_facts(session)
            _change(session, at, starts_at=starts_at, ends_at=ends_at)
            record(
                run,
                What.SESSION_MOVED,
                by=by,
                at=at,
                subject=session.title,
                old=before,
                new=session_facts(session),
                reason=reason,
            )
            moved.append(session)
            changes.append({"session": session.pk, "sequence": session.sequence, **old})
        if not moved:
            return []
        first_is = tally(run, at).starts_at
        if run.cancel_until and first_was != first_is:
            run.cancel_until = times.shifted(run.cancel_until, first_was, first_is, run.time_zone)
            run.save(update_fields=["cancel_until"])
        if any(session.ends_at > at for session in moved):
            # Sequences only rise, so their sum is another number after every move.
            version = sum(WorkshopSession.objects.filter(run=run).values_list("sequence", flat=True))
            for enrollment in _rows(run, CONCERNED):
                notifications.tell_run_moved(enrollment, run, version=version, changes=changes, reason=reason)
        _keep_offers_before_the_start(run, at)
        return moved


def change_capacity(run, capacity, *, by, at=None):
    """Set the number of seats (int, or None for unlimited); return the enrollments that moved up.

    Lowering it below the number of people enrolled removes nobody: the last of
    them are flagged as over capacity until there is room again. Raises BadCapacity
    below zero, RunCancelled and RunIsOver.
    """
    if capacity is not None and capacity < 0:
        raise BadCapacity
    with transaction.atomic():
        run, at = lock_run(run), at or timezone.now()
        if run.status == CourseRun.Status.CANCELLED:
            raise RunCancelled
        if run.status == CourseRun.Status.CLOSED:
            raise RunIsOver
        if run.capacity != capacity:
            record(run, What.CAPACITY, by=by, at=at, old={"capacity": run.capacity}, new={"capacity": capacity})
        run.capacity = capacity
        run.save(update_fields=["capacity"])
        _flag_those_over_capacity(run, at)
        return settle(run, at)[1]


def _lock_session(session):
    run = lock_run(session.run_id)
    locked = WorkshopSession.objects.get(pk=session.pk)
    locked.run = run
    return locked


def _check_times(starts_at, ends_at, break_minutes):
    if ends_at <= starts_at:
        raise BadTimes
    if (ends_at - starts_at).total_seconds() <= break_minutes * 60:
        raise BadTimes(_("Breaks are shorter than the session."))


def _check_changeable(session):
    if session.run.status == CourseRun.Status.CANCELLED:
        raise RunCancelled
    if session.run.status == CourseRun.Status.CLOSED:
        raise RunIsOver
    if Attendance.objects.filter(session=session).exists():
        raise NotPossible(_("Attendance of this session is on record; it can be neither moved nor cancelled."))


def _change(session, at, **values):
    """Write new values on a session; its calendar entry gets the next SEQUENCE."""
    values |= {"sequence": session.sequence + 1, "changed_at": at}
    for name, value in values.items():
        setattr(session, name, value)
    session.save(update_fields=list(values))


def _rows(run, statuses):
    rows = Enrollment.objects.filter(run=run, status__in=statuses).select_related("learner").order_by("pk")
    for enrollment in rows:
        enrollment.run = run
        yield enrollment


def _keep_offers_before_the_start(run, at):
    """An offer is never valid beyond the freeze; the run may now start earlier. Then let the queue move.

    Nor does an unpaid place lapse after the start: then it is for the office to ask for the money.
    """
    now = tally(run, at)
    if now.starts_at:
        Enrollment.objects.filter(run=run, status=S.CONFIRMED, lapses_at__gt=now.starts_at).update(lapses_at=None)
    last = now.promotion_ends_at
    if last:
        last = to_the_second(last)
        Enrollment.objects.filter(run=run, status=S.OFFERED, offered_until__gt=last).update(offered_until=last)
    settle(run, at)


def _flag_those_over_capacity(run, at):
    """Flag as many of the last people as the lowered capacity leaves without a seat, and no others."""
    seated = Enrollment.objects.filter(run=run).holding_seat(to_the_second(at))
    seated.filter(is_overbooked=True, overbooking_reason=CAPACITY_LOWERED).update(
        is_overbooked=False, overbooking_reason=""
    )
    if run.capacity is None:
        return
    excess = seated.count() - seated.filter(is_overbooked=True).count() - run.capacity
    if excess > 0:
        last = list(seated.filter(is_overbooked=False).order_by("-pk").values_list("pk", flat=True)[:excess])
        Enrollment.objects.filter(pk__in=last).update(is_overbooked=True, overbooking_reason=CAPACITY_LOWERED)
