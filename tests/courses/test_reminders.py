from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.delivery import deliver
from academy.mail.models import Message
from cms.models import SiteSettings
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


def leads():
    rows = Message.objects.filter(kind="session_reminder").order_by("pk")
    return [(row.recipient_id, row.facts["lead"]) for row in rows]


def test_reminders_go_out_seven_days_and_one_day_ahead_unless_the_run_says_otherwise():
    run = make.run(starts_in=timedelta(days=30))
    starts_at = run.sessions.get().starts_at
    row = enrollment.enroll(users.user(), run, at=NOW)

    for days in (8, 7, 6, 2, 0.9, 0.5):
        reminders.queue_due(at=starts_at - timedelta(days=days))

    assert leads() == [(row.learner_id, "7d"), (row.learner_id, "1d")]


def test_run_has_its_own_list_and_an_empty_one_means_none():
    for text in ("3 h", ""):
        run = make.run(starts_in=timedelta(days=30), reminders=text)
        enrollment.enroll(users.user(), run, at=NOW)
        for hours in (24 * 7, 24, 4, 3, 1):
            reminders.queue_due(at=run.sessions.get().starts_at - timedelta(hours=hours))

    assert [lead for _person, lead in leads()] == ["3h"]


def test_whoever_enrolls_inside_a_reminder_window_gets_only_the_confirmation_for_it():
    run = make.run(starts_in=timedelta(days=30))
    starts_at = run.sessions.get().starts_at
    row = enrollment.enroll(users.user(), run, at=starts_at - timedelta(days=3))
    reminders.queue_due(at=starts_at - timedelta(days=2))
    assert leads() == []
    assert Message.objects.filter(kind="enrollment_confirmed", recipient=row.learner).count() == 1

    reminders.queue_due(at=starts_at - timedelta(hours=20))

    assert leads() == [(row.learner_id, "1d")]


def test_after_a_stop_only_the_latest_reminder_that_is_due_goes_out():
    run = make.run(starts_in=timedelta(days=30))
    row = enrollment.enroll(users.user(), run, at=NOW)

    reminders.queue_due(at=run.sessions.get().starts_at - timedelta(hours=5))

    assert leads() == [(row.learner_id, "1d")]


def test_editing_the_list_reminds_nobody_twice_of_the_same_moment():
    run = make.run(starts_in=timedelta(hours=22), reminders="1 d")
    make.enrollment(of=run, confirmed_at=NOW - timedelta(days=9))
    reminders.queue_due()
    run.reminders = "24 h"
    run.save()

    assert reminders.queue_due() == 0


def test_reminder_is_not_sent_after_the_person_cancelled(mailoutbox):
    run = make.run(starts_in=timedelta(hours=20))
    row = make.enrollment(of=run, confirmed_at=NOW - timedelta(days=9))
    reminders.queue_due()
    message = Message.objects.get(kind="session_reminder")
    enrollment.cancel(row, by=row.learner)

    assert (deliver(message.pk).status, mailoutbox) == (Message.Status.SKIPPED, [])


def test_answers_go_to_the_runs_address_and_else_to_the_office(mailoutbox):
    site = SiteSettings.load()
    site.email = "office@example.org"
    site.save()
    for reply_to in ("trainer@example.org", ""):
        run = make.run(starts_in=timedelta(hours=20), reply_to=reply_to)
        make.enrollment(of=run, confirmed_at=NOW - timedelta(days=9))
    reminders.queue_due()

    for message in Message.objects.filter(kind="session_reminder").order_by("pk"):
        deliver(message.pk)

    assert [mail.reply_to for mail in mailoutbox] == [["trainer@example.org"], ["office@example.org"]]
