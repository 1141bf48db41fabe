"""The ranked list of a call: weighted means, spread, ties, what is missing. Reads only.

Means are exact fractions, so that a tie is a tie and not a matter of rounding.
"""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from courses.models import Conflict, Criterion, Enrollment, FormalCheck, Juror, Review, Verdict

from .permissions import applications_of_jury

S = Enrollment.Status


@dataclass
class Ranked:
    """One application on the list: what the jury gave, and what stands beside it."""

    enrollment: Enrollment
    verdict: Verdict | None
    # {juror id: points (Fraction)} of the reviews that were submitted.
    points_by_juror: dict = field(default_factory=dict)
    reviews: dict = field(default_factory=dict)
    missing: list = field(default_factory=list)
    conflicts: list = field(default_factory=list)
    rank: int = 0
    is_tied: bool = False

    @property
    def points(self):
        """The weighted mean (Fraction on the scale of the call), or None before any review was submitted."""
        if self.verdict and self.verdict.decided_at:
            return None if self.verdict.points is None else Fraction(self.verdict.points)
        if not self.points_by_juror:
            return None
        return sum(self.points_by_juror.values()) / len(self.points_by_juror)

    @property
    def lowest(self):
        return min(self.points_by_juror.values(), default=None)

    @property
    def highest(self):
        return max(self.points_by_juror.values(), default=None)

    @property
    def points_as_number(self):
        """The same as a float for pages, which cannot write fractions; only where there are points."""
        return float(self.points)

    @property
    def lowest_as_number(self):
        return float(self.lowest)

    @property
    def highest_as_number(self):
        return float(self.highest)

    @property
    def deviation(self):
        """Standard deviation of the jurors' points (float, of the whole jury), or None with fewer than two."""
        if len(self.points_by_juror) < 2:
            return None
        return statistics.pstdev([float(points) for points in self.points_by_juror.values()])

    @property
    def is_moved(self):
        return bool(self.verdict and self.verdict.moved_to)

    @property
    def feedback(self):
        return self.verdict.feedback if self.verdict else ""


def ranking(selection):
    """Return the eligible applications of a call as a list of Ranked, the best first; 6 queries for any number.

    Equal means share is_tied and stand in the order of arrival; somebody moved by
    hand stands at the rank they were given. After the decision it is the list as it
    was decided.
    """
    rows = _rows(selection)
    _add_jury(selection, rows)
    if selection.decided_at:
        ordered = sorted(rows, key=lambda row: row.verdict.rank)
    else:
        by_points = sorted((row for row in rows if not row.is_moved), key=_best_first)
        ordered = by_points
        for row in sorted((row for row in rows if row.is_moved), key=lambda row: row.verdict.moved_to):
            ordered.insert(row.verdict.moved_to - 1, row)
    for rank, row in enumerate(ordered, start=1):
        row.rank = rank
    for points, tied in _by_points(ordered).items():
        for row in tied:
            row.is_tied = points is not None and len(tied) > 1
    return ordered


def not_eligible(selection):
    """Applications (list of Enrollment, formal_check attached) that do not meet the conditions of the call."""
    rows = FormalCheck.objects.filter(enrollment__run=selection.run_id, is_eligible=False)
    statuses = [S.DECLINED] if selection.decided_at else [S.APPLIED]
    rows = rows.filter(enrollment__status__in=statuses).select_related("enrollment__learner").order_by("enrollment")
    found = []
    for check in rows:
        check.enrollment.formal_check = check
        found.append(check.enrollment)
    return found


def not_checked(selection):
    """Applications (QuerySet of Enrollment) that nobody has checked formally yet."""
    return (
        Enrollment.objects.filter(run=selection.run_id, status=S.APPLIED, formal_check=None)
        .select_related("learner")
        .order_by("pk")
    )


def points_of(review, weights):
    """The weighted mean (Fraction) of one review; `weights` is {criterion id: int, adding up to 100}."""
    return Fraction(sum(weights[score.criterion_id] * score.value for score in review.scores.all()), 100)


def _rows(selection):
    enrollments = list(applications_of_jury(selection))
    verdicts = {
        verdict.enrollment_id: verdict
        for verdict in Verdict.objects.filter(enrollment__run=selection.run_id).select_related("moved_by")
    }
    return [Ranked(enrollment, verdicts.get(enrollment.pk)) for enrollment in enrollments]


def _add_jury(selection, rows):
    """Put reviews, conflicts and gaps beside each row."""
    jurors = list(Juror.objects.active().filter(selection=selection).select_related("user"))
    weights = dict(Criterion.objects.filter(selection=selection).values_list("pk", "weight"))
    reviews = defaultdict(dict)
    submitted = Review.objects.filter(juror__in=jurors, submitted_at__isnull=False).order_by("pk")
    by_pk = {juror.pk: juror for juror in jurors}
    for review in submitted.prefetch_related("scores"):
        review.juror = by_pk[review.juror_id]
        reviews[review.enrollment_id][review.juror_id] = review
    conflicts = defaultdict(dict)
    for conflict in Conflict.objects.filter(juror__in=jurors):
        conflicts[conflict.enrollment_id][conflict.juror_id] = conflict
    for row in rows:
        pk = row.enrollment.pk
        row.reviews = reviews[pk]
        row.points_by_juror = {juror: points_of(review, weights) for juror, review in reviews[pk].items()}
        row.conflicts = [juror for juror in jurors if juror.pk in conflicts[pk]]
        row.missing = [juror for juror in jurors if juror.pk not in reviews[pk] and juror.pk not in conflicts[pk]]


def _best_first(row):
    points = row.points
    return (points is None, -(points or 0), row.enrollment.pk)


def _by_points(rows):
    groups = defaultdict(list)
    for row in rows:
        groups[row.points].append(row)
    return groups
