"""Every check about calls finds what it looks for: each test plants one violation past the rules."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy import registry
from courses.models import Conflict, Enrollment, Review, Score, Selection, Verdict
from courses.selection import decisions
from tests.factories import courses as make_course
from tests.factories import selection as make
from tests.plant import unchecked

pytestmark = pytest.mark.django_db
CHECKS = ["scores", "impartial jury", "decisions", "seats", "queue", "promotion", "history"]


def found(name):
    return list(registry.audit_checks[name]())


def decided():
    selection, rows = make.judged(5, 4, 3, 2, capacity=1, reserve_places=2)
    decisions.say(rows[3], "Too early.", by=None)
    return decisions.decide(selection, offer_until=timezone.now() + timedelta(days=5), by=None), rows


def test_rules_leave_nothing_to_find():
    decided()

    assert {name: found(name) for name in CHECKS} == {name: [] for name in CHECKS}


def test_scores_finds_weights_that_do_not_add_up():
    selection, _rows = make.judged(5)
    selection.criteria.update(weight=10)

    assert found("scores") == [f"The weights of call {selection.run.code} add up to 20."]


def test_scores_finds_one_off_the_scale():
    make.judged(5)
    score = Score.objects.first()
    Score.objects.filter(pk=score.pk).update(value=9)

    assert found("scores") == [f"Score {score.pk} is off the scale of its call."]


def test_scores_finds_one_on_a_foreign_criterion():
    make.judged(5)
    score = Score.objects.first()
    Score.objects.filter(pk=score.pk).update(criterion=make.call().criteria.first())

    assert found("scores") == [f"Score {score.pk} is on a criterion of another call."]


def test_scores_finds_a_review_of_a_foreign_application():
    selection, _rows = make.judged(5)
    other = make.application(make.call())
    Review.objects.update(enrollment=other)

    assert found("scores") == [
        f"Review {Review.objects.get(juror__selection=selection).pk} is of an application to another call."
    ]


def test_scores_finds_gaps_in_a_submitted_review():
    make.judged(5)
    score = Score.objects.first()
    score.delete()

    assert found("scores") == [f"Review {score.review_id} was submitted with 1 scores missing."]


def test_impartial_jury_finds_a_review_despite_a_conflict():
    make.judged(5)
    review = Review.objects.get()
    Conflict.objects.create(juror=review.juror, enrollment=review.enrollment, reason="Sister.")

    assert found("impartial jury") == [f"Review {review.pk} is by a juror who declared a conflict of interest."]


def test_impartial_jury_finds_a_review_by_the_applicant():
    make.judged(5)
    review = Review.objects.get()
    review.juror.user = review.enrollment.learner
    review.juror.save()

    assert found("impartial jury") == [f"Review {review.pk} is by the applicant."]


def test_decisions_finds_an_order_without_a_reason():
    _selection, rows = decided()
    Verdict.objects.filter(enrollment=rows[0]).update(points=1)

    assert f"Application {rows[0].pk} stands above application {rows[1].pk} without a reason." in found("decisions")
    assert f"The points of application {rows[0].pk} are not those of its reviews." in found("decisions")


def test_decisions_finds_more_accepted_than_decided():
    selection, _rows = decided()
    Selection.objects.update(places_given=0)

    assert found("decisions") == [f"Call {selection.run.code} gave 0 places and accepted 1 applications."]


def test_decisions_finds_outcomes_off_the_ranks():
    selection, rows = decided()
    Verdict.objects.filter(enrollment=rows[1]).update(outcome="declined", feedback="No.")

    assert found("decisions") == [f"The outcomes of call {selection.run.code} do not follow its ranks."]


def test_decisions_finds_a_double_rank():
    selection, rows = decided()
    Verdict.objects.filter(enrollment=rows[3]).update(rank=3)

    assert found("decisions") == [f"The ranks of call {selection.run.code} have a gap or a double."]


def test_decisions_finds_reserves_out_of_order():
    selection, rows = decided()
    Enrollment.objects.filter(pk=rows[1].pk).update(queue_number=99)

    assert found("decisions") == [f"The reserve list of call {selection.run.code} is not in the order of its ranks."]


def test_decisions_finds_a_refusal_without_a_reason():
    _selection, rows = decided()
    with unchecked(Verdict, "verdict_declined_has_feedback"):
        Verdict.objects.filter(enrollment=rows[3]).update(feedback="")

        assert found("decisions") == [f"Application {rows[3].pk} was declined without a reason."]


def test_decisions_finds_an_application_left_out():
    selection, _rows = decided()
    left = make_course.enrollment(
        of=selection.run, status="applied", queue_number=50, created_at=selection.decided_at - timedelta(days=3)
    )

    assert found("decisions") == [f"Application {left.pk} was left out of the decisions of its call."]
