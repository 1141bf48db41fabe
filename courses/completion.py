"""Who met the course's rule: assess one enrollment, close a run, correct afterwards.

Closing is the only way to a result. It refuses while anything is unrecorded, for
"not recorded" is never "absent".
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy.checkpoints import reach

from . import notifications
from .errors import NotEnrolled, NotPossible, NotRecorded, RunCancelled, RunNotOver
from .models import (
    Attendance,
    Completion,
    CourseRun,
    Curriculum,
    CurriculumStep,
    Enrollment,
    EnrollmentEvent,
    FinalTask,
    WorkshopSession,
)
from .office.history import What, record
from .seats import lock_enrollment, lock_run, settle, tally
from .signals import completion_changed, enrollment_completed
from .states import RUN_CLOSED, S, move

HERE = {Attendance.Status.PRESENT, Attendance.Status.LATE, Attendance.Status.LEFT_EARLY}


@dataclass(frozen=True)
class Assessment:
    """How one enrollment stands against its course's rule.

    Minutes are whole, breaks excluded, over the sessions that were not cancelled and
    concern this person. `reasons` are codes with figures, as Completion keeps them;
    reason_sentences() puts them into words. `unrecorded` are ids of sessions without
    an entry, `unrecorded_minutes` their length.
    """

    minutes_attended: int
    minutes_held: int
    percent: int
    is_met: bool
    reasons: list = field(default_factory=list)
    unrecorded: list = field(default_factory=list)
    unrecorded_minutes: int = 0

    @property
    def percent_so_far(self):
        """Per cent (int) of the minutes already recorded, or None while nothing is."""
        recorded = self.minutes_held - self.unrecorded_minutes
        return self.minutes_attended * 100 // recorded if recorded else None

    @property
    def percent_attainable(self):
        """Per cent (int) that is reached by attending everything that is not recorded yet."""
        return _percent(self.minutes_attended + self.unrecorded_minutes, self.minutes_held)


def assess(enrollment):
    """Return the Assessment of one enrollment as its records stand now. Writes nothing."""
    course = enrollment.run.course
    sessions = list(WorkshopSession.objects.planned().filter(run=enrollment.run_id))
    marks = {mark.session_id: mark for mark in Attendance.objects.filter(enrollment=enrollment)}
    task = FinalTask.objects.filter(enrollment=enrollment).first() if course.has_final_task else None
    return _assess(enrollment, course, sessions, marks, task)


def assess_run(run):
    """Return [(enrollment, Assessment)] of everybody with a place, as the records stand now. Writes nothing.

    The number of queries does not grow with the people.
    """
    rows = run.enrollments.filter(status__in=Enrollment.SEATED).select_related("learner").order_by("pk")
    assessments = _assess_all(run, rows)
    return [(row, assessments[row.pk]) for row in rows]


def close_run(run, *, by, at=None):
    """Close a run after its last session; return the list of Completions. Twice is safe.

    In one transaction: results are written, places become completed or not
    completed, whoever still waits or applied is released, learning paths are
    completed, and enrollment_completed is sent for everybody who met the rule.

    Raises RunNotOver, RunCancelled, and NotRecorded while attendance or a final
    task is missing for anybody.
    """
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        if run.status == CourseRun.Status.CLOSED:
            return list(_completions(run))
        _check_can_close(run, at)
        settle(run, at)
        rows = list(Enrollment.objects.filter(run=run, status=S.CONFIRMED).select_related("learner").order_by("pk"))
        assessments = _assess_all(run, rows)
        _check_recorded(run.course, rows, assessments)
        reach("close:checked")
        run.status, run.closed_at = CourseRun.Status.CLOSED, at
        run.save(update_fields=["status", "closed_at"])
        record(run, What.CLOSED, by=by, at=at)
        _release_the_others(run, by, at)
        _write_results(run, rows, assessments, by, at)
        met = [enrollment for enrollment in rows if assessments[enrollment.pk].is_met]
        _settle_curricula(run.course, [enrollment.learner_id for enrollment in met], at)
        for enrollment in met:
            enrollment_completed.send(sender=Enrollment, enrollment=enrollment, at=at, by=by)
        for enrollment in rows:
            if not assessments[enrollment.pk].is_met:
                notifications.tell_not_completed(enrollment)
        return list(_completions(run))


def record_final_task(enrollment, *, is_met, comment="", by, at=None):
    """Record whether the final task was met; return the FinalTask. The same again changes nothing.

    On a closed run the result is computed anew. Raises NotPossible for a course
    without a final task, NotEnrolled for somebody without a place.
    """
    with transaction.atomic():
        enrollment, at = lock_enrollment(enrollment), at or timezone.now()
        if not enrollment.run.course.has_final_task:
            raise NotPossible(_("This course has no final task."))
        if enrollment.status not in Enrollment.SEATED:
            raise NotEnrolled
        task = FinalTask.objects.filter(enrollment=enrollment).first() or FinalTask(enrollment=enrollment)
        if task.pk and (task.is_met, task.comment) == (is_met, comment):
            return task
        task.is_met, task.comment, task.assessed_at, task.assessed_by = is_met, comment, at, by
        task.save()
        reassess(enrollment, by=by, at=at)
        return task


def reassess(enrollment, *, by, at):
    """After a correction on a closed run: compute the result anew and send completion_changed if it differs.

    A path that the result completes or breaks is settled before the news. Does nothing on a run
    that is not closed. The caller holds the lock on the run.
    """
    result = Completion.objects.filter(enrollment=enrollment).first()
    if result is None:
        return
    found = assess(enrollment)
    values = _values(found)
    if all(getattr(result, name) == value for name, value in values.items()):
        return
    was_met = result.is_met
    for name, value in values.items():
        setattr(result, name, value)
    result.decided_at, result.decided_by = at, by
    result.save()
    if result.is_met != was_met:
        move(enrollment, S.COMPLETED if result.is_met else S.NOT_COMPLETED, by=by, at=at)
    if result.is_met != was_met:
        _settle_curricula(enrollment.run.course, [enrollment.learner_id], at)
    completion_changed.send(sender=Enrollment, enrollment=enrollment, at=at, by=by)


def reason_sentences(reasons):
    """The reasons of an Assessment or a Completion as a list of sentences in the active language."""
    return [_SENTENCES[reason["code"]](reason) for reason in reasons]


_SENTENCES = {
    "attendance_below": lambda reason: _("Attended %(percent)s %% of the time; %(needed)s %% are needed.") % reason,
    "required_session_missed": lambda reason: _("Missed a required session: %(title)s.") % reason,
    "final_task_not_met": lambda reason: _("The final task was not met."),
    "final_task_missing": lambda reason: _("The final task was not assessed."),
    "nothing_held": lambda reason: _("No session took place while this person was enrolled."),
}


def _assess(enrollment, course, sessions, marks, task):
    attended = held = unrecorded_minutes = 0
    unrecorded, reasons = [], []
    for session in sessions:
        if not enrollment.takes_part_in(session):
            continue
        held += session.minutes
        mark = marks.get(session.pk)
        counted = _counted_minutes(course, session, mark)
        attended += counted
        if mark is None:
            unrecorded.append(session.pk)
            unrecorded_minutes += session.minutes
        if course.all_required_sessions and session.is_required and not counted:
            reasons.append({"code": "required_session_missed", "session": session.pk, "title": session.title})
    percent = _percent(attended, held)
    if not held:
        reasons.append({"code": "nothing_held"})
    elif attended * 100 < course.min_attendance_percent * held:
        reasons.insert(0, {"code": "attendance_below", "percent": percent, "needed": course.min_attendance_percent})
    if course.has_final_task and not (task and task.is_met):
        reasons.append({"code": "final_task_not_met" if task else "final_task_missing"})
    return Assessment(attended, held, percent, not reasons, reasons, unrecorded, unrecorded_minutes)


def _counted_minutes(course, session, mark):
    if mark is None:
        return 0
    if mark.status in HERE:
        return min(mark.minutes, session.minutes)
    return session.minutes if mark.status == Attendance.Status.EXCUSED and course.excused_counts else 0


def _percent(part, whole):
    """Whole per cent, rounded down, so that 79.9 never looks like the 80 that were needed."""
    return part * 100 // whole if whole else 0


def _assess_all(run, rows):
    """Assessments by enrollment id, in a number of queries that does not grow with the people."""
    sessions = list(WorkshopSession.objects.planned().filter(run=run))
    marks = defaultdict(dict)
    for mark in Attendance.objects.filter(enrollment__run=run):
        marks[mark.enrollment_id][mark.session_id] = mark
    tasks = {task.enrollment_id: task for task in FinalTask.objects.filter(enrollment__run=run)}
    return {row.pk: _assess(row, run.course, sessions, marks[row.pk], tasks.get(row.pk)) for row in rows}


def _check_can_close(run, at):
    if run.status == CourseRun.Status.CANCELLED:
        raise RunCancelled
    if run.status == CourseRun.Status.DRAFT:
        raise NotPossible(_("A draft cannot be closed."))
    ends_at = tally(run, at).ends_at
    if ends_at is None or at < ends_at:
        raise RunNotOver


def _check_recorded(course, rows, assessments):
    missing = sum(bool(assessments[row.pk].unrecorded) for row in rows)
    if missing:
        raise NotRecorded(
            ngettext(
                "Attendance of %(count)s person is not recorded for every session.",
                "Attendance of %(count)s people is not recorded for every session.",
                missing,
            )
            % {"count": missing}
        )
    without_task = sum(
        {"code": "final_task_missing"} in assessments[row.pk].reasons for row in rows if course.has_final_task
    )
    if without_task:
        raise NotRecorded(
            ngettext(
                "The final task of %(count)s person has not been assessed.",
                "The final tasks of %(count)s people have not been assessed.",
                without_task,
            )
            % {"count": without_task}
        )


def _release_the_others(run, by, at):
    others = Enrollment.objects.filter(run=run, status__in=[S.DRAFT, S.APPLIED, S.WAITING, S.OFFERED])
    for enrollment in others.select_related("learner"):
        move(enrollment, S.WITHDRAWN, by=by, at=at, reason=RUN_CLOSED)
        notifications.tell_cancelled(enrollment)


def _values(assessment):
    return {
        "is_met": assessment.is_met,
        "minutes_attended": assessment.minutes_attended,
        "minutes_held": assessment.minutes_held,
        "reasons": assessment.reasons,
    }


def _write_results(run, rows, assessments, by, at):
    """Write results, states and history of all rows in a constant number of queries."""
    Completion.objects.bulk_create(
        Completion(enrollment=row, decided_at=at, decided_by=by, **_values(assessments[row.pk])) for row in rows
    )
    events = []
    for row in rows:
        assessment = assessments[row.pk]
        row.run = run
        row.status = S.COMPLETED if assessment.is_met else S.NOT_COMPLETED
        events.append(
            EnrollmentEvent(
                enrollment=row,
                from_status=S.CONFIRMED,
                to_status=row.status,
                at=at,
                by=by,
            )
        )
    Enrollment.objects.bulk_update(rows, ["status"], batch_size=500)
    EnrollmentEvent.objects.bulk_create(events)


def _settle_curricula(course, learner_ids, at):
    """Complete the paths that learners have now done all that is needed for; undo those that a correction broke.

    The paths are locked, so that of two runs that are closed at once the second
    sees what the first has written. What stands is undone only where the result of
    this very course makes the difference: a step that was put into a path later
    takes nothing away from whoever had completed it.
    """
    curricula = (
        Curriculum.objects.filter(pk__in=CurriculumStep.objects.filter(course=course).values("curriculum"))
        .select_for_update(no_key=True)
        .order_by("pk")
        .prefetch_related("steps")
    )
    done = defaultdict(set)
    if curricula:
        reach("curricula:locked")
        completed = Enrollment.objects.filter(learner__in=learner_ids, status=S.COMPLETED)
        for learner, course_id in completed.values_list("learner", "run__course"):
            done[learner].add(course_id)
    for curriculum in curricula:
        rows = curriculum.completions
        for learner in learner_ids:
            if _is_completed(curriculum, done[learner]):
                row, _made = rows.get_or_create(learner_id=learner, defaults={"completed_at": at})
                if row.undone_at:
                    row.completed_at, row.undone_at = at, None
                    row.save(update_fields=["completed_at", "undone_at"])
            elif course.pk not in done[learner] and _needed(curriculum, course, done[learner]):
                rows.standing().filter(learner=learner).update(undone_at=at)


def _is_completed(curriculum, done):
    """Whether the courses done (set of ids) are all that the path needs."""
    steps = curriculum.steps.all()
    required = {step.course_id for step in steps if step.is_required}
    optional = {step.course_id for step in steps} - required
    return required <= done and len(optional & done) >= curriculum.optional_at_least


def _needed(curriculum, course, done):
    """Whether it is this course that is missing from the path: a required one, or the optional one too few."""
    is_required = any(step.is_required for step in curriculum.steps.all() if step.course_id == course.pk)
    return is_required or _is_completed(curriculum, done | {course.pk})


def _completions(run):
    return Completion.objects.filter(Q(enrollment__run=run)).select_related("enrollment__learner").order_by("pk")
