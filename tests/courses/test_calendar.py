from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.utils.translation import override

from courses import calendar
from courses.models import Venue
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

STARTS_AT = datetime(2030, 3, 31, 10, 0, tzinfo=UTC)
LINK = "https://meet.example.org/secret"


@pytest.fixture
def session():
    venue = Venue.objects.create(name_cs="Sál; Akademie, nový", city="Praha")
    run = make.run(sessions=0)
    return make.session(of=run, starts_at=STARTS_AT, venue=venue, joining_link=LINK, title_en="Route – “one”")


@pytest.fixture
def row(session):
    return make.enrollment(of=session.run, learner=users.user("Kryštof Žluťoučký, ml.", email="k@example.org"))


def only_event(content):
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return event


def test_public_file_has_no_attendee_and_no_joining_link(session):
    content = calendar.public_file([session])

    file = icalendar.Calendar.from_ical(content)
    event = only_event(content)
    assert file["method"] == "PUBLISH"
    assert event["uid"] == str(session.uid)
    assert "attendee" not in event
    assert LINK.encode() not in content.replace(b"\r\n ", b"")
    assert b"TZID" not in content
    assert b"DTSTART:20300331T100000Z" in content
    assert b"DTEND:20300331T120000Z" in content


def test_public_file_marks_a_cancelled_session(session):
    session.status, session.sequence = "cancelled", 3

    event = only_event(calendar.public_file([session]))

    assert (event["status"], event["sequence"]) == ("CANCELLED", 3)


def test_entry_speaks_the_language_that_is_active(session):
    with override("en"):
        english = only_event(calendar.public_file([session]))
    with override("cs"):
        czech = only_event(calendar.public_file([session]))

    assert str(english["summary"]) == "Booking: route, offer, deal: Route – “one”"
    assert str(czech["summary"]) == "Booking: trasa, nabídka, dohoda: Trasa"


def test_invitation_is_a_request_to_one_person_with_the_link(session, row):
    content = calendar.invitation(row, session)

    event = only_event(content)
    assert icalendar.Calendar.from_ical(content)["method"] == "REQUEST"
    assert event["attendee"] == "mailto:k@example.org"
    assert event["attendee"].params["CN"] == "Kryštof Žluťoučký, ml."
    assert event["organizer"] == "mailto:akademie@example.org"
    assert LINK in str(event["description"])
    assert str(event["location"]) == "Sál; Akademie, nový, Praha"


def test_entry_keeps_its_uid_when_the_session_moves(session, row):
    before = only_event(calendar.invitation(row, session))
    session.starts_at += timedelta(days=1)
    session.ends_at += timedelta(days=1)
    session.sequence = 1

    after = only_event(calendar.invitation(row, session))

    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)


def test_cancellation_is_one_above_the_invitation(session, row):
    row.ended_at = STARTS_AT - timedelta(days=1)

    content = calendar.cancellation(row, session)

    event = only_event(content)
    assert icalendar.Calendar.from_ical(content)["method"] == "CANCEL"
    assert event["uid"] == only_event(calendar.invitation(row, session))["uid"]
    assert (event["sequence"], event["status"], event.decoded("dtstamp")) == (1, "CANCELLED", row.ended_at)
    assert LINK.encode() not in content


def test_cancellation_of_a_cancelled_session_has_the_sessions_sequence(session, row):
    session.status, session.sequence = "cancelled", 4

    assert only_event(calendar.cancellation(row, session))["sequence"] == 4


def test_entries_of_two_people_and_of_a_second_enrollment_differ(session, row):
    again = make.enrollment(of=session.run)

    uids = {calendar.entry_uid(row, session), calendar.entry_uid(again, session), str(session.uid)}

    assert len(uids) == 3
    assert calendar.entry_uid(row, session) == calendar.entry_uid(row, session)


def test_personal_file_bears_the_uids_of_the_invitations(session, row):
    event = only_event(calendar.personal_file(row, [session]))

    assert event["uid"] == calendar.entry_uid(row, session)
    assert LINK in str(event["description"])
    assert "attendee" not in event
