from fractions import Fraction

import pytest

from courses.selection import jury
from courses.selection.ranking import not_checked, not_eligible, ranking
from tests.factories import selection as make

pytestmark = pytest.mark.django_db


def test_ranking_weighs_criteria_and_shows_the_spread():
    selection = make.call(weights=(75, 25))
    first, second = make.juror(selection), make.juror(selection)
    low, high = make.application(selection), make.application(selection)
    make.review(first, low, 1, 5)
    make.review(second, low, 3, 3)
    make.review(first, high, 5, 1)

    best, other = ranking(selection)

    assert (best.enrollment, best.points, best.deviation, best.missing) == (high, 4, None, [second])
    assert (other.enrollment, other.points, other.lowest, other.highest) == (low, Fraction(5, 2), 2, 3)
    assert (other.deviation, other.missing, [best.rank, other.rank]) == (0.5, [], [1, 2])


def test_ranking_counts_no_drafts_no_removed_jurors_and_no_conflicts():
    selection = make.call()
    jurors = [make.juror(selection) for _number in range(4)]
    row = make.application(selection)
    make.review(jurors[0], row, 4, 4)
    make.review(jurors[1], row, 1, 1, submit=False)
    make.review(jurors[2], row, 1, 1)
    make.review(jurors[3], row, 1, 1)
    jury.remove_juror(jurors[2], by=None, reason="Ill.")
    jury.declare_conflict(jurors[3], row, reason="Sister.", by=None)

    (ranked,) = ranking(selection)

    assert (ranked.points, ranked.missing, ranked.conflicts) == (4, [jurors[1]], [jurors[3]])


def test_ranking_puts_what_nobody_scored_last_and_equals_in_the_order_of_arrival():
    selection = make.call()
    judge = make.juror(selection)
    unscored, late, early = [make.application(selection) for _number in range(3)]
    make.review(judge, late, 3, 3)
    make.review(judge, early, 3, 3)

    rows = ranking(selection)

    assert [(row.enrollment, row.is_tied) for row in rows] == [(late, True), (early, True), (unscored, False)]


def test_applications_that_fail_or_miss_the_check_stand_apart():
    selection = make.call()
    make.application(selection)
    refused, new = make.application(selection, checked=False), make.application(selection, checked=None)

    assert not_eligible(selection) == [refused]
    assert list(not_checked(selection)) == [new]
    assert len(ranking(selection)) == 1


@pytest.mark.parametrize("rows", [1, 30])
def test_ranking_takes_the_same_queries_for_any_number(rows, django_assert_num_queries):
    selection, _rows = make.judged(*[1] * rows, jurors=2, capacity=None)

    with django_assert_num_queries(7):
        ranking(selection)
