"""Deciding about a call: the line, the reserve list, and all decisions sent in one transaction.

Accepted people get an offer with a deadline; reserves join the waiting list of the
run with numbers in the order of their rank, so that the existing promotion offers
them what becomes free; everybody else is declined with a sentence.
"""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy.checkpoints import reach
from courses.errors import NotPossible, ReasonMissing, RunCancelled, RunIsOver
from courses.models import CourseRun, Enrollment, Selection, SelectionEvent, Verdict
from courses.seats import next_queue_number, settle, tally, to_the_second
from courses.states import S, move

from . import notifications
from .errors import CallStillOpen, NotReady, PlanChanged, ScoringOpen
from .history import lock_selection, lock_undecided, record
from .ranking import Ranked, not_checked, not_eligible, ranking

Outcome = Verdict.Outcome
Kind = SelectionEvent.Kind


@dataclass
class Decision:
    """What one application would get: outcome, place on the list, and the sentence that goes with it."""

    enrollment: Enrollment
    outcome: Outcome
    feedback: str
    row: Ranked | None = None
    reserve_number: int | None = None

    @property
    def rank(self):
        """Rank (int), or None for an application that did not meet the conditions."""
        return self.row.rank if self.row else None


def say(enrollment, feedback, *, by):
    """Keep the sentence that goes with the decision on an application; return the Verdict.

    Raises NotPossible for what is no application to a call with a jury, AlreadyDecided.
    """
    with transaction.atomic():
        verdict = _lock_verdict(enrollment)[1]
        verdict.feedback = feedback.strip()[:300]
        verdict.save()
        return verdict


def say_many(selection, sentences, *, by):
    """Keep the sentences ({enrollment id: str}) that go with the decisions on these applications, all or none.

    Raises AlreadyDecided, and NotPossible for what is no application to this call.
    """
    with transaction.atomic():
        selection = lock_undecided(selection)
        rows = Enrollment.objects.filter(pk__in=sentences, run=selection.run).order_by("pk")
        if len(rows) != len(sentences):
            raise NotPossible
        for enrollment in rows:
            say(enrollment, sentences[enrollment.pk], by=by)


def move_to(enrollment, rank, *, reason, by, at=None):
    """Give an application a rank (int, 1 = first) out of order; return the Verdict. The same again changes nothing.

    Raises ReasonMissing, NotPossible for a rank that the list does not have or for
    what is no application to a call with a jury, AlreadyDecided.
    """
    with transaction.atomic():
        selection, verdict = _lock_verdict(enrollment)
        at = at or timezone.now()
        if not reason.strip():
            raise ReasonMissing
        rows = {row.enrollment.pk: row for row in ranking(selection)}
        if enrollment.pk not in rows or not 1 <= rank <= len(rows):
            raise NotPossible(_("The list has no such rank."))
        if (verdict.moved_to, verdict.move_reason) == (rank, reason.strip()):
            return verdict
        verdict.moved_to, verdict.move_reason, verdict.moved_by = rank, reason.strip()[:300], by
        verdict.save()
        record(
            selection,
            Kind.MOVED,
            by=by,
            at=at,
            enrollment=enrollment,
            reason=reason,
            was=rows[enrollment.pk].rank,
            now=rank,
        )
        return verdict


def undo_move(enrollment, *, by, at=None):
    """Put an application back where its points place it; return the Verdict. Twice is safe."""
    with transaction.atomic():
        selection, verdict = _lock_verdict(enrollment)
        if verdict.moved_to is None:
            return verdict
        verdict.moved_to, verdict.move_reason, verdict.moved_by = None, "", None
        verdict.save()
        record(selection, Kind.MOVE_UNDONE, by=by, at=at or timezone.now(), enrollment=enrollment)
        return verdict


def plan(selection, *, places=None, reserve_places=None, at=None):
    """Return what decide() would do (list of Decision, by rank, then those who did not meet the conditions).

    `places` and `reserve_places` (int) stand in for the settings of the call. Reads only.
    """
    now = tally(selection.run, at or timezone.now())
    return _plan(selection, now, places, reserve_places)


def obstacles(selection, *, places=None, reserve_places=None, offer_until=None, tie_reason="", at=None):
    """Return the sentences (list of str) that decide() would refuse with; empty when it would go through."""
    at = at or timezone.now()
    now = tally(selection.run, at)
    decisions = _plan(selection, now, places, reserve_places)
    return _obstacles(selection, now, decisions, places, offer_until, tie_reason)


def fingerprint(decisions):
    """A short text (str) that changes with anything that people would be told by these Decisions."""
    facts = [(one.enrollment.pk, one.outcome, one.rank, one.reserve_number, one.feedback) for one in decisions]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def decide(selection, *, offer_until, places=None, reserve_places=None, tie_reason="", seen=None, by, at=None):
    """Send all decisions of a call at once; return the Selection. Twice is safe: the first decision stands.

    `offer_until` (aware datetime) is the deadline of the offers; `seen` the
    fingerprint() of what the person who decides has read. Everybody is told once, in
    the same transaction. Raises CallStillOpen, ScoringOpen, RunCancelled, RunIsOver,
    NotReady that names what is missing, and PlanChanged when `seen` is another plan.
    """
    with transaction.atomic():
        selection, at = lock_selection(selection), at or timezone.now()
        if selection.decided_at:
            return selection
        _check_can_decide(selection, at)
        now, _promoted = settle(selection.run, at)
        decisions = _plan(selection, now, places, reserve_places)
        for sentence in _obstacles(selection, now, decisions, places, offer_until, tie_reason):
            raise NotReady(sentence)
        if seen is not None and seen != fingerprint(decisions):
            raise PlanChanged
        reach("decide:checked")
        for decision in decisions:
            _write(selection, decision, to_the_second(offer_until), by, at)
        given = sum(decision.outcome == Outcome.ACCEPTED for decision in decisions)
        selection.decided_at, selection.decided_by, selection.places_given = at, by, given
        selection.tie_reason = tie_reason.strip()[:300]
        selection.save(update_fields=["decided_at", "decided_by", "places_given", "tie_reason"])
        record(selection, Kind.DECIDED, by=by, at=at, reason=tie_reason, places=given)
        return selection


def _lock_verdict(enrollment):
    """The undecided call of an application, locked, and the application's Verdict, perhaps unsaved."""
    selection = Selection.objects.filter(run=enrollment.run_id).first()
    if selection is None:
        raise NotPossible
    selection = lock_undecided(selection)
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    if enrollment.status != S.APPLIED:
        raise NotPossible
    return selection, Verdict.objects.filter(enrollment=enrollment).first() or Verdict(enrollment=enrollment)


def _check_can_decide(selection, at):
    run = selection.run
    if run.status == CourseRun.Status.CANCELLED:
        raise RunCancelled
    if run.status != CourseRun.Status.PUBLISHED:
        raise RunIsOver
    if run.closes_at and to_the_second(at) <= run.closes_at:
        raise CallStillOpen
    if selection.scoring_closed_at is None:
        raise ScoringOpen


def _places(selection, now, places):
    """How many places are given (int or infinity)."""
    wanted = selection.places if places is None else places
    return now.free if wanted is None else wanted


def _plan(selection, now, places, reserve_places):
    rows = ranking(selection)
    given = _places(selection, now, places)
    reserve = selection.reserve_places if reserve_places is None else reserve_places
    decisions = []
    for row in rows:
        number = row.rank - given
        if number <= 0:
            decisions.append(Decision(row.enrollment, Outcome.ACCEPTED, row.feedback, row))
        elif reserve is None or number <= reserve:
            decisions.append(Decision(row.enrollment, Outcome.RESERVE, row.feedback, row, number))
        else:
            decisions.append(Decision(row.enrollment, Outcome.DECLINED, row.feedback, row))
    for enrollment in not_eligible(selection):
        decisions.append(Decision(enrollment, Outcome.DECLINED, enrollment.formal_check.reason))
    return decisions


def _obstacles(selection, now, decisions, places, offer_until, tie_reason):
    found = []
    unchecked = not_checked(selection).count()
    if unchecked:
        found.append(
            ngettext(
                "%(count)s application was not checked formally yet.",
                "%(count)s applications were not checked formally yet.",
                unchecked,
            )
            % {"count": unchecked}
        )
    if not decisions and not unchecked:
        found.append(_("There is no application to decide about."))
    for decision in decisions:
        row = decision.row
        if row and row.points is None and not row.is_moved:
            found.append(
                _("Nobody has scored application no. %(number)s. Have it scored, or give it a rank by hand.")
                % {"number": row.enrollment.pk}
            )
        if decision.outcome == Outcome.DECLINED and not decision.feedback:
            found.append(
                _("Write a sentence for application no. %(number)s: nobody is declined without a reason.")
                % {"number": decision.enrollment.pk}
            )
    found += _obstacles_of_the_line(decisions, _places(selection, now, places), now, tie_reason)
    if any(decision.outcome == Outcome.ACCEPTED for decision in decisions):
        found += _obstacles_of_the_deadline(offer_until, now)
    return found


def _obstacles_of_the_line(decisions, given, now, tie_reason):
    has_reserve = any(decision.outcome == Outcome.RESERVE for decision in decisions)
    if given > now.free:
        yield ngettext(
            "The run has %(free)s free place, so no more can be given.",
            "The run has %(free)s free places, so no more can be given.",
            now.free,
        ) % {"free": now.free}
    elif has_reserve and given < now.free:
        yield _(
            "The run has more free places than you are giving, so the first reserves would move up at once. "
            "Give all of them, or lower the capacity of the run first."
        )
    ranked = [decision for decision in decisions if decision.row]
    for upper, lower in pairwise(ranked):
        is_cut = upper.outcome != lower.outcome and upper.row.points == lower.row.points is not None
        if is_cut and not (upper.row.is_moved or lower.row.is_moved or tie_reason.strip()):
            yield _(
                "Applications no. %(upper)s and no. %(lower)s have the same points and the line falls between them. "
                "Write why, or move one of them by hand."
            ) % {"upper": upper.enrollment.pk, "lower": lower.enrollment.pk}


def _obstacles_of_the_deadline(offer_until, now):
    last = now.promotion_ends_at
    if offer_until is None or offer_until <= now.at:
        yield _("The offers need a deadline in the future.")
    elif last and offer_until > last:
        yield _("The deadline of the offers must be before the start of the run and before its last frozen hours.")


def _write(selection, decision, offer_until, by, at):
    """Move one enrollment, keep its verdict, queue its letter."""
    enrollment = decision.enrollment
    enrollment.run = selection.run
    verdict = (decision.row and decision.row.verdict) or Verdict.objects.filter(enrollment=enrollment).first()
    verdict = verdict or Verdict(enrollment=enrollment)
    points = decision.row.points if decision.row else None
    verdict.feedback = decision.feedback[:300]
    verdict.outcome, verdict.rank, verdict.reserve_number = decision.outcome, decision.rank, decision.reserve_number
    verdict.points, verdict.decided_at = None if points is None else _decimal(points), at
    verdict.save()
    if decision.outcome == Outcome.ACCEPTED:
        number = next_queue_number(selection.run)
        move(enrollment, S.OFFERED, by=by, at=at, offered_until=offer_until, queue_number=number)
    elif decision.outcome == Outcome.RESERVE:
        # The numbers given on arrival were the order of arrival; from here on the number is that of the queue.
        move(enrollment, S.WAITING, by=by, at=at, queue_number=next_queue_number(selection.run))
    else:
        move(enrollment, S.DECLINED, by=by, at=at, reason=decision.feedback)
    notifications.tell_decision(enrollment, decision.outcome)


def _decimal(points: Fraction):
    """The points with six places, as they are stored."""
    return (Decimal(points.numerator) / Decimal(points.denominator)).quantize(Decimal("0.000001"))
