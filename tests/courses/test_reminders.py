from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from courses import enrollment, periodic, reminders, runs
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


def reminded():
    return set(Message.objects.filter(kind="session_reminder").values_list("recipient", flat=True))


def test_reminder_is_queued_once_for_confirmed_people_a_day_ahead():
    run = make.run(capacity=1, starts_in=timedelta(days=5), sessions=2)
    first = run.sessions.order_by("starts_at").first()
    confirmed = enrollment.enroll(users.user(), run, at=NOW)
    enrollment.enroll(users.user(), run, at=NOW)
    day_ahead = first.starts_at - timedelta(hours=24)

    assert reminders.queue_due(at=day_ahead - timedelta(seconds=1)) == 0
    assert reminders.queue_due(at=day_ahead) == 1
    assert reminders.queue_due(at=day_ahead + timedelta(minutes=10)) == 0

    assert reminded() == {confirmed.learner_id}


def test_reminder_is_left_out_for_those_who_came_within_the_day():
    run = make.run(starts_in=timedelta(days=5))
    starts_at = run.sessions.get().starts_at
    enrollment.enroll(users.user(), run, at=starts_at - timedelta(hours=23))

    assert reminders.queue_due(at=starts_at - timedelta(hours=20)) == 0


def test_reminder_is_set_again_when_the_session_moves():
    run = make.run(starts_in=timedelta(days=5))
    session = run.sessions.get()
    row = enrollment.enroll(users.user(), run, at=NOW)
    reminders.queue_due(at=session.starts_at - timedelta(hours=20))
    moved = runs.move_session(
        session,
        starts_at=session.starts_at + timedelta(days=7),
        ends_at=session.ends_at + timedelta(days=7),
        by=users.staff(),
        at=session.starts_at - timedelta(hours=19),
    )

    assert reminders.queue_due(at=moved.starts_at - timedelta(hours=20)) == 1

    assert Message.objects.filter(kind="session_reminder", recipient=row.learner).count() == 2


def test_reminder_is_left_out_when_the_session_has_just_been_moved_there():
    run = make.run(starts_in=timedelta(days=5))
    session = run.sessions.get()
    enrollment.enroll(users.user(), run, at=NOW)
    starts_at = NOW + timedelta(days=1)
    runs.move_session(
        session,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        by=users.staff(),
        at=NOW + timedelta(hours=1),
    )

    assert reminders.queue_due(at=NOW + timedelta(hours=2)) == 0


def test_the_clock_ends_offers_and_queues_reminders():
    run = make.run(starts_in=timedelta(hours=20))
    expired = make.enrollment(of=run, status="offered", queue_number=1, offered_until=NOW - timedelta(hours=1))
    make.enrollment(of=run, confirmed_at=NOW - timedelta(days=9))

    periodic.sweep_offers()
    periodic.queue_reminders()

    assert Enrollment.objects.get(pk=expired.pk).status == "cancelled"
    assert len(reminded()) == 1
