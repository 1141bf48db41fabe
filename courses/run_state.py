"""In what state a run is for somebody who would like to come: derived from dates and rows, never stored."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from .models import CourseRun


class RunState(models.TextChoices):
    """What a visitor can expect of a run at one moment."""

    DRAFT = "draft", _("Not published")
    NOT_OPEN = "not_open", _("Not open yet")
    OPEN = "open", _("Open")
    FULL = "full", _("Full")
    INVITATION = "invitation", _("By invitation")
    ENTRY_CLOSED = "entry_closed", _("Enrollment is over")
    RUNNING = "running", _("Under way")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


@dataclass(frozen=True)
class RunFacts:
    """What the state of a run depends on. Times are aware datetimes or None, counts are int."""

    status: str
    entry: str
    opens_at: datetime | None
    closes_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    capacity: int | None
    seats_taken: int = 0
    people_waiting: int = 0

    @property
    def seats_left(self):
        """Seats free (int, never below zero), or None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.seats_taken)


def compute_state(run, at):
    """Return the RunState of a run (RunFacts) at `at`.

    Deadlines are inclusive to the second. Enrollment ends when the first session
    starts at the latest. Says the same as enrollment.check_open(), for hundreds of
    runs at once. While anybody waits, the run is full for
    a newcomer even if a seat is free, because the queue comes first. Where the
    office chooses (approval, open call), seats do not close the way in.
    """
    at = at.replace(microsecond=0)
    if run.status == CourseRun.Status.CANCELLED:
        return RunState.CANCELLED
    if run.status == CourseRun.Status.DRAFT:
        return RunState.DRAFT
    if run.status == CourseRun.Status.CLOSED or (run.ends_at and at > run.ends_at):
        return RunState.FINISHED
    has_started = run.starts_at is not None and at >= run.starts_at
    if has_started:
        return RunState.RUNNING
    if run.capacity == 0 or (run.closes_at and at > run.closes_at):
        return RunState.ENTRY_CLOSED
    if run.opens_at and at < run.opens_at:
        return RunState.NOT_OPEN
    if run.entry == CourseRun.Entry.INVITATION:
        return RunState.INVITATION
    chosen_by_office = run.entry in (CourseRun.Entry.APPROVAL, CourseRun.Entry.CALL)
    if not chosen_by_office and (run.seats_left == 0 or run.people_waiting):
        return RunState.FULL
    return RunState.OPEN


# Where a visitor can do something: enroll, with a code where one is asked for, apply, or join the waiting list.
CAN_ENTER = frozenset({RunState.OPEN, RunState.FULL, RunState.INVITATION})
# What is still ahead or under way, hence worth listing.
UPCOMING = frozenset({RunState.NOT_OPEN, RunState.OPEN, RunState.FULL, RunState.INVITATION, RunState.ENTRY_CLOSED})
