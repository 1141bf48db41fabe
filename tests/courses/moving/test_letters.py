from datetime import timedelta

import icalendar
import pytest
from django.utils import timezone

from academy.mail.delivery import deliver
from academy.mail.models import Message
from courses import enrollment as enrolling
from courses import reminders, runs
from courses.calendar import entry_uid
from courses.models import Enrollment
from courses.moving import rules
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


def sent(kind, mailoutbox, recipient):
    """Deliver this person's one queued message of the kind; return the mail, or None if there was nothing to say."""
    message = Message.objects.get(kind=kind, recipient=recipient, status=Message.Status.QUEUED)
    before = len(mailoutbox)
    deliver(message.pk)
    return mailoutbox[before] if len(mailoutbox) > before else None


def entries(mail):
    """{(method, uid)} of the calendar parts."""
    found = set()
    for part in mail.message().walk():
        if part.get_content_type() == "text/calendar":
            calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
            assert part.get_param("method") == calendar["method"]
            found |= {(str(calendar["method"]), str(event["uid"])) for event in calendar.walk("VEVENT")}
    return found


def uids(enrollment):
    return {entry_uid(enrollment, session) for session in enrollment.run.sessions.all()}


def test_one_mail_says_old_and_new_dates_and_changes_the_calendar(mailoutbox):
    first = make.run(sessions=2)
    second = make.run(of=first.course, starts_in=timedelta(days=44))
    row = enrolling.enroll(users.user(language="en"), first)
    new = rules.change_run(row, second, by=row.learner)

    mail = sent("enrollment_moved", mailoutbox, row.learner)

    assert mail.subject == f"Your new dates: {first.course.title_en}"
    assert f"{second.code} instead of {first.code}" in mail.body
    assert mail.body.index("New:") < mail.body.index("No longer:")
    assert entries(mail) == {("REQUEST", uid) for uid in uids(new)} | {("CANCEL", uid) for uid in uids(row)}


def test_nobody_hears_of_a_change_that_they_have_undone_by_cancelling(mailoutbox):
    first = make.run()
    second = make.run(of=first.course)
    row = enrolling.enroll(users.user(), first)
    new = rules.change_run(row, second, by=row.learner)
    enrolling.cancel(new, by=row.learner)

    assert sent("enrollment_moved", mailoutbox, row.learner) is None


@pytest.fixture
def moved():
    """A run of two sessions, moved by a week: (run, confirmed row, waiting row, sessions before)."""
    run = make.run(sessions=2, capacity=1, reminders="24 h")
    rows = [enrolling.enroll(users.user(language="en"), run, at=NOW) for _number in range(2)]
    before = list(run.sessions.order_by("starts_at"))
    week = timedelta(days=7)
    runs.move_run(
        run,
        {session.pk: (session.starts_at + week, session.ends_at + week) for session in before},
        by=users.staff(),
        reason="The hall is closed.",
        at=NOW,
    )
    return run, *rows, before


def test_moved_run_is_one_message_with_old_and_new_facts_for_enrolled_and_waiting(moved, mailoutbox):
    run, confirmed, waiting, _before = moved
    assert set(Message.objects.filter(kind="run_moved").values_list("recipient", flat=True)) == {
        confirmed.learner_id,
        waiting.learner_id,
    }
    assert Message.objects.filter(kind="session_moved").count() == 0

    mails = [sent("run_moved", mailoutbox, row.learner) for row in (confirmed, waiting)]

    for mail in mails:
        assert mail.subject == f"New dates: {run.course.title_en}"
        assert (mail.body.count("New:"), mail.body.count("Before:")) == (2, 2)
        assert "Reason: The hall is closed." in mail.body
    assert ["within 24 hours" in mail.body for mail in mails] == [True, False]
    assert [entries(mail) for mail in mails] == [{("REQUEST", uid) for uid in uids(confirmed)}, set()]


def test_run_moved_again_is_told_by_the_newer_message_only(moved, mailoutbox):
    run, confirmed, _waiting, _before = moved
    for message in Message.objects.filter(kind="run_moved", recipient=confirmed.learner):
        older = message
    times = {s.pk: (s.starts_at + timedelta(days=1), s.ends_at + timedelta(days=1)) for s in run.sessions.all()}
    runs.move_run(run, times, by=users.staff(), at=NOW)

    deliver(older.pk)
    assert mailoutbox == []
    assert sent("run_moved", mailoutbox, confirmed.learner) is not None


def test_reminder_is_armed_for_the_new_start_of_every_session_once_per_person(moved):
    run, confirmed, _waiting, before = moved

    for session in before:
        assert reminders.queue_due(at=session.starts_at - timedelta(hours=20)) == 0
    for session in run.sessions.order_by("starts_at"):
        assert reminders.queue_due(at=session.starts_at - timedelta(hours=24)) == 1
        assert reminders.queue_due(at=session.starts_at - timedelta(hours=23)) == 0

    assert (
        list(Message.objects.filter(kind="session_reminder").values_list("recipient", flat=True))
        == [confirmed.learner_id] * 2
    )
