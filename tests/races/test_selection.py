"""Deciding about a call while others decide or score."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from academy.mail.models import Message
from courses.models import Enrollment, EnrollmentEvent, Juror, Review, Selection, SelectionEvent
from courses.selection import decisions, errors, jury
from tests.factories import selection as make

from .rivals import failures, race, values

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
Kind = SelectionEvent.Kind
LETTERS = ["selection_offer", "selection_reserve"]


def _decide(selection):
    until = timezone.now() + timedelta(days=7)
    decisions.decide(Selection.objects.get(pk=selection), offer_until=until, by=None)
    return sorted(Enrollment.objects.values_list("status", flat=True))


def _two_people_deciding(**how):
    selection, rows = make.judged(5, 4, 3, capacity=1)
    for row in rows:
        decisions.say(row, "Thank you.", by=None)
    return race([partial(_decide, selection.pk)] * 2, gate="decide:checked", **how)


def test_two_people_sending_decisions_send_one_set():
    outcomes = _two_people_deciding()

    assert failures(outcomes) == []
    assert values(outcomes) == [["offered", "waiting", "waiting"]] * 2
    assert Message.objects.filter(kind__in=LETTERS).count() == 3
    assert EnrollmentEvent.objects.filter(to_status__in=["offered", "waiting"]).count() == 3
    assert SelectionEvent.objects.filter(kind=Kind.DECIDED).count() == 1


def test_without_the_lock_decisions_are_written_twice():
    _two_people_deciding(locks=False)

    assert EnrollmentEvent.objects.filter(to_status__in=["offered", "waiting"]).count() > 3


def _submit(juror, enrollment):
    judge = Juror.objects.select_related("selection__run").get(pk=juror)
    scores = {criterion.pk: (3, "") for criterion in judge.selection.criteria.all()}
    try:
        jury.save_review(judge, Enrollment.objects.get(pk=enrollment), scores, submit=True)
    except errors.ScoringClosed:
        return "ScoringClosed"
    return "submitted"


def _close(selection):
    jury.close_scoring(Selection.objects.select_related("run").get(pk=selection), by=None)
    return "closed"


def _juror_submits_while_staff_close(**how):
    """Outcomes, and (reviews that staff counted on closing, reviews that are there)."""
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)
    calls = [partial(_submit, judge.pk, row.pk), partial(_close, selection.pk)]
    outcomes = race(calls, gate="scoring:checked", **how)
    counted = SelectionEvent.objects.get(kind=Kind.SCORING_CLOSED).facts["reviews"]
    return outcomes, counted, Review.objects.filter(submitted_at__isnull=False).count()


def test_a_review_counts_or_is_refused_when_scoring_closes_at_the_same_moment():
    outcomes, counted, there = _juror_submits_while_staff_close()

    assert failures(outcomes) == []
    assert values(outcomes)[1] == "closed"
    assert counted == there == (values(outcomes)[0] == "submitted")


def test_without_the_lock_a_review_slips_in_after_the_count():
    outcomes, counted, there = _juror_submits_while_staff_close(locks=False)

    assert failures(outcomes) == []
    assert (counted, there) == (0, 1)
