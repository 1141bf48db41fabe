"""The calendar that a person subscribes to, read by a parser that wrote none of it."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from django.urls import reverse
from django.utils import timezone

from academy.logs import PrivateFormatter
from academy.users import feeds
from academy.users.feed_views import months_before
from academy.users.models import CalendarFeed
from courses import calendar, enrollment, runs
from courses.models import WorkshopSession
from mentoring import booking
from tests.factories import courses as make
from tests.factories import mentoring, users

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def learner():
    return users.user("Ema Nováková", language="en")


def read(client, token):
    response = client.get(f"/feeds/calendar/{token}.ics")
    assert response.status_code == 200
    return vobject.readOne(response.content.decode())


def events(client, learner):
    return list(getattr(read(client, feeds.rotate(learner)), "vevent_list", []))


def test_feed_publishes_without_attendees_and_says_how_often_to_look(client, learner):
    enrollment.enroll(learner, make.run(), at=NOW)

    made = read(client, feeds.rotate(learner))

    assert made.method.value == "PUBLISH"
    assert [line.value for line in made.contents["x-published-ttl"]] == ["PT4H"]
    (refresh,) = made.contents["refresh-interval"]
    assert (refresh.value, refresh.params) == ("PT4H", {"VALUE": ["DURATION"]})
    assert "attendee" not in made.vevent.contents


def test_feed_bears_the_uids_of_the_invitations_and_utc_times(client, learner):
    row = enrollment.enroll(learner, make.run(sessions=2), at=NOW)
    sessions = row.run.sessions.order_by("starts_at")
    invitations = [vobject.readOne(calendar.invitation(row, session).decode()) for session in sessions]

    made = events(client, learner)

    assert [event.uid.value for event in made] == [one.vevent.uid.value for one in invitations]
    assert [event.dtstart.value for event in made] == [session.starts_at.replace(microsecond=0) for session in sessions]
    assert all(event.dtstart.serialize().strip().endswith("Z") for event in made)


def test_feed_dates_each_entry_by_its_last_change(client, learner):
    row = enrollment.enroll(learner, make.run(), at=NOW)
    session = row.run.sessions.get()
    moved_at = NOW + timedelta(hours=1)
    later = {"starts_at": session.starts_at + timedelta(days=1), "ends_at": session.ends_at + timedelta(days=1)}
    runs.move_session(session, **later, by=users.staff(), at=moved_at)

    (event,) = events(client, learner)

    assert (event.dtstamp.value, event.last_modified.value) == (moved_at, moved_at)
    assert event.sequence.value == "1"


def test_feed_has_coaching_of_the_learner_and_of_the_mentor(client, learner):
    mentor_account = users.user("Kaia", language="en")
    person = mentoring.mentor(user=mentor_account)
    starts_at = NOW + timedelta(days=3)
    made = booking.book(mentoring.slot(of=person, starts_at=starts_at), learner, by=learner, at=NOW)

    for owner in (learner, mentor_account):
        (event,) = events(client, owner)
        assert event.uid.value.startswith(str(made.uid))
        assert "attendee" not in event.contents
        # Whoever the calendar is shared with must not cancel: the page asks for a login.
        assert client.get(event.url.value).headers["Location"].startswith("/en/accounts/login/")


def test_joining_link_is_in_the_feed_of_confirmed_people_only(client):
    run = make.run(sessions=0)
    make.session(of=run, joining_link="https://meet.example.org/x")
    confirmed = make.enrollment(of=run, confirmed_at=NOW).learner
    waiting = make.enrollment(of=run, status="waiting", queue_number=1).learner

    (event,) = events(client, confirmed)

    assert event.url.value == "https://meet.example.org/x"
    assert events(client, waiting) == []


def test_feed_goes_24_months_back(client, learner):
    run = make.run(sessions=0)
    row = make.enrollment(of=run, learner=learner, status="completed", confirmed_at=NOW - timedelta(days=900))
    edge = months_before(NOW, 24)
    make.session(of=run, starts_at=edge - timedelta(hours=3), title_en="Too old")
    make.session(of=run, starts_at=edge + timedelta(hours=1), title_en="Just inside")

    assert [event.summary.value.split(": ")[-1] for event in events(client, row.learner)] == ["Just inside"]


def test_window_of_months_ends_on_a_day_that_exists():
    assert months_before(datetime(2028, 2, 29, tzinfo=UTC), 24) == datetime(2026, 2, 28, tzinfo=UTC)
    assert months_before(datetime(2026, 1, 31, tzinfo=UTC), 2) == datetime(2025, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(("days_ago", "statuses"), [(29, ["CANCELLED"]), (31, [])])
def test_cancelled_place_stays_30_days_as_cancelled_with_the_uid_of_the_invitation(client, learner, days_ago, statuses):
    ended_at = NOW - timedelta(days=days_ago)
    row = make.enrollment(
        of=make.run(), learner=learner, status="cancelled", confirmed_at=NOW - timedelta(days=40), ended_at=ended_at
    )

    made = events(client, learner)

    assert [event.status.value for event in made] == statuses
    for event in made:
        assert event.uid.value == calendar.entry_uid(row, row.run.sessions.get())
        assert (event.sequence.value, event.last_modified.value) == ("1", ended_at)


@pytest.mark.parametrize(("days_ago", "statuses"), [(29, ["CANCELLED"]), (31, [])])
def test_session_cancelled_by_the_office_stays_30_days_as_cancelled(client, learner, days_ago, statuses):
    row = make.enrollment(of=make.run(), learner=learner, confirmed_at=NOW - timedelta(days=90))
    WorkshopSession.objects.filter(run=row.run).update(
        status="cancelled", sequence=1, changed_at=NOW - timedelta(days=days_ago)
    )

    assert [event.status.value for event in events(client, learner)] == statuses


def test_feed_answers_304_until_something_changes(client, learner):
    row = enrollment.enroll(learner, make.run(), at=NOW)
    url = f"/feeds/calendar/{feeds.rotate(learner)}.ics"
    etag = client.get(url)["ETag"]

    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)

    enrollment.cancel(row, by=learner)
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_new_address_ends_the_old_and_only_a_hash_is_kept(client, learner):
    old = feeds.rotate(learner)
    new = feeds.rotate(learner)

    assert client.get(f"/feeds/calendar/{old}.ics").status_code == 404
    assert client.get(f"/feeds/calendar/{new}.ics").status_code == 200
    kept = CalendarFeed.objects.get()
    assert new not in str(vars(kept))
    assert client.get(f"/feeds/calendar/{kept.token_hash}.ics").status_code == 404


def test_feed_of_somebody_who_may_not_log_in_any_more_is_gone(client, learner):
    token = feeds.rotate(learner)
    learner.is_active = False
    learner.save()

    assert client.get(f"/feeds/calendar/{token}.ics").status_code == 404


def test_token_is_in_no_line_of_the_log(client, caplog):
    token = "s3cret-T0ken_x"

    client.get(f"/feeds/calendar/{token}.ics")

    assert any(token in record.getMessage() for record in caplog.records)
    lines = [PrivateFormatter("%(message)s").format(record) for record in caplog.records]
    assert not any(token in line for line in lines)
    error = logging.LogRecord("x", logging.ERROR, "", 0, f"Internal error: /feeds/calendar/{token}.ics", (), None)
    assert PrivateFormatter("%(message)s").format(error) == "Internal error: /feeds/calendar/….ics"


def test_address_is_shown_once_to_its_owner_only_after_a_post(client, learner):
    assert client.get(reverse("users:calendar")).status_code == 302
    client.force_login(learner)
    assert client.get(reverse("users:calendar_rotate")).status_code == 405
    assert not CalendarFeed.objects.exists()

    made = client.post(reverse("users:calendar_rotate"))

    assert "/feeds/calendar/" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert made["Referrer-Policy"] == "no-referrer"
    assert "/feeds/calendar/" not in client.get(reverse("users:calendar")).content.decode()


def test_address_can_be_ended(client, learner):
    token = feeds.rotate(learner)
    client.force_login(learner)

    client.post(reverse("users:calendar_revoke"))

    assert client.get(f"/feeds/calendar/{token}.ics").status_code == 404


@pytest.mark.parametrize("rows", [1, 30])
def test_feed_takes_the_same_queries_for_any_number_of_entries(client, learner, rows, django_assert_num_queries):
    for _number in range(rows):
        make.enrollment(of=make.run(sessions=2), learner=learner, confirmed_at=NOW)
    token = feeds.rotate(learner)

    with django_assert_num_queries(4):
        assert client.get(f"/feeds/calendar/{token}.ics").content.count(b"BEGIN:VEVENT") == rows * 2
