"""Change to another run of the same course, without ever being left with no place.

Two runs are locked, always in the order of their keys. The old place is released
only in the transaction that gives the new one; to a full run nobody moves, but one
can join its queue and keep the old place until a new one is accepted.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy import times
from academy.checkpoints import reach
from academy.errors import RuleError
from courses import enrollment as enrolling
from courses import notifications
from courses.entry.models import Admission
from courses.entry.quotas import group_on, note_admission
from courses.errors import NotPossible
from courses.models import CourseRun, Enrollment
from courses.seats import lock_runs, next_queue_number, settle, tally, to_the_second
from courses.states import MOVED, S, move, start

Source = Enrollment.Source


class NoPlaceToMove(RuleError):
    sentence = _("Only a confirmed place can be moved to another run.")


class TooLateToMove(RuleError):
    sentence = _("It is too late to change to another run.")


class TooManyMoves(RuleError):
    sentence = _("You have changed runs as often as is possible here.")


class NotTheSameCourse(RuleError):
    sentence = _("This is not another run of the same course.")


class OnThatRunAlready(RuleError):
    sentence = _("You are on that run already.")


class DecidedByOffice(RuleError):
    sentence = _("The office decides about places on that run. Write to the office.")


class ThatRunIsFull(RuleError):
    sentence = _("That run is full. Your place stays as it is; you can join the waiting list and keep your place.")


class MovedElsewhereMeanwhile(RuleError):
    def __init__(self, place):
        super().__init__(
            _(
                "You have changed to the run %(code)s meanwhile, and your place there is not released by itself. "
                "To accept this one, cancel that place first."
            )
            % {"code": place.run.code}
        )


def change_run(enrollment, to, *, by, by_office=False, at=None):
    """Give up the place and take one on the run `to`; return the new Enrollment. Twice is safe.

    Possible until cancellation_deadline(), to the second, and `max_moves` times; the
    office is bound by neither. Whoever waits for the old run moves up in the same
    transaction. Raises TooLateToMove, TooManyMoves, ThatRunIsFull and what
    check_open() raises; then nothing has changed.
    """
    with transaction.atomic():
        old, target = _lock_both(enrollment, to)
        at = at or timezone.now()
        if old.status == S.CANCELLED:
            done = Enrollment.objects.active().filter(follows=old, run=target, learner=old.learner).first()
            if done:
                return done
        now = _check_movable(old, target, at, by_office=by_office)
        group = group_on(target, old)
        if not now.has_seat_for(group):
            raise ThatRunIsFull
        reach("change_run:checked")
        move(old, S.CANCELLED, by=by, at=at, reason=MOVED)
        new = start(target, old.learner, S.CONFIRMED, by=by, at=at, confirmed_at=at, **_inherited(old))
        note_admission(new, group)
        notifications.tell_moved(new)
        settle(old.run, at)
        return new


def wait_for_run(enrollment, to, *, by, at=None):
    """Join the queue of the run `to` and keep the old place; return the waiting Enrollment. Twice is safe.

    When it is their turn they get an offer, whatever the run's promotion is; accepting
    it (accept_instead) releases the old place. Raises what change_run() raises, but for a full run.
    """
    with transaction.atomic():
        old, target = _lock_both(enrollment, to)
        at = at or timezone.now()
        waits = Enrollment.objects.filter(follows=old, run=target, learner=old.learner)
        waits = waits.filter(status__in=[S.WAITING, S.OFFERED]).first()
        if waits:
            return waits
        now = _check_movable(old, target, at)
        group = group_on(target, old)
        if now.has_seat_for(group):
            raise NotPossible(_("A place is free there: move at once instead of waiting."))
        new = start(
            target, old.learner, S.WAITING, by=by, at=at, queue_number=next_queue_number(target), **_inherited(old)
        )
        note_admission(new, group)
        notifications.tell_waiting(new)
        return new


def accept_instead(enrollment, *, by, at=None):
    """Accept an offer that came from wait_for_run(): the new place is theirs and the old one is released.

    They asked in time, so the old place is not marked as cancelled late; once its
    run has started it stays as it is. Twice is safe. Raises OfferExpired, NotPossible,
    and MovedElsewhereMeanwhile where the old place was left for a third run: that
    place is not what the offer said would go, and nobody gets two unawares.
    """
    follows = Enrollment.objects.get(pk=enrollment.follows_id)
    with transaction.atomic():
        runs = lock_runs({enrollment.run_id, follows.run_id})
        at = at or timezone.now()
        new = _read(enrollment, runs)
        old = _read(follows, runs)
        was_offered = new.status == S.OFFERED
        if was_offered and (place := _place_moved_to(old, at)):
            raise MovedElsewhereMeanwhile(place)
        new = enrolling.accept_offer(new, by=by, at=at)
        if was_offered and old.status == S.CONFIRMED and not tally(old.run, at).has_started:
            move(old, S.CANCELLED, by=by, at=at, reason=MOVED)
            notifications.tell_cancelled(old)
            settle(old.run, at)
        return new


def accept(enrollment, *, by, at=None):
    """Accept an offer, whether or not it takes the place of another one. Raises what accept_offer() raises."""
    if enrollment.follows_id and enrollment.follows.learner_id == enrollment.learner_id:
        return accept_instead(enrollment, by=by, at=at)
    return enrolling.accept_offer(enrollment, by=by, at=at)


def other_runs(enrollment, *, at=None):
    """Runs (list, with seats and sessions) that the person could move to or wait for, soonest first."""
    at = at or timezone.now()
    runs = (
        CourseRun.objects.public()
        .published()
        .with_dates()
        .with_seats(at)
        .filter(_meant_for(enrollment), course=enrollment.run.course_id, first_starts_at__gt=at)
        .exclude(pk=enrollment.run_id)
        .exclude(enrollments__in=Enrollment.objects.active().filter(learner=enrollment.learner_id))
    )
    runs = runs.select_related("course", "venue").prefetch_related("sessions").order_by("first_starts_at")
    return [run for run in runs if _is_open_to(run, enrollment)]


def _lock_both(enrollment, to):
    runs = lock_runs({enrollment.run_id, to.pk})
    return _read(enrollment, runs), runs[to.pk]


def _place_moved_to(old, at):
    """The place (Enrollment) for which the old one was left, over however many moves, or None; not once it has begun.

    Leaving the old place needs the lock of its run, which the caller holds.
    """
    left = [old] if old.status == S.CANCELLED else []
    while left:
        next_ones = Enrollment.objects.filter(follows__in=left, learner=old.learner_id).exclude(confirmed_at=None)
        next_ones = list(next_ones.select_related("run").order_by("pk"))
        for place in next_ones:
            if place.status == S.CONFIRMED and not place.has_lapsed(at) and not tally(place.run, at).has_started:
                return place
        left = [place for place in next_ones if place.status == S.CANCELLED]
    return None


def _read(enrollment, runs):
    """The row as it is now, under the lock of its run."""
    read = Enrollment.objects.select_related("learner").get(pk=enrollment.pk)
    read.run = runs[read.run_id]
    return read


def _check_movable(old, target, at, *, by_office=False):
    """Raise why the place cannot be moved to the target; return the target's Tally."""
    if target.pk == old.run_id or target.course_id != old.run.course_id:
        raise NotTheSameCourse
    if old.status != S.CONFIRMED or old.has_lapsed(at):
        raise NoPlaceToMove
    _check_may_leave(old, at, by_office)
    if not (by_office or (_is_open_to(target, old) and _is_meant_for(target, old))):
        raise DecidedByOffice
    now, _promoted = settle(target, at)
    enrolling.check_open(target, source=Source.STAFF if by_office else Source.SELF, at=at, now=now)
    if Enrollment.objects.active().filter(run=target, learner=old.learner).exists():
        raise OnThatRunAlready
    return now


def _check_may_leave(old, at, by_office):
    if old.run.status != CourseRun.Status.PUBLISHED or tally(old.run, at).has_started:
        raise TooLateToMove
    if by_office:
        return
    check_may_move(old, at=at)


def check_may_move(enrollment, *, at=None):
    """Raise NoPlaceToMove, TooManyMoves or TooLateToMove; for pages that show whether it is worth trying."""
    at = at or timezone.now()
    if enrollment.status != S.CONFIRMED or enrollment.has_lapsed(at):
        raise NoPlaceToMove
    if enrollment.moves >= enrollment.run.max_moves:
        raise TooManyMoves
    deadline = enrolling.cancellation_deadline(enrollment)
    if deadline is not None and to_the_second(at) > deadline:
        raise TooLateToMove(
            _("Changing to another run was possible until %(until)s.")
            % {"until": times.moment(deadline, enrollment.run.time_zone)}
        )


def _is_open_to(target, old):
    """Where the office chooses the people, a place that it gave on one run holds for the other."""
    approved = old.run.entry == target.entry == CourseRun.Entry.APPROVAL
    return target.entry == CourseRun.Entry.OPEN or approved


def _is_meant_for(target, old):
    return not target.has_audience or CourseRun.objects.filter(_meant_for(old), pk=target.pk).exists()


def _meant_for(enrollment):
    """Condition (Q on CourseRun): for everybody, or for what the person said they are when they came in."""
    audience = CourseRun.audience.through.objects.filter(courserun=OuterRef("pk"))
    said = Admission.objects.filter(enrollment=enrollment).values("segment")
    return ~Exists(audience) | Q(Exists(audience.filter(segment__in=said)))


def _inherited(old):
    return {"follows": old, "moves": old.moves + 1, "source": old.source, "organisation": old.organisation}
