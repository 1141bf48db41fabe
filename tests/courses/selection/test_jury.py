from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from academy.users.models import User
from courses import enrollment as entry
from courses.errors import NotPossible, ReasonMissing
from courses.models import Conflict, Juror, Review, SelectionEvent
from courses.selection import errors, jury
from tests.factories import courses as make_course
from tests.factories import selection as make
from tests.factories import users

pytestmark = pytest.mark.django_db
Kind = SelectionEvent.Kind


def kinds(selection):
    return list(selection.events.values_list("kind", flat=True))


def values(review):
    return list(review.scores.order_by("criterion").values_list("value", flat=True))


def scores_of(selection, *given):
    return {criterion.pk: (value, "") for criterion, value in zip(selection.criteria.all(), given, strict=True)}


# --- setting up -----------------------------------------------------------------


def test_set_up_twice_is_one_call_and_makes_the_waiting_list_one_of_offers():
    run = make_course.run(entry="call")

    first = jury.set_up(run, criteria=[{"title_cs": "Potenciál", "weight": 100}], scale_max=10)
    second = jury.set_up(run, criteria=[{"title_cs": "Jiné", "weight": 50}])

    run.refresh_from_db()
    assert (first, first.scale_max, run.promotion) == (second, 10, "offer")
    assert [criterion.weight for criterion in second.criteria.all()] == [100]


def test_set_up_refuses_a_run_with_another_way_in():
    with pytest.raises(NotPossible):
        jury.set_up(make_course.run(entry="approval"))


# --- who sits on it -------------------------------------------------------------


def test_invite_opens_an_account_and_writes_once_a_day():
    selection, at = make.call(is_open=True), timezone.now()

    first = jury.invite_juror(selection, "Jury@Example.org", name="Eva Malá", language="en", by=None, at=at)
    second = jury.invite_juror(selection, "jury@example.org", by=None, at=at)

    person = User.objects.get(email="jury@example.org")
    assert first == second
    assert (person.name, list(person.jury_seats.all())) == ("Eva Malá", [first])
    assert [message.to for message in Message.objects.filter(kind="juror_invited")] == ["jury@example.org"]
    assert kinds(selection) == [Kind.JUROR_INVITED]


def test_invite_refuses_an_applicant_and_leaves_no_trace():
    selection = make.call(is_open=True)
    row = make.application(selection, checked=None)

    with pytest.raises(errors.ApplicantOnJury):
        jury.invite_juror(selection, row.learner.email, by=None)

    assert not Juror.objects.exists()


def test_a_removed_juror_scores_no_more_and_comes_back_by_an_invitation():
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)
    make.review(judge, row, 3, 3)

    jury.remove_juror(judge, by=None, reason="Ill.")
    jury.remove_juror(judge, by=None, reason="Again.")

    with pytest.raises(errors.NotOnTheJury):
        make.review(judge, row, 4, 4)
    assert Review.objects.count() == 1
    assert jury.invite_juror(selection, judge.user.email, by=None).removed_at is None
    assert kinds(selection).count(Kind.JUROR_REMOVED) == 1


def test_juror_cannot_apply_to_the_call_until_they_are_taken_off_the_jury():
    selection = make.call()
    judge = make.juror(selection)

    with pytest.raises(errors.JurorApplies):
        make.application(selection, learner=judge.user)
    jury.remove_juror(judge, by=None, reason="Wants to apply.")

    assert make.application(selection, learner=judge.user).status == "applied"


def test_removing_a_juror_needs_a_reason():
    judge = make.juror(make.call())

    with pytest.raises(ReasonMissing):
        jury.remove_juror(judge, by=None, reason=" ")


# --- the formal check -----------------------------------------------------------


def test_formal_check_keeps_its_history_and_the_same_again_writes_nothing():
    selection, staff = make.call(), users.staff()
    row = make.application(selection, checked=None)

    jury.check_application(row, is_eligible=False, reason="Sent late.", by=staff)
    jury.check_application(row, is_eligible=False, reason="Sent late.", by=staff)
    check = jury.check_application(row, is_eligible=True, reason="ignored", by=staff)

    assert (check.is_eligible, check.reason, check.checked_by) == (True, "", staff)
    assert kinds(selection) == [Kind.NOT_ELIGIBLE, Kind.ELIGIBLE]


def test_formal_check_refuses_a_refusal_without_a_reason():
    row = make.application(make.call(), checked=None)

    with pytest.raises(ReasonMissing):
        jury.check_application(row, is_eligible=False, by=None)


def test_checking_the_rest_leaves_those_who_were_checked():
    selection = make.call()
    refused = make.application(selection, checked=False)
    others = [make.application(selection, checked=None) for _number in range(2)]

    assert jury.check_the_rest(selection, by=None) == 2
    assert jury.check_the_rest(selection, by=None) == 0

    refused.formal_check.refresh_from_db()
    assert [refused.formal_check.is_eligible, *(row.formal_check.is_eligible for row in others)] == [False, True, True]


def test_formal_check_refuses_an_enrollment_without_a_call():
    row = make_course.enrollment(of=make_course.run(entry="approval"), status="applied", queue_number=1)

    with pytest.raises(NotPossible):
        jury.check_application(row, is_eligible=True, by=None)


# --- scores ---------------------------------------------------------------------


def test_a_review_is_a_draft_until_it_is_submitted():
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)

    draft = make.review(judge, row, 3, None, submit=False, comment="Hm.")
    again = make.review(judge, row, None, 4, submit=False)
    final = make.review(judge, row, 5, 4, comment="Good.")

    assert draft == again == final
    assert (draft.submitted_at, again.submitted_at, bool(final.submitted_at)) == (None, None, True)
    assert (values(final), final.comment) == ([5, 4], "Good.")
    assert kinds(selection).count(Kind.SUBMITTED) == 1


def test_submitting_the_same_twice_is_safe_and_anything_else_is_refused():
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)
    first = make.review(judge, row, 5, 4)

    assert make.review(judge, row, 5, 4) == first
    with pytest.raises(errors.ReviewSubmitted):
        make.review(judge, row, 1, 1)
    with pytest.raises(errors.ReviewSubmitted):
        make.review(judge, row, 5, 4, submit=False)

    assert values(first) == [5, 4]
    assert kinds(selection).count(Kind.SUBMITTED) == 1


@pytest.mark.parametrize(
    ("given", "refusal"), [((6, 1), "BadScore"), ((-1, 1), "BadScore"), ((None, 1), "ScoresMissing")]
)
def test_submitting_refuses_scores_off_the_scale_and_gaps(given, refusal):
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)

    with pytest.raises(getattr(errors, refusal)):
        make.review(judge, row, *given)

    assert not Review.objects.exists()


def test_scoring_refuses_criteria_of_another_call():
    selection, other = make.call(), make.call()

    with pytest.raises(errors.BadScore):
        jury.save_review(make.juror(selection), make.application(selection), scores_of(other, 1, 1))


def test_scoring_refuses_while_weights_do_not_add_up():
    selection = make.call(weights=(60, 30))

    with pytest.raises(errors.WeightsDoNotAddUp):
        make.review(make.juror(selection), make.application(selection), 1, 1)


def test_scoring_begins_the_second_after_the_call_closes():
    selection = make.call(is_open=True)
    judge, row = make.juror(selection), make.application(selection)
    closes_at = selection.run.closes_at.replace(microsecond=0)
    selection.run.closes_at = closes_at
    selection.run.save()

    with pytest.raises(errors.CallStillOpen):
        jury.save_review(judge, row, scores_of(selection, 1, 1), at=closes_at)
    assert jury.save_review(judge, row, scores_of(selection, 1, 1), at=closes_at + timedelta(seconds=1)).pk


@pytest.mark.parametrize("checked", [None, False])
def test_jury_judges_only_applications_that_meet_the_conditions(checked):
    selection = make.call()

    with pytest.raises(errors.NotJudged):
        make.review(make.juror(selection), make.application(selection, checked=checked), 1, 1)


def test_juror_of_one_call_cannot_score_another():
    judge, other = make.juror(make.call()), make.call()

    with pytest.raises(errors.NotJudged):
        make.review(judge, make.application(other), 1, 1)


def test_nobody_scores_their_own_application():
    selection = make.call()
    row = make.application(selection)

    with pytest.raises(errors.NotJudged):
        make.review(make.juror(selection, user=row.learner), row, 5, 5)


def test_a_review_is_given_back_with_a_reason():
    selection = make.call()
    review = make.review(make.juror(selection), make.application(selection), 1, 1)

    with pytest.raises(ReasonMissing):
        jury.reopen_review(review, by=None, reason="")
    jury.reopen_review(review, by=None, reason="Wrong person.")
    assert jury.reopen_review(review, by=None, reason="Again.").submitted_at is None

    assert kinds(selection).count(Kind.REOPENED) == 1


# --- conflicts ------------------------------------------------------------------


def test_a_conflict_takes_the_review_out_and_keeps_the_juror_away():
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)
    make.review(judge, row, 5, 5)

    first = jury.declare_conflict(judge, row, reason="My sister.", by=judge.user)
    second = jury.declare_conflict(judge, row, reason="Again.", by=judge.user)

    assert (first, first.reason) == (second, "My sister.")
    assert not Review.objects.exists()
    with pytest.raises(errors.ConflictDeclared):
        make.review(judge, row, 5, 5)
    event = selection.events.get(kind=Kind.CONFLICT)
    assert (event.juror, event.enrollment, event.facts) == (judge, row, {"review_taken_out": True})


def test_a_conflict_needs_a_reason_and_an_application_before_the_jury():
    selection = make.call()
    judge = make.juror(selection)

    with pytest.raises(ReasonMissing):
        jury.declare_conflict(judge, make.application(selection), reason=" ", by=judge.user)
    with pytest.raises(errors.NotJudged):
        jury.declare_conflict(judge, make.application(make.call()), reason="My sister.", by=judge.user)

    assert not Conflict.objects.exists()


# --- closing the scoring --------------------------------------------------------


def test_closed_scoring_refuses_reviews_until_it_is_opened_with_a_reason():
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)
    draft = make.review(judge, row, 3, 3, submit=False)

    jury.close_scoring(selection, by=None)
    jury.close_scoring(selection, by=None)
    with pytest.raises(errors.ScoringClosed):
        make.review(judge, row, 3, 3)
    with pytest.raises(ReasonMissing):
        jury.reopen_scoring(selection, by=None, reason="")
    jury.reopen_scoring(selection, by=None, reason="A juror was ill.")
    jury.reopen_scoring(selection, by=None, reason="Again.")

    assert make.review(judge, row, 3, 3) == draft
    assert kinds(selection)[1:3] == [Kind.SCORING_CLOSED, Kind.SCORING_REOPENED]
    assert selection.events.get(kind=Kind.SCORING_CLOSED).facts == {"reviews": 0}


def test_scoring_cannot_be_closed_before_the_call():
    with pytest.raises(errors.CallStillOpen):
        jury.close_scoring(make.call(is_open=True), by=None)


def test_single_decisions_are_refused_while_a_jury_judges():
    row = make.application(make.call())

    with pytest.raises(errors.JuryDecides):
        entry.approve(row, by=None)
    with pytest.raises(errors.JuryDecides):
        entry.decline(row, by=None)
    with pytest.raises(errors.JuryDecides):
        entry.give_seat(row, by=None, reason="A friend of the house.")

    row.refresh_from_db()
    assert row.status == "applied"
