"""The smallest group and the date by which it is decided whether a run takes place."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation

from academy.mail.models import Message
from courses import attention, notifications, runs, standing
from courses import enrollment as rules
from courses.entry import minimum
from courses.errors import NotPossible, RunCancelled, RunIsOver
from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def undecided(**extra):
    return make.run(**{"minimum": 3, "decide_at": NOW, **extra})


def lines(at):
    return [str(sentence) for sentence, _url in attention.attention(at)]


def test_office_is_asked_when_the_date_comes_and_not_before():
    run = undecided()
    rules.enroll(users.user(), run)

    assert lines(NOW - HOUR) == []
    assert lines(NOW) == [f"{run.code} ({run.course}): decide whether it takes place, 1 of at least 3 enrolled."]


@pytest.mark.parametrize(
    "extra",
    [
        {"minimum": 0},
        {"decide_at": None},
        {"goes_ahead_at": NOW - HOUR},
        {"status": "cancelled", "cancelled_at": NOW},
        {"status": "draft"},
    ],
)
def test_office_is_not_asked_about_what_is_no_question(extra):
    undecided(**extra)

    assert lines(NOW + HOUR) == []


def test_confirmed_run_tells_everybody_concerned_once(django_capture_on_commit_callbacks):
    run = undecided(capacity=1)
    place, waits = (rules.enroll(users.user(language="en"), run) for _number in range(2))
    gone = rules.enroll(users.user(), run)
    rules.cancel(gone)

    with django_capture_on_commit_callbacks(execute=True):
        for _twice in range(2):
            decided = minimum.confirm_run(run, by=users.staff(), at=NOW)

    told = Message.objects.filter(kind=notifications.RUN_GOES_AHEAD)
    assert decided.goes_ahead_at == NOW
    assert set(told.values_list("recipient", flat=True)) == {place.learner_id, waits.learner_id}
    bodies = [one.body for one in mail.outbox if one.subject.startswith("It takes place")]
    assert len(bodies) == 2
    assert all(f"“{run.course}” ({run.code}) takes place." in body for body in bodies)


def test_confirmed_run_says_so_and_asks_the_office_no_more():
    run = undecided()
    row = rules.enroll(users.user(), run)
    minimum.confirm_run(run, by=users.staff())

    row = Enrollment.objects.for_pages().get(pk=row.pk)
    assert standing.of_enrollment(row).sentences == ["You have a place.", "It is certain that the run takes place."]
    assert lines(NOW + HOUR) == []


def test_letter_of_a_run_cancelled_meanwhile_is_not_sent(django_capture_on_commit_callbacks):
    run = undecided()
    rules.enroll(users.user(), run)
    with django_capture_on_commit_callbacks(execute=True):
        minimum.confirm_run(run, by=users.staff())
        runs.cancel_run(CourseRun.objects.get(pk=run.pk), by=users.staff(), reason="Too few.")

    assert Message.objects.get(kind=notifications.RUN_GOES_AHEAD).status == Message.Status.SKIPPED


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ({"status": "draft"}, NotPossible),
        ({"status": "cancelled", "cancelled_at": NOW}, RunCancelled),
        ({"status": "closed", "closed_at": NOW}, RunIsOver),
        ({"starts_in": timedelta(days=-3)}, RunIsOver),
    ],
)
def test_confirm_run_refuses_what_cannot_take_place(state, error):
    run = undecided(**state)

    with pytest.raises(error):
        minimum.confirm_run(run, by=users.staff())

    assert not CourseRun.objects.exclude(goes_ahead_at=None).exists()


def test_office_chooses_once_the_queue_is_frozen():
    run = make.run(capacity=1, freeze_hours=48, starts_in=timedelta(days=14))
    starts_at = run.sessions.get().starts_at
    first, _second = (rules.enroll(users.user(), run, at=NOW) for _number in range(2))
    frozen = starts_at - 48 * HOUR
    rules.cancel(first, at=frozen)

    assert lines(frozen - HOUR) == []
    assert lines(frozen) == [
        f"{run.code} ({run.course}) begins soon and has a free seat: choose who of the waiting list gets it."
    ]
    assert lines(starts_at + HOUR) == []


def test_person_who_waits_reads_that_nobody_moves_up_by_itself_any_more():
    run = make.run(capacity=1, freeze_hours=48, starts_in=timedelta(days=14))
    _first, second = (rules.enroll(users.user(), run, at=NOW) for _number in range(2))
    starts_at = run.sessions.get().starts_at
    row = Enrollment.objects.for_pages().get(pk=second.pk)

    def says(at):
        return standing.of_enrollment(row, at=at).sentences[1]

    assert says(starts_at - 48 * HOUR) == (
        "When somebody cancels, the next person gets the place at once, and a mail about it."
    )
    assert says(starts_at - 47 * HOUR) == (
        "The run begins soon: nobody moves up by itself any more, the office chooses who gets a free place."
    )
    assert says(starts_at + HOUR) == "The run has begun, so nobody moves up any more."
