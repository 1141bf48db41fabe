from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from academy.mail.models import Message
from courses import enrollment as entry
from courses import runs
from courses.errors import NotPossible, ReasonMissing, RunCancelled
from courses.models import Enrollment, SelectionEvent
from courses.seats import position
from courses.selection import decisions, errors, jury
from courses.selection.ranking import ranking
from tests.factories import selection as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def in_a_week():
    return timezone.now() + timedelta(days=7)


def decide(selection, **facts):
    facts.setdefault("offer_until", in_a_week())
    return decisions.decide(selection, by=None, **facts)


def statuses(rows):
    return list(
        Enrollment.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk").values_list("status", flat=True)
    )


def mails():
    kinds = ["selection_offer", "selection_reserve", "selection_declined"]
    return [(message.kind, message.to) for message in Message.objects.filter(kind__in=kinds).order_by("pk")]


def explained(rows):
    for row in rows:
        decisions.say(row, "Others were nearer to the market.", by=None)


def refusals(selection, **facts):
    facts.setdefault("offer_until", in_a_week())
    return decisions.obstacles(selection, **facts)


# --- the whole ------------------------------------------------------------------


def test_decide_gives_places_a_numbered_reserve_list_and_reasons():
    selection, rows = make.judged(1, 5, 3, 2, 4, capacity=2, reserve_places=2)
    late, best, third, fourth, second = rows
    refused = make.application(selection, checked=False)
    explained([late])

    decide(selection)

    assert statuses([*rows, refused]) == [S.DECLINED, S.OFFERED, S.WAITING, S.WAITING, S.OFFERED, S.DECLINED]
    waiting = [Enrollment.objects.get(pk=row.pk) for row in (third, fourth)]
    assert [position(row) for row in waiting] == [1, 2]
    assert [row.verdict.reserve_number for row in waiting] == [1, 2]
    assert mails() == [
        ("selection_offer", best.learner.email),
        ("selection_offer", second.learner.email),
        ("selection_reserve", third.learner.email),
        ("selection_reserve", fourth.learner.email),
        ("selection_declined", late.learner.email),
        ("selection_declined", refused.learner.email),
    ]
    refused.refresh_from_db()
    assert refused.events.last().reason == "No company seat."
    assert (best.verdict.rank, best.verdict.points) == (1, Decimal(5))


def test_deciding_twice_changes_nothing():
    selection, rows = make.judged(5, 3, capacity=1)

    first = decide(selection)
    second = decide(selection, places=0)

    assert first.decided_at == second.decided_at
    assert statuses(rows) == [S.OFFERED, S.WAITING]
    assert len(mails()) == 2
    assert selection.events.filter(kind=SelectionEvent.Kind.DECIDED).count() == 1


def test_reserves_are_offered_in_the_order_of_rank_and_numbers_never_change():
    selection, rows = make.judged(2, 5, 4, capacity=1)
    third, first, second = rows
    decide(selection)
    numbers = dict(Enrollment.objects.values_list("pk", "queue_number"))

    entry.cancel(Enrollment.objects.get(pk=first.pk))
    assert statuses(rows) == [S.WAITING, S.CANCELLED, S.OFFERED]
    entry.accept_offer(Enrollment.objects.get(pk=second.pk))

    assert statuses(rows) == [S.WAITING, S.CANCELLED, S.CONFIRMED]
    assert dict(Enrollment.objects.values_list("pk", "queue_number")) == numbers
    assert numbers[first.pk] < numbers[second.pk] < numbers[third.pk]


def test_an_offer_that_expires_goes_to_the_next_reserve():
    selection, rows = make.judged(5, 4, capacity=1)
    until = in_a_week()
    decide(selection, offer_until=until)

    entry.sweep_offers(at=until + timedelta(seconds=1))

    assert statuses(rows) == [S.CANCELLED, S.OFFERED]


def test_people_already_on_the_run_leave_fewer_places():
    selection, rows = make.judged(5, 4, capacity=2)
    entry.enroll(users.user(), selection.run, source="staff")

    decide(selection)

    assert statuses(rows) == [S.OFFERED, S.WAITING]
    assert selection.run.enrollments.holding_seat().count() == 2


def test_somebody_who_withdrew_is_not_decided_about():
    selection, rows = make.judged(5, 4, capacity=1)
    entry.cancel(rows[0])

    decide(selection)

    assert statuses(rows) == [S.CANCELLED, S.OFFERED]


# --- refusals -------------------------------------------------------------------


def test_decide_refuses_while_the_call_or_the_scoring_is_open():
    with pytest.raises(errors.CallStillOpen):
        decide(make.call(is_open=True))
    with pytest.raises(errors.ScoringOpen):
        decide(make.call())


def test_decide_refuses_a_cancelled_run():
    selection, _rows = make.judged(5)
    runs.cancel_run(selection.run, by=None, reason="No money.")

    with pytest.raises(RunCancelled):
        decide(selection)


def test_decide_refuses_without_a_sentence_for_the_declined_and_changes_nothing():
    selection, rows = make.judged(5, 4, capacity=1, reserve_places=0)

    with pytest.raises(errors.NotReady, match=f"no. {rows[1].pk}: nobody is declined"):
        decide(selection)

    assert statuses(rows) == [S.APPLIED, S.APPLIED]
    assert mails() == []


def test_decide_refuses_applications_nobody_checked_or_scored():
    selection, _rows = make.judged(5)
    make.application(selection, checked=None)
    unscored = make.application(selection)

    found = refusals(selection)

    assert found[0] == "1 application was not checked formally yet."
    assert f"Nobody has scored application no. {unscored.pk}" in found[1]
    with pytest.raises(errors.NotReady):
        decide(selection)


def test_decide_refuses_more_places_than_the_run_has():
    selection, _rows = make.judged(5, 4, 3, capacity=2)

    assert refusals(selection, places=3) == ["The run has 2 free places, so no more can be given."]


def test_decide_refuses_to_leave_places_free_beside_a_reserve_list():
    selection, _rows = make.judged(5, 4, 3, capacity=2)

    (sentence,) = refusals(selection, places=1)

    assert "the first reserves would move up at once" in sentence


def test_fewer_places_are_given_where_nobody_is_on_the_reserve_list():
    selection, rows = make.judged(5, 4, capacity=2)
    explained(rows[1:])

    decide(selection, places=1, reserve_places=0)

    assert statuses(rows) == [S.OFFERED, S.DECLINED]


def test_a_tie_on_the_line_needs_a_reason():
    selection, rows = make.judged(4, 4, capacity=1)

    (sentence,) = refusals(selection)
    decide(selection, tie_reason="The older project.")

    assert f"no. {rows[0].pk} and no. {rows[1].pk} have the same points" in sentence
    selection.refresh_from_db()
    assert (selection.tie_reason, statuses(rows)) == ("The older project.", [S.OFFERED, S.WAITING])


def test_a_tie_above_the_line_is_shown_and_needs_none():
    selection, _rows = make.judged(4, 4, 1, capacity=2)

    assert [row.is_tied for row in ranking(selection)] == [True, True, False]
    assert refusals(selection) == []


@pytest.mark.parametrize(
    ("days", "words"), [(-1, "a deadline in the future"), (31, "before the start of the run")], ids=["past", "start"]
)
def test_offers_end_in_the_future_and_before_the_start(days, words):
    selection, _rows = make.judged(4)

    (sentence,) = refusals(selection, offer_until=timezone.now() + timedelta(days=days))

    assert words in sentence


def test_there_is_nothing_to_decide_without_applications():
    selection = jury.close_scoring(make.call(), by=None)

    assert refusals(selection) == ["There is no application to decide about."]


def test_nothing_changes_after_the_decision():
    selection, rows = make.judged(5, 4, capacity=1)
    judge = selection.jurors.get()
    decide(selection)

    for refused in (
        lambda: jury.invite_juror(selection, "x@example.org", by=None),
        lambda: jury.remove_juror(judge, by=None, reason="Late."),
        lambda: jury.check_application(rows[0], is_eligible=True, by=None),
        lambda: jury.declare_conflict(judge, rows[0], reason="Sister.", by=None),
        lambda: jury.reopen_scoring(selection, by=None, reason="Late."),
        lambda: decisions.say(rows[0], "Late.", by=None),
        lambda: decisions.move_to(rows[0], 2, reason="Late.", by=None),
    ):
        with pytest.raises(errors.AlreadyDecided):
            refused()


# --- order by hand --------------------------------------------------------------


def test_order_is_changed_by_hand_with_a_reason_and_put_back():
    selection, rows = make.judged(5, 4, 3, capacity=1)
    first, second, third = rows

    decisions.move_to(third, 1, reason="The only one from the east.", by=None)
    decisions.move_to(third, 1, reason="The only one from the east.", by=None)
    assert [row.enrollment for row in ranking(selection)] == [third, first, second]
    decisions.undo_move(third, by=None)
    decisions.undo_move(third, by=None)

    assert [row.enrollment for row in ranking(selection)] == [first, second, third]
    moves = selection.events.filter(kind__in=["moved", "move_undone"]).values_list("kind", "reason", "facts")
    assert list(moves) == [
        ("moved", "The only one from the east.", {"was": 3, "now": 1}),
        ("move_undone", "", {}),
    ]


@pytest.mark.parametrize("rank", [0, 3])
def test_order_by_hand_refuses_ranks_that_are_not_there(rank):
    _selection, rows = make.judged(5, 4)

    with pytest.raises(NotPossible, match="no such rank"):
        decisions.move_to(rows[0], rank, reason="x", by=None)


def test_order_by_hand_needs_a_reason():
    _selection, rows = make.judged(5, 4)

    with pytest.raises(ReasonMissing):
        decisions.move_to(rows[0], 2, reason=" ", by=None)


def test_plan_says_what_decide_does():
    selection, rows = make.judged(5, 4, 3, capacity=1, reserve_places=1)
    explained(rows)

    planned = [(one.enrollment.pk, one.outcome, one.reserve_number) for one in decisions.plan(selection)]
    decide(selection)

    done = [
        (row.pk, row.verdict.outcome, row.verdict.reserve_number) for row in selection.run.enrollments.order_by("pk")
    ]
    assert planned == done
