"""Recording who was there. Not recorded is never absent; a correction keeps what stood before."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.checkpoints import reach

from . import completion, enrollment
from .errors import BadMark, NotEnrolled, NotPossible, ReasonMissing, RunCancelled, RunIsOver
from .models import Attendance, AttendanceChange, CourseRun, Enrollment, WorkshopSession
from .seats import lock_run

# Attendance can be recorded from this long before the session starts.
OPENS_BEFORE = timedelta(hours=1)
PARTLY_THERE = (Attendance.Status.LATE, Attendance.Status.LEFT_EARLY)


def mark(
    session,
    enrollment,
    status,
    *,
    minutes=None,
    by,
    method=Attendance.Method.ROSTER,
    note="",
    reason="",
    at=None,
):
    """Record one person at one session; return the Attendance row.

    From one hour before the start of the session. `minutes` (breaks excluded) are
    needed for those who came late or left early; else they follow from the status.
    The same again changes nothing; another value keeps the old one, with who, when
    and why. On a closed run a reason is needed and the result is computed anew.

    Raises NotEnrolled, BadMark, NotPossible, RunCancelled, ReasonMissing.
    """
    marks = {enrollment.pk: (status, minutes, note)}
    return _mark_all(session, marks, by=by, method=method, reason=reason, at=at)[0]


def mark_many(session, marks, *, by, at=None, reason="", method=Attendance.Method.ROSTER):
    """Record several people at one session: all of them or, when one is refused, nobody.

    `marks` is {enrollment id: (status, minutes or None, note)}; people left out keep
    what they have. Returns the list of Attendance rows. Rules and errors are mark()'s.
    """
    return _mark_all(session, marks, by=by, method=method, reason=reason, at=at)


def admit_walk_in(session, learner, *, by, reason="", at=None):
    """Give a place to somebody who came without one; return the Enrollment. Twice is safe.

    Over capacity, or past people who wait, a reason is needed: RunIsFull without
    one. A person on the waiting list, with an application or an offer gets the place
    on the row they have. Attendance is recorded afterwards, with mark().
    """
    with transaction.atomic():
        session = _lock_session(session)
        at = at or timezone.now()
        _check_can_record(session, at)
        if session.run.status == CourseRun.Status.CLOSED:
            raise RunIsOver
        admitted = enrollment.enroll(
            learner,
            session.run,
            by=by,
            source=Enrollment.Source.WALK_IN,
            at=at,
            overbooking_reason=reason,
        )
        if admitted.status not in Enrollment.SEATED:
            admitted = enrollment.give_seat(admitted, by=by, reason=reason, at=at)
        if admitted.confirmed_at and admitted.confirmed_at > session.starts_at:
            # They are in the room: the session counts for them even when it is written down afterwards.
            admitted.confirmed_at = session.starts_at
            admitted.save(update_fields=["confirmed_at"])
        return admitted


def _mark_all(session, marks, *, by, method, reason, at):
    with transaction.atomic():
        session = _lock_session(session)
        at = at or timezone.now()
        _check_can_record(session, at)
        rows = Enrollment.objects.select_related("learner").filter(run=session.run, pk__in=marks).in_bulk()
        before = {row.enrollment_id: row for row in Attendance.objects.filter(session=session, enrollment__in=marks)}
        reach("mark:checked")
        recorded = []
        for pk, (status, minutes, note) in marks.items():
            person = rows.get(pk)
            _check_person(session, person)
            person.run = session.run
            minutes = _minutes(session, person, status, minutes)
            value = (status, minutes, note)
            recorded.append(_write(session, person, before.get(pk), value, by=by, method=method, reason=reason, at=at))
        return recorded


def _lock_session(session):
    run = lock_run(session.run_id)
    locked = WorkshopSession.objects.get(pk=session.pk)
    locked.run = run
    return locked


def _check_can_record(session, at):
    if session.run.status == CourseRun.Status.CANCELLED:
        raise RunCancelled
    if session.run.status == CourseRun.Status.DRAFT:
        raise NotPossible(_("The run is not published yet."))
    if session.status == WorkshopSession.Status.CANCELLED:
        raise NotPossible(_("This session was cancelled."))
    if at < session.starts_at - OPENS_BEFORE:
        raise NotPossible(_("Attendance can be recorded from one hour before the session starts."))


def _check_person(session, person):
    if person is None or person.status not in Enrollment.SEATED:
        raise NotEnrolled
    if not person.takes_part_in(session):
        raise NotEnrolled(_("%(name)s joined the run after this session.") % {"name": person.learner})


def _minutes(session, person, status, minutes):
    if status == Attendance.Status.PRESENT:
        return session.minutes
    if status not in PARTLY_THERE:
        if status not in Attendance.Status.values:
            raise BadMark
        return 0
    if minutes is None or not 1 <= minutes <= session.minutes:
        raise BadMark(
            _("%(name)s: write how many minutes they were there, from 1 to %(most)s.")
            % {"name": person.learner, "most": session.minutes}
        )
    return minutes


def _write(session, person, row, value, *, by, method, reason, at):
    status, minutes, note = value
    if row is None:
        if session.run.status == CourseRun.Status.CLOSED:
            raise RunIsOver
        return Attendance.objects.create(
            session=session,
            enrollment=person,
            status=status,
            minutes=minutes,
            note=note,
            method=method,
            recorded_at=at,
            recorded_by=by,
        )
    if (row.status, row.minutes, row.note) == value:
        return row
    is_closed = session.run.status == CourseRun.Status.CLOSED
    if is_closed and not reason.strip():
        raise ReasonMissing(_("The run is closed. Write why attendance is corrected."))
    AttendanceChange.objects.create(
        attendance=row,
        old_status=row.status,
        old_minutes=row.minutes,
        old_note=row.note,
        new_status=status,
        new_minutes=minutes,
        new_note=note,
        at=at,
        by=by,
        reason=reason,
    )
    row.status, row.minutes, row.note = value
    row.method, row.recorded_at, row.recorded_by = method, at, by
    row.save()
    if is_closed:
        completion.reassess(person, by=by, at=at)
    return row
