from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from courses.enrollment import check_open
from courses.errors import RuleError
from courses.models import CourseRun
from courses.run_state import CAN_ENTER, RunFacts, RunState, compute_state
from tests.factories import courses as make

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RUN = RunFacts(
    status=CourseRun.Status.PUBLISHED,
    entry=CourseRun.Entry.OPEN,
    opens_at=START - timedelta(days=20),
    closes_at=None,
    starts_at=START,
    ends_at=START + timedelta(days=1),
    capacity=2,
)
BEFORE = START - timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "at", "state"),
    [
        ({}, BEFORE, RunState.OPEN),
        ({"status": "draft"}, BEFORE, RunState.DRAFT),
        ({"status": "cancelled"}, BEFORE, RunState.CANCELLED),
        ({"status": "cancelled"}, START + timedelta(days=9), RunState.CANCELLED),
        ({"status": "closed"}, START + timedelta(days=9), RunState.FINISHED),
        ({}, START - timedelta(days=21), RunState.NOT_OPEN),
        ({}, START - timedelta(days=20), RunState.OPEN),
        ({"opens_at": None}, START - timedelta(days=300), RunState.OPEN),
        ({}, START - SECOND, RunState.OPEN),
        ({}, START, RunState.RUNNING),
        ({}, START + timedelta(days=1), RunState.RUNNING),
        ({}, START + timedelta(days=1) + SECOND, RunState.FINISHED),
        ({"closes_at": BEFORE}, BEFORE, RunState.OPEN),
        ({"closes_at": BEFORE}, BEFORE + timedelta(microseconds=900_000), RunState.OPEN),
        ({"closes_at": BEFORE}, BEFORE + SECOND, RunState.ENTRY_CLOSED),
        ({"closes_at": START + timedelta(hours=5)}, START + timedelta(hours=1), RunState.RUNNING),
        ({"capacity": 0}, BEFORE, RunState.ENTRY_CLOSED),
        ({"capacity": None, "seats_taken": 900}, BEFORE, RunState.OPEN),
        ({"seats_taken": 1}, BEFORE, RunState.OPEN),
        ({"seats_taken": 2}, BEFORE, RunState.FULL),
        ({"seats_taken": 3}, BEFORE, RunState.FULL),
        ({"seats_taken": 1, "people_waiting": 1}, BEFORE, RunState.FULL),
        ({"entry": "approval", "seats_taken": 2}, BEFORE, RunState.OPEN),
        ({"entry": "call", "seats_taken": 2, "people_waiting": 3}, BEFORE, RunState.OPEN),
        ({"entry": "invitation"}, BEFORE, RunState.INVITATION),
        ({"starts_at": None, "ends_at": None}, BEFORE, RunState.OPEN),
    ],
)
def test_compute_state_follows_dates_and_seats(changes, at, state):
    assert compute_state(replace(RUN, **changes), at) == state


@pytest.mark.parametrize(("capacity", "taken", "left"), [(None, 5, None), (20, 8, 12), (2, 3, 0), (0, 0, 0)])
def test_seats_left_is_never_below_zero(capacity, taken, left):
    assert replace(RUN, capacity=capacity, seats_taken=taken).seats_left == left


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({}, -1),
        ({}, 0),
        ({}, 3),
        ({"status": "draft"}, -1),
        ({"status": "cancelled", "cancelled_at": BEFORE}, -1),
        ({"status": "closed", "closed_at": BEFORE}, -1),
        ({"opens_at": BEFORE}, -2),
        ({"opens_at": BEFORE}, -1),
        ({"closes_at": BEFORE}, -1),
        ({"closes_at": BEFORE - SECOND}, -1),
        ({"capacity": 0}, -1),
        ({"capacity": None}, -1),
        ({"entry": "invitation"}, -1),
        ({"entry": "approval", "opens_at": BEFORE}, -2),
    ],
)
def test_compute_state_says_the_same_as_the_rule_that_enrolls(changes, days):
    run = make.run(sessions=0, **changes)
    session = make.session(of=run, starts_at=START)
    at = START + timedelta(days=days)
    facts = RunFacts(
        status=run.status,
        entry=run.entry,
        opens_at=run.opens_at,
        closes_at=run.closes_at,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        capacity=run.capacity,
    )

    try:
        check_open(run, at=at)
        may_enter = True
    except RuleError:
        may_enter = False

    assert (compute_state(facts, at) in CAN_ENTER) == may_enter
