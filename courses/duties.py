"""What courses contribute to a person's data: a copy, what erasing does, until when evidence is needed."""

from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import registry
from academy.errors import RuleError

from . import enrollment as rules
from .models import Attendance, AttendanceChange, Enrollment, FinalTask, RunEvent, WorkshopSession
from .states import S

AHEAD = [S.DRAFT, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED]


@registry.add(registry.personal_data_exporters, "courses")
def export_personal_data(user):
    """Enrollments with their history, attendance and result, and completed paths (dict)."""
    rows = user.enrollments.select_related("run__course", "completion", "final_task")
    rows = rows.prefetch_related("events", "attendance__session", "attendance__changes").order_by("created_at")
    paths = user.curriculum_completions.select_related("curriculum")
    return {
        "enrollments": [_enrollment(row) for row in rows],
        "learning_paths": [
            {"path": row.curriculum.title, "completed_at": row.completed_at, "undone_at": row.undone_at}
            for row in paths
        ],
    }


def _enrollment(row):
    result, task = getattr(row, "completion", None), getattr(row, "final_task", None)
    return {
        "course": row.run.course.title,
        "run": row.run.code,
        "status": row.status,
        "created_at": row.created_at,
        "confirmed_at": row.confirmed_at,
        "ended_at": row.ended_at,
        "cancelled_late": row.is_late_cancellation,
        "queue_number": row.queue_number,
        "history": [
            {"at": event.at, "from": event.from_status, "to": event.to_status, "reason": event.reason}
            for event in row.events.all()
        ],
        "attendance": [
            {
                "session": mark.session.title,
                "starts_at": mark.session.starts_at,
                "status": mark.status,
                "minutes": mark.minutes,
                "note": mark.note,
                "corrections": [
                    {
                        "at": change.at,
                        "from": [change.old_status, change.old_minutes, change.old_note],
                        "to": [change.new_status, change.new_minutes, change.new_note],
                        "reason": change.reason,
                    }
                    for change in mark.changes.all()
                ],
            }
            for mark in row.attendance.all()
        ],
        "final_task": task and {"met": task.is_met, "comment": task.comment, "assessed_at": task.assessed_at},
        "result": result
        and {
            "met": result.is_met,
            "minutes_attended": result.minutes_attended,
            "minutes_held": result.minutes_held,
            "reasons": result.reasons,
            "decided_at": result.decided_at,
        },
    }


def _ahead(user, at):
    """Enrollments (QuerySet) that are not over: of runs without dates, or with a session that has not ended."""
    sessions = WorkshopSession.objects.planned().filter(run=OuterRef("run"))
    is_ahead = ~Exists(sessions) | Exists(sessions.filter(ends_at__gt=at))
    return user.enrollments.filter(is_ahead, status__in=AHEAD)


def _notes(user):
    """What the office wrote down about the person (QuerySet), such as what they said on the telephone."""
    return RunEvent.objects.filter(enrollment__learner=user, what=RunEvent.What.NOTE)


@registry.add(registry.personal_data_plans, "courses")
def plan(user, at):
    """What erasing does with enrollments."""
    ahead = _ahead(user, at).count()
    if ahead:
        yield registry.Fate(
            ngettext(
                "%(count)s enrollment that is not over is given up; a free seat goes to the next person.",
                "%(count)s enrollments that are not over are given up; free seats go to the next people.",
                ahead,
            )
            % {"count": ahead}
        )
    if Attendance.objects.filter(enrollment__learner=user).exists() or _notes(user).exists():
        yield registry.Fate(_("Notes of the office and beside attendance, and comments on final tasks."))


@registry.add(registry.personal_data_erasers, "courses")
def erase_personal_data(user):
    """Give up what is ahead and wipe free text; return the sentences (list of str) about places that stay."""
    stays = []
    for row in _ahead(user, timezone.now()).select_related("run"):
        try:
            rules.cancel(row, by=None)
        except RuleError as refusal:
            stays.append(f"{row.run.code}: {refusal.sentence}")
    Attendance.objects.filter(enrollment__learner=user).update(note="")
    AttendanceChange.objects.filter(attendance__enrollment__learner=user).update(old_note="", new_note="")
    FinalTask.objects.filter(enrollment__learner=user).update(comment="")
    _notes(user).update(reason="")
    return stays


@registry.add(registry.evidence_days, "courses")
def evidence_until(user):
    """The last day (date) on which a funder of the person's courses may check them, or None where nobody paid.

    The retention of the strictest funder, counted from the end of the run.
    """
    days = []
    rows = user.enrollments.filter(status__in=Enrollment.SEATED, run__funders__isnull=False).distinct()
    for row in rows.select_related("run").prefetch_related("run__funders"):
        last = WorkshopSession.objects.planned().filter(run=row.run_id).order_by("-ends_at").first()
        if last and last.ends_at <= timezone.now():
            years = max(funder.retention_years for funder in row.run.funders.all())
            days.append(_years_later(timezone.localdate(last.ends_at), years))
    return max(days, default=None)


def _years_later(day, years):
    """The same day so many years later; the 28th for a 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, day.month, 28)
