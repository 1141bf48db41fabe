"""Seats and the queue of one run: who holds a seat, whose offer has expired, who moves up.

Everything here works on a run whose row the caller has locked. Time decides,
not jobs: an offer past its deadline holds no seat, whether or not anything has
noticed; the next write on the run, or the sweep, moves the row and promotes.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from academy.checkpoints import reach
from academy.prepared import Prepared

from . import notifications
from .entry.quotas import Quotas, quotas_of, waiting_groups
from .models import CourseRun, Enrollment, WorkshopSession
from .states import OFFER_EXPIRED, PLACE_LAPSED, S, move

# In the last minute before the start, or before the freeze, nobody could still accept an offer.
SHORTEST_OFFER = timedelta(minutes=1)


def to_the_second(at):
    """Return the moment without its fraction of a second: deadlines are inclusive to the second."""
    return at.replace(microsecond=0)


def lock_run(run):
    """Return the run, freshly read and locked until the transaction ends.

    Every rule that gives or releases a seat, moves a session or writes attendance
    begins here, so the order of locks is always: run, then its rows.
    """
    locked = _locked_run(pk=run if isinstance(run, int) else run.pk)
    if not locked:
        raise CourseRun.DoesNotExist
    return locked[0]


@Prepared
def _locked_run(given):
    return CourseRun.objects.select_for_update(of=("self",)).with_conditions().filter(pk=given.pk)


def lock_runs(pks):
    """Return {pk: CourseRun} of several runs, locked one after the other in the order of their keys.

    Everybody who needs two runs takes them in this order, so nobody waits for each other.
    """
    locked = {}
    for pk in in_lock_order(pks):
        locked[pk] = lock_run(pk)
        reach("runs:one_locked")
    return locked


# A race test puts another order here, in a process of its own, to show that this one is needed.
in_lock_order = sorted


def lock_enrollment(enrollment):
    """Lock the enrollment's run; return the enrollment as it is now, its run attached."""
    run = lock_run(enrollment.run_id)
    locked = Enrollment.objects.select_related("learner").get(pk=enrollment.pk)
    locked.run = run
    return locked


@dataclass
class Tally:
    """A run at one moment: when it starts and ends, how many seats are taken, how many people wait."""

    run: CourseRun
    at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    taken: int
    waiting: int
    expired: int
    # Whether visitors may see the run, where the caller has looked; None = look when it matters.
    is_public: bool | None = None
    # Read when a free seat is to be given, and kept up to date by settle().
    _quotas: Quotas | None = None

    @property
    def free(self):
        """Seats left (int, or infinity); never below zero."""
        return math.inf if self.run.capacity is None else max(0, self.run.capacity - self.taken)

    @property
    def quotas(self):
        """The run's Quotas over these seats; for a run read by with_conditions()."""
        if self._quotas is None:
            self._quotas = quotas_of(self.run, free=self.free, at=self.at)
        return self._quotas

    def has_seat_for(self, group):
        """Whether a newcomer of this Group gets a seat at once, on a run that was just settled.

        Not while somebody waits, but for those whom the quotas pass over.
        """
        if not self.free:
            return False
        if not self.waiting:
            return self.quotas.admits(group)
        return bool(self.quotas) and self.may_promote() and self.quotas.admits(group)

    @property
    def promotion_ends_at(self):
        """From when on nobody moves up by itself (datetime), or None."""
        return self.starts_at and self.starts_at - timedelta(hours=self.run.freeze_hours)

    @property
    def has_started(self):
        return self.starts_at is not None and self.at >= self.starts_at

    @property
    def is_over(self):
        return self.ends_at is not None and self.at > self.ends_at

    def may_promote(self, by=None):
        """Whether people move up now: on their own until the freeze, by a person's hand until the start."""
        if self.run.status != CourseRun.Status.PUBLISHED:
            return False
        ends_at = self.starts_at if by else self.promotion_ends_at
        return ends_at is None or self.at <= ends_at - SHORTEST_OFFER


def tally(run, at):
    """Count the run as it stands at `at`, in two queries however long the queue is."""
    dates = _dates(run=run.pk)
    starts_at, ends_at = dates[0] if dates else (None, None)
    counts = _counts(run=run.pk, at=at)
    seated, offered, expired, waiting = counts[0] if counts else (0, 0, 0, 0)
    return Tally(
        run=run,
        at=at,
        starts_at=starts_at,
        ends_at=ends_at,
        taken=seated + offered - expired,
        waiting=waiting,
        expired=expired,
    )


@Prepared
def _dates(given):
    planned = WorkshopSession.objects.planned().filter(run=given.run).order_by().values("run_id")
    return planned.annotate(first=Min("starts_at"), last=Max("ends_at")).values_list("first", "last")


@Prepared
def _counts(given):
    rows = Enrollment.objects.filter(run=given.run).order_by().values("run_id")
    return rows.annotate(
        seated=Count("pk", filter=Q(status__in=Enrollment.SEATED)),
        offered=Count("pk", filter=Q(status=S.OFFERED)),
        expired=Count("pk", filter=_over_q(given.at)),
        waiting=Count("pk", filter=Q(status=S.WAITING)),
    ).values_list("seated", "offered", "expired", "waiting")


def tally_of_read(run, at):
    """The Tally without a query, of a run read by known().with_seats() with its sessions prefetched. For pages only."""
    sessions = [session for session in run.sessions.all() if session.status == WorkshopSession.Status.PLANNED]
    return Tally(
        run=run,
        at=at,
        starts_at=min((session.starts_at for session in sessions), default=None),
        ends_at=max((session.ends_at for session in sessions), default=None),
        taken=run.seats_taken,
        waiting=run.people_waiting,
        expired=0,
        is_public=True,
    )


def settle(run, at, *, by=None):
    """Bring a locked run up to `at`: end offers and unpaid places whose time is over, then promote into free seats.

    Returns the Tally after it and the list of enrollments that moved up. A second
    call finds nothing to do.
    """
    now = tally(run, at)
    if now.expired:
        _end_what_is_over(run, at)
        now.expired = 0
    promoted = _promote(now, by) if now.waiting and now.free and now.may_promote(by) else []
    now.taken += len(promoted)
    now.waiting -= len(promoted)
    if now._quotas is not None:
        now._quotas.free = now.free
    return now, promoted


def next_queue_number(run):
    """Take the next number (int) of a locked run's queue; a number is never given twice and never changes."""
    number = run.next_queue_number
    run.next_queue_number = number + 1
    run.save(update_fields=["next_queue_number"])
    return number


def promote(run, *, by=None, at=None):
    """Give free seats to the first in the queue; return the list of enrollments that moved up.

    Without `by` it works until the freeze before the start; staff, named in `by`,
    may do it until the run starts.
    """
    with transaction.atomic():
        run = lock_run(run)
        return settle(run, at or timezone.now(), by=by)[1]


def sweep_offers(*, at=None):
    """End every offer and unpaid place whose time is over, fill every seat that is free while somebody waits.

    Returns how many runs it looked at.

    Any number of workers may do this at once: whoever locks the run second finds
    nothing left.
    """
    at = at or timezone.now()
    second = to_the_second(at)
    overdue = Enrollment.objects.filter(_over_q(at)).values("run")
    half_empty = (
        CourseRun.objects.published()
        .with_seats(second)
        .filter(Q(capacity=None) | Q(seats_taken__lt=F("capacity")), people_waiting__gt=0)
        .values("pk")
    )
    runs = list(CourseRun.objects.filter(Q(pk__in=overdue) | Q(pk__in=half_empty)).order_by("pk"))
    for run in runs:
        reach("sweep:found")
        promote(run, at=at)
    return len(runs)


def position(enrollment):
    """Place in the queue (int, 1 = next), or None for somebody who does not wait."""
    if enrollment.status != S.WAITING:
        return None
    ahead = Enrollment.objects.filter(run=enrollment.run_id, status=S.WAITING, queue_number__lt=enrollment.queue_number)
    return ahead.count() + 1


def overlapping_sessions(learner, run):
    """Planned sessions (QuerySet) of the learner's other runs that overlap a session of this one."""
    spans = Q(pk__in=[])
    for session in run.sessions.all():
        if session.status == WorkshopSession.Status.PLANNED:
            spans |= Q(starts_at__lt=session.ends_at, ends_at__gt=session.starts_at)
    return (
        WorkshopSession.objects.planned()
        .filter(
            spans,
            run__in=learner.enrollments.filter(status__in=[S.CONFIRMED, S.OFFERED]).values("run"),
        )
        .exclude(run=run)
        .select_related("run__course")
    )


def _over_q(at):
    """Condition (Q) of what no longer holds a seat although nothing has noticed: expired offers, lapsed places."""
    return Q(status=S.OFFERED, offered_until__lt=to_the_second(at)) | Enrollment.lapsed_q(at)


def _end_what_is_over(run, at):
    over = Enrollment.objects.filter(_over_q(at), run=run)
    for enrollment in over.select_related("learner").order_by("queue_number", "pk"):
        reason = OFFER_EXPIRED if enrollment.status == S.OFFERED else PLACE_LAPSED
        enrollment.run = run
        move(enrollment, S.CANCELLED, by=None, at=at, reason=reason)
        notifications.tell_cancelled(enrollment)


def next_in_line(now):
    """Who gets the free seats (list of Enrollment), first come first; whom the quotas do not admit is passed over."""
    queue = Enrollment.objects.filter(run=now.run).waiting().select_related("learner")
    if not now.quotas:
        return list(queue[: min(now.free, now.waiting)])
    chosen = now.quotas.choose(waiting_groups(now.run))
    return list(queue.filter(pk__in=chosen)) if chosen else []


def _promote(now, by):
    """Move the first in the queue up. Whoever would have to be in two places gets an offer instead of a place."""
    promoted = next_in_line(now)
    reach("promote:chosen")
    until = now.at + timedelta(hours=max(1, now.run.offer_hours))
    last = now.starts_at if by else now.promotion_ends_at
    until = to_the_second(min(until, last) if last else until)
    for enrollment in promoted:
        enrollment.run = now.run
        if now.run.promotion == CourseRun.Promotion.OFFER or _must_agree(enrollment):
            move(enrollment, S.OFFERED, by=by, at=now.at, offered_until=until)
            notifications.tell_offered(enrollment)
        else:
            move(enrollment, S.CONFIRMED, by=by, at=now.at, confirmed_at=now.at)
            notifications.tell_confirmed(enrollment, was_waiting=True)
    return promoted


def _must_agree(enrollment):
    """Whether taking the place would cost the person another one, which they decide about themselves."""
    return enrollment.follows_id is not None or overlapping_sessions(enrollment.learner, enrollment.run).exists()
