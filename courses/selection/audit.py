"""What `manage.py audit` checks about calls with a jury: every sentence names a row that breaks a truth."""

from itertools import pairwise

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from academy import registry
from courses.models import Conflict, Enrollment, Review, Score, Selection, Verdict
from courses.states import S

from .ranking import points_of

check = registry.audit_checks
FULL_WEIGHT = 100


@registry.add(check, "scores")
def check_scores():
    """Scores are on the scale, of the call's own criteria and applications, complete once submitted."""
    totals = Selection.objects.filter(scoring_closed_at__isnull=False).annotate(
        total=Coalesce(Sum("criteria__weight"), 0)
    )
    for selection in totals.exclude(total=FULL_WEIGHT).select_related("run"):
        yield f"The weights of call {selection.run.code} add up to {selection.total}."
    scores = Score.objects.select_related("review")
    for score in scores.filter(
        Q(value__lt=F("review__juror__selection__scale_min")) | Q(value__gt=F("review__juror__selection__scale_max"))
    ):
        yield f"Score {score.pk} is off the scale of its call."
    for score in scores.exclude(criterion__selection=F("review__juror__selection")):
        yield f"Score {score.pk} is on a criterion of another call."
    for review in Review.objects.exclude(enrollment__run=F("juror__selection__run")):
        yield f"Review {review.pk} is of an application to another call."
    submitted = Review.objects.filter(submitted_at__isnull=False).select_related("juror__selection")
    for review in submitted.prefetch_related("scores", "juror__selection__criteria"):
        gap = len(review.juror.selection.criteria.all()) - len(review.scores.all())
        if gap:
            yield f"Review {review.pk} was submitted with {gap} scores missing."


@registry.add(check, "impartial jury")
def check_impartial():
    """Nobody judges their own application, or one in which they declared a conflict of interest."""
    conflict = Conflict.objects.filter(juror=OuterRef("juror"), enrollment=OuterRef("enrollment")).values("pk")
    for review in Review.objects.annotate(conflict=Subquery(conflict)).exclude(conflict=None):
        yield f"Review {review.pk} is by a juror who declared a conflict of interest."
    for review in Review.objects.filter(enrollment__learner=F("juror__user")):
        yield f"Review {review.pk} is by the applicant."


@registry.add(check, "decisions")
def check_decisions():
    """Decisions follow the ranking or say why not; each application has one; everybody declined was told why."""
    decided = Selection.objects.filter(decided_at__isnull=False).select_related("run")
    for selection in decided.prefetch_related("criteria"):
        yield from _of_call(selection)
    for verdict in Verdict.objects.filter(outcome=Verdict.Outcome.DECLINED, feedback=""):
        yield f"Application {verdict.enrollment_id} was declined without a reason."
    left = Enrollment.objects.filter(status=S.APPLIED, run__selection__decided_at__isnull=False)
    for row in left.filter(created_at__lt=F("run__selection__decided_at")):
        yield f"Application {row.pk} was left out of the decisions of its call."


def _of_call(selection):
    verdicts = list(
        Verdict.objects.filter(enrollment__run=selection.run_id, rank__isnull=False)
        .exclude(outcome="")
        .select_related("enrollment")
        .order_by("rank", F("points").desc(nulls_last=True), "pk")
    )
    places = sum(verdict.outcome == Verdict.Outcome.ACCEPTED for verdict in verdicts)
    if places != selection.places_given:
        yield f"Call {selection.run.code} gave {selection.places_given} places and accepted {places} applications."
    if [verdict.rank for verdict in verdicts] != list(range(1, len(verdicts) + 1)):
        yield f"The ranks of call {selection.run.code} have a gap or a double."
    for upper, lower in pairwise(verdicts):
        if (upper.points or 0) < (lower.points or 0) and not (upper.move_reason or lower.move_reason):
            yield f"Application {upper.enrollment_id} stands above application {lower.enrollment_id} without a reason."
    order = list(Verdict.Outcome)
    outcomes = [order.index(verdict.outcome) for verdict in verdicts]
    if outcomes != sorted(outcomes):
        yield f"The outcomes of call {selection.run.code} do not follow its ranks."
    numbers = [
        (verdict.reserve_number, verdict.enrollment.queue_number)
        for verdict in verdicts
        if verdict.outcome == Verdict.Outcome.RESERVE
    ]
    if numbers != sorted(numbers) or [queue for _number, queue in numbers] != sorted(queue for _n, queue in numbers):
        yield f"The reserve list of call {selection.run.code} is not in the order of its ranks."
    weights = {criterion.pk: criterion.weight for criterion in selection.criteria.all()}
    reviews = Review.objects.filter(
        juror__selection=selection, juror__removed_at=None, submitted_at__isnull=False
    ).prefetch_related("scores")
    points = {}
    for review in reviews:
        points.setdefault(review.enrollment_id, []).append(points_of(review, weights))
    for verdict in verdicts:
        given = points.get(verdict.enrollment_id)
        mean = sum(given) / len(given) if given else None
        if (mean is None) != (verdict.points is None) or (given and abs(float(mean) - float(verdict.points)) > 1e-5):
            yield f"The points of application {verdict.enrollment_id} are not those of its reviews."
