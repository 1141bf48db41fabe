"""What learners and mentors read, and what the office's log of messages keeps of it."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.core import mail

from academy.mail.delivery import deliver
from academy.mail.models import Message
from mentoring.booking import book, cancel, cancel_slot
from mentoring.models import Booking
from mentoring.reminders import send_reminders
from tests.factories.mentoring import booking, mentor, slot
from tests.factories.users import user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)
TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)


def _people(**extra):
    """A Czech learner and a mentor in Tallinn, both reading English."""
    account = user("Kaia Metsaluik", language="en", time_zone="Europe/Tallinn")
    person = mentor(user=account, **extra)
    person.profile.name, person.profile.time_zone = "Kaia Metsaluik", "Europe/Tallinn"
    person.profile.save()
    return user("Alžběta Koníčková", language="en"), person


def _send(kind):
    """Deliver the messages of that kind; return {side: mail}."""
    sent = {}
    for message in Message.objects.filter(kind=kind):
        mail.outbox = []
        deliver(message.pk, at=datetime(2030, 1, 1, tzinfo=UTC))
        if mail.outbox:
            (sent[message.facts["side"]],) = mail.outbox
    return sent


def _event(letter):
    """The calendar file of a mail: (METHOD in the file, method in the MIME type, VEVENT)."""
    parts = [part for part in letter.message().walk() if part.get_content_type() == "text/calendar"]
    assert len(parts) == 1
    calendar = icalendar.Calendar.from_ical(parts[0].get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    return calendar["METHOD"], parts[0].get_param("method"), event


def test_booked_mail_says_when_on_both_clocks():
    learner, person = _people(meeting_link="https://meet.example.org/kaia")
    made = book(slot(of=person, starts_at=TEN), learner, by=learner, brief="My secret plan", at=NOW)

    sent = _send("coaching_booked")

    to_learner, to_mentor = sent["learner"], sent["mentor"]
    assert (to_learner.to, to_mentor.to) == ([learner.email], [person.profile.user.email])
    assert to_learner.subject == "Coaching booked: Kaia Metsaluik"
    assert to_mentor.subject == "New booking: Alžběta Koníčková"
    prague = "Tuesday, 5 May 2026, 12:00–12:45 (Prague time)"
    tallinn = "Tuesday, 5 May 2026, 13:00–13:45 (Tallinn time)"
    for letter, first, second in ((to_learner, prague, tallinn), (to_mentor, tallinn, prague)):
        html = letter.alternatives[0][0]
        for words in (letter.body, html):
            assert 0 < words.index(first) < words.index(second)
            assert "https://meet.example.org/kaia" in words
            assert "My secret plan" not in words
    assert "https://academy.test/en/coaching/manage/" in to_learner.body
    assert f"https://academy.test/en/coaching/bookings/{made.pk}/" in to_mentor.body


def test_booked_mail_names_one_clock_where_both_show_the_same():
    learner, person = _people()
    learner.time_zone = "Europe/Helsinki"
    learner.save()
    book(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)

    body = _send("coaching_booked")["learner"].body

    assert "13:00–13:45 (Helsinki time)" in body
    assert "Tallinn" not in body


def test_calendar_files_request_and_cancel_the_same_event():
    learner, person = _people()
    made = book(slot(of=person, starts_at=TEN, place="Studio"), learner, by=learner, at=NOW)
    requests = {side: _event(letter) for side, letter in _send("coaching_booked").items()}
    cancel(made, by=learner, at=NOW + timedelta(hours=1))
    cancellations = {side: _event(letter) for side, letter in _send("coaching_cancelled").items()}

    for side, address in (("learner", learner.email), ("mentor", person.profile.user.email)):
        method, in_mime, event = requests[side]
        assert (method, in_mime, event["STATUS"], event["SEQUENCE"]) == ("REQUEST", "REQUEST", "CONFIRMED", 0)
        assert (event["UID"], event["LOCATION"]) == (f"{made.uid}@academy.test", "Studio")
        assert (event.start, event.end, event.stamp) == (TEN, TEN + timedelta(minutes=45), NOW)
        assert event["DTSTART"].to_ical().endswith(b"Z")
        assert event["ATTENDEE"] == f"mailto:{address}"
        method, in_mime, event = cancellations[side]
        assert (method, in_mime, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCEL", "CANCELLED", 1)
        assert event["UID"] == f"{made.uid}@academy.test"
        assert (event.start, event["ATTENDEE"]) == (TEN, f"mailto:{address}")


def test_cancelled_mail_says_why_and_where_to_choose_again():
    learner, person = _people(cancel_hours=48)
    made = book(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)
    cancel_slot(made.slot, by=person.profile.user, reason="I am ill.", at=NOW)

    sent = _send("coaching_cancelled")

    assert "This coaching will not take place." in sent["learner"].body
    assert "Reason: I am ill." in sent["learner"].body
    assert f"https://academy.test/en/coaching/mentor/{person.profile.slug}/" in sent["learner"].body
    assert "You have cancelled this coaching." in sent["mentor"].body


def test_booked_mail_is_not_sent_about_what_was_cancelled_meanwhile():
    learner, person = _people()
    made = book(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)
    cancel(made, by=learner, at=NOW)

    assert _send("coaching_booked") == {}
    assert set(Message.objects.filter(kind="coaching_booked").values_list("status", flat=True)) == {"skipped"}


def test_log_keeps_what_an_open_mentors_mail_said():
    learner, person = _people()
    book(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)
    _send("coaching_booked")

    kept = Message.objects.get(facts__side="learner")

    assert kept.subject == "Coaching booked: Kaia Metsaluik"
    assert "Kaia Metsaluik" in kept.body


def test_log_keeps_nothing_readable_of_a_confidential_mentors_mail():
    learner, person = _people(is_confidential=True)
    made = book(slot(of=person, starts_at=TEN), learner, by=learner, brief="My secret plan", at=NOW)
    sent = _send("coaching_booked")
    cancel(made, by=learner, reason="My secret reason", at=NOW)
    sent_later = _send("coaching_cancelled")

    assert "Kaia Metsaluik" in sent["learner"].body
    assert "My secret reason" in sent_later["mentor"].body
    assert Message.objects.filter(status="sent").count() == 4
    for kept in Message.objects.filter(status="sent"):
        row = " ".join(str(value) for value in (kept.key, kept.kind, kept.facts, kept.subject, kept.body))
        for secret in ("Kaia", "Alžběta", "secret", "2026", "/manage/"):
            assert secret not in row
        assert str(made.pk) not in kept.facts.values()


# --- reminders --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "reminded"),
    [
        (timedelta(hours=24, seconds=1), False),
        (timedelta(hours=24), True),
        (timedelta(seconds=1), True),
        (timedelta(0), False),
    ],
)
def test_reminder_comes_a_day_before(before, reminded):
    learner, person = _people()
    booking(of=slot(of=person, starts_at=TEN), learner=learner, created_at=NOW - timedelta(days=3))

    assert send_reminders(at=TEN - before) == reminded
    assert Message.objects.filter(kind="coaching_reminder").count() == (2 if reminded else 0)


def test_reminder_is_sent_once_and_reads_the_booking_again():
    learner, person = _people()
    made = booking(of=slot(of=person, starts_at=TEN), learner=learner, created_at=NOW - timedelta(days=3))
    later = TEN - timedelta(hours=20)

    assert [send_reminders(at=later), send_reminders(at=later)] == [1, 0]
    letter = _send("coaching_reminder")["learner"]
    assert letter.subject == "Coming up: coaching, Kaia Metsaluik"
    assert letter.attachments == []

    made.reminded_at = None
    made.sequence = 7  # as if it were another version, so that messages are new
    made.save()
    send_reminders(at=later)
    cancel(made, by=learner, at=later)
    Message.objects.filter(status="sent").delete()
    assert _send("coaching_reminder") == {}


def test_nobody_is_reminded_of_what_they_booked_within_the_day_or_cancelled():
    learner, person = _people()
    booking(of=slot(of=person, starts_at=TEN), learner=learner, created_at=TEN - timedelta(hours=23))
    booking(
        of=slot(of=person, starts_at=TEN + timedelta(hours=1)),
        learner=learner,
        created_at=NOW - timedelta(days=3),
        status=Booking.Status.CANCELLED,
        cancelled_at=NOW,
    )

    assert send_reminders(at=TEN - timedelta(hours=20)) == 0


def test_messages_about_a_confidential_mentor_are_hidden_rows():
    for is_confidential in (True, False):
        learner, person = _people(is_confidential=is_confidential)
        book(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)

        rows = Message.objects.filter(facts__booking=str(Booking.objects.get(learner=learner).uid))
        assert {row.is_private for row in rows} == {is_confidential}
