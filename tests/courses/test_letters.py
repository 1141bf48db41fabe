from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.utils import timezone

from academy import links
from academy.mail.delivery import deliver
from academy.mail.letters import composers
from academy.mail.models import Message
from courses import attendance, completion, enrollment, reminders, runs
from courses.models import Attendance, Enrollment, Venue, WorkshopSession
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

S = Enrollment.Status
PRAGUE = ZoneInfo("Europe/Prague")
# Far enough away for every test of this module to be before it; a winter date, so Prague is UTC+1.
STARTS_AT = datetime(2030, 1, 15, 18, 0, tzinfo=PRAGUE)
HOUR = timedelta(hours=1)


@pytest.fixture
def learner():
    return users.user("Žluťoučká & synové", language="en")


@pytest.fixture
def run():
    venue = Venue.objects.create(name_cs="Sál Akademie", address="Nová 1", city="Praha")
    made = make.run(sessions=0, capacity=1)
    for day in (0, 7):
        make.session(
            of=made,
            starts_at=STARTS_AT + timedelta(days=day),
            title_en=f"Evening {day}",
            venue=venue,
            joining_link="https://meet.example.org/x",
        )
    return made


def sent(kind, mailoutbox):
    """Deliver the one queued message of this kind; return (message, mail or None)."""
    message = Message.objects.get(kind=kind, status=Message.Status.QUEUED)
    before = len(mailoutbox)
    message = deliver(message.pk)
    return message, mailoutbox[before] if len(mailoutbox) > before else None


def calendars(mail):
    """The calendar parts of a mail as (method, [Event]), with the type of each part checked against its METHOD."""
    found = []
    for part in mail.message().walk():
        if part.get_content_type() == "text/calendar":
            calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
            assert part.get_param("method") == calendar["method"]
            found.append((str(calendar["method"]), calendar.walk("VEVENT")))
    return found


def test_confirmation_names_times_zone_and_the_link_that_needs_no_login(run, learner, mailoutbox):
    row = enrollment.enroll(learner, run)

    message, mail = sent("enrollment_confirmed", mailoutbox)

    assert message.status == Message.Status.SENT
    assert mail.to == [learner.email]
    assert mail.subject == "Enrollment confirmed: Booking: route, offer, deal"
    assert "Hello Žluťoučká & synové," in mail.body
    assert "Tuesday, 15 January 2030, 18:00–20:00 (Prague time)" in mail.body
    assert "Sál Akademie, Nová 1, Praha" in mail.body
    assert "https://meet.example.org/x" in mail.body
    assert "For you:" not in mail.body
    assert f"https://academy.test/en/manage/{links.sign('enrollment', row.pk)}/" in mail.body
    assert "\n\n\n" not in mail.body
    html = mail.alternatives[0][0]
    assert "Žluťoučká &amp; synové" in html
    assert f"/en/manage/{links.sign('enrollment', row.pk)}/" in html


def test_confirmation_has_one_invitation_per_session(run, learner, mailoutbox):
    enrollment.enroll(learner, run)

    _message, mail = sent("enrollment_confirmed", mailoutbox)

    found = calendars(mail)
    assert [(method, len(events)) for method, events in found] == [("REQUEST", 1), ("REQUEST", 1)]
    first = found[0][1][0]
    assert first["attendee"] == f"mailto:{learner.email}"
    assert first.decoded("dtstart") == STARTS_AT
    assert str(first["summary"]) == "Booking: route, offer, deal: Evening 0"


def test_confirmation_shows_the_readers_zone_where_it_differs(run, mailoutbox):
    enrollment.enroll(users.user(language="en", time_zone="America/New_York"), run)

    _message, mail = sent("enrollment_confirmed", mailoutbox)

    assert "For you: Tuesday, 15 January 2030, 12:00–14:00 (New York time)" in mail.body


def test_confirmation_follows_the_persons_language(run, mailoutbox):
    enrollment.enroll(users.user(language="cs"), run)

    _message, mail = sent("enrollment_confirmed", mailoutbox)

    assert "Booking: trasa, nabídka, dohoda" in mail.subject
    assert "úterý 15. ledna 2030" in mail.body
    assert "https://academy.test/cs/manage/" in mail.body


def test_waiting_tells_the_position_at_the_time_of_sending(run, learner, mailoutbox):
    enrollment.enroll(users.user(), run)
    first = enrollment.enroll(users.user(), run)
    enrollment.enroll(learner, run)
    enrollment.cancel(first)

    message = Message.objects.get(kind="enrollment_waiting", recipient=learner)
    deliver(message.pk)

    assert "number 1" in mailoutbox[-1].body
    assert calendars(mailoutbox[-1]) == []
    assert "meet.example.org" not in mailoutbox[-1].body


def test_offer_names_its_deadline(run, learner, mailoutbox):
    run.promotion = "offer"
    run.save()
    holder = enrollment.enroll(users.user(), run)
    row = enrollment.enroll(learner, run)
    enrollment.cancel(holder)
    Enrollment.objects.filter(pk=row.pk).update(offered_until=datetime(2030, 1, 2, 12, 0, tzinfo=PRAGUE))

    _message, mail = sent("enrollment_offered", mailoutbox)

    assert "until Wednesday, 2 January 2030, 12:00 (Prague time)" in mail.body


def test_offer_that_has_expired_meanwhile_is_not_sent(run, learner, mailoutbox):
    run.promotion = "offer"
    run.save()
    holder = enrollment.enroll(users.user(), run)
    row = enrollment.enroll(learner, run)
    enrollment.cancel(holder)
    Enrollment.objects.filter(pk=row.pk).update(offered_until=timezone.now() - timedelta(seconds=2))

    message, mail = sent("enrollment_offered", mailoutbox)

    assert (message.status, mail) == (Message.Status.SKIPPED, None)


def test_confirmation_of_what_was_cancelled_meanwhile_is_not_sent(run, learner, mailoutbox):
    enrollment.cancel(enrollment.enroll(learner, run))

    message, mail = sent("enrollment_confirmed", mailoutbox)

    assert (message.status, mail) == (Message.Status.SKIPPED, None)


def test_cancellation_takes_the_same_entries_out_of_the_calendar(run, learner, mailoutbox):
    row = enrollment.enroll(learner, run)
    _message, confirmed = sent("enrollment_confirmed", mailoutbox)
    enrollment.cancel(row)

    _message, mail = sent("enrollment_cancelled", mailoutbox)

    before, after = calendars(confirmed), calendars(mail)
    assert [method for method, _events in after] == ["CANCEL", "CANCEL"]
    assert [event["uid"] for _method, (event,) in after] == [event["uid"] for _method, (event,) in before]
    assert [event["sequence"] for _method, (event,) in after] == [1, 1]
    assert [event["status"] for _method, (event,) in after] == ["CANCELLED", "CANCELLED"]
    assert "is cancelled" in mail.body


def test_cancellation_by_the_office_says_why(run, learner, mailoutbox):
    enrollment.withdraw(enrollment.enroll(learner, run), by=users.staff(), reason="Asked <by> telephone.")

    _message, mail = sent("enrollment_cancelled", mailoutbox)

    assert "The office has withdrawn your enrollment" in mail.body
    assert "Reason: Asked <by> telephone." in mail.body
    assert "Asked &lt;by&gt; telephone." in mail.alternatives[0][0]


def test_application_is_received_and_declined(run, learner, mailoutbox):
    run.entry = "approval"
    run.save()
    row = enrollment.enroll(learner, run)
    _message, received = sent("application_received", mailoutbox)
    enrollment.decline(row, by=users.staff(), reason="Full of beginners.")
    _message, declined = sent("application_declined", mailoutbox)

    assert received.subject == "Application received: Booking: route, offer, deal"
    assert declined.subject == "Application declined: Booking: route, offer, deal"
    assert "Reason: Full of beginners." in declined.body


def test_moved_session_names_old_and_new_and_updates_the_entry(run, learner, mailoutbox):
    enrollment.enroll(learner, run)
    session = run.sessions.first()
    _message, confirmed = sent("enrollment_confirmed", mailoutbox)
    runs.move_session(
        session,
        starts_at=STARTS_AT + timedelta(days=1),
        ends_at=STARTS_AT + timedelta(days=1, hours=3),
        by=users.staff(),
        reason="The hall is flooded.",
    )

    _message, mail = sent("session_moved", mailoutbox)

    assert "Wednesday, 16 January 2030, 18:00–21:00 (Prague time)" in mail.body
    assert "Tuesday, 15 January 2030, 18:00–20:00 (Prague time)" in mail.body
    assert "The hall is flooded." in mail.body
    ((method, (event,)),) = calendars(mail)
    assert (method, event["sequence"]) == ("REQUEST", 1)
    assert event["uid"] == calendars(confirmed)[0][1][0]["uid"]


def test_moved_twice_only_the_last_move_is_told(run, learner, mailoutbox):
    enrollment.enroll(learner, run)
    session = run.sessions.first()
    for days in (1, 2):
        runs.move_session(
            session,
            starts_at=STARTS_AT + timedelta(days=days),
            ends_at=STARTS_AT + timedelta(days=days, hours=2),
            by=users.staff(),
        )

    messages = [deliver(message.pk) for message in Message.objects.filter(kind="session_moved").order_by("pk")]

    assert [message.status for message in messages] == [Message.Status.SKIPPED, Message.Status.SENT]
    assert "Thursday, 17 January 2030, 18:00–20:00" in mailoutbox[0].body
    assert "Tuesday, 15 January 2030, 18:00–20:00" in mailoutbox[0].body


def test_cancelled_session_is_taken_out_of_the_calendar(run, learner, mailoutbox):
    enrollment.enroll(learner, run)
    runs.cancel_session(run.sessions.first(), by=users.staff(), reason="The trainer is ill.")

    _message, mail = sent("session_cancelled", mailoutbox)

    assert "The trainer is ill." in mail.body
    ((method, (event,)),) = calendars(mail)
    assert (method, event["sequence"], event["status"]) == ("CANCEL", 1, "CANCELLED")


def test_added_session_comes_with_its_calendar_entry(run, learner, mailoutbox):
    enrollment.enroll(learner, run)
    starts_at = STARTS_AT + timedelta(days=14)
    runs.add_session(
        WorkshopSession(run=run, title_cs="Navíc", title_en="Extra", starts_at=starts_at, ends_at=starts_at + HOUR),
        by=users.staff(),
    )

    _message, mail = sent("session_added", mailoutbox)

    assert "Tuesday, 29 January 2030, 18:00–19:00 (Prague time)" in mail.body
    ((method, (event,)),) = calendars(mail)
    assert (method, event["sequence"]) == ("REQUEST", 0)


def test_cancelled_run_takes_everything_out_of_the_calendar(run, learner, mailoutbox):
    enrollment.enroll(learner, run)
    runs.cancel_run(run, by=users.staff(), reason="Too few people.")

    _message, mail = sent("run_cancelled", mailoutbox)

    assert "Too few people." in mail.body
    assert [(method, event["sequence"]) for method, (event,) in calendars(mail)] == [("CANCEL", 1), ("CANCEL", 1)]


def test_reminder_is_not_sent_after_cancelling(run, learner, mailoutbox):
    row = enrollment.enroll(learner, run)
    reminders.queue_due(at=STARTS_AT - timedelta(hours=20))
    enrollment.cancel(row)

    message, mail = sent("session_reminder", mailoutbox)

    assert (message.status, mail) == (Message.Status.SKIPPED, None)


def test_reminder_says_when_and_where(run, learner, mailoutbox):
    enrollment.enroll(learner, run)
    reminders.queue_due(at=STARTS_AT - timedelta(hours=20))

    _message, mail = sent("session_reminder", mailoutbox)

    assert "Evening 0" in mail.body
    assert "Evening 7" not in mail.body
    assert "https://meet.example.org/x" in mail.body


def test_not_completed_says_why(learner, mailoutbox):
    run = make.run(of=make.course(min_attendance_percent=80), starts_in=timedelta(hours=-5))
    row = make.enrollment(of=run, learner=learner, confirmed_at=timezone.now() - timedelta(days=3))
    make.attendance(of=row, session=run.sessions.get(), status=Attendance.Status.LATE, minutes=60)
    completion.close_run(run, by=users.staff())

    _message, mail = sent("course_not_completed", mailoutbox)

    assert "Attended 50 % of the time; 80 % are needed." in mail.body


def test_nothing_is_told_of_a_run_that_is_over(learner, mailoutbox):
    run = make.run(starts_in=timedelta(days=-30))
    started_at = run.sessions.get().starts_at
    row = enrollment.enroll(learner, run, at=started_at - timedelta(days=20))
    attendance.mark(run.sessions.get(), row, "absent", by=users.staff(), at=started_at)
    completion.close_run(run, by=users.staff(), at=started_at + timedelta(days=1))

    messages = [deliver(message.pk) for message in Message.objects.all()]

    assert {message.status for message in messages} == {Message.Status.SKIPPED}
    assert len(messages) == 2


def test_every_kind_of_the_courses_has_a_composer():
    from courses import notifications  # noqa: PLC0415  its names are read as data

    kinds = {value for name, value in vars(notifications).items() if name.isupper()}

    assert kinds <= set(composers)
