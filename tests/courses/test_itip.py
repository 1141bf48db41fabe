"""What mail programs get: iTIP messages (RFC 5546) as they leave, read by a parser that did not write them."""

from datetime import timedelta
from uuid import UUID

import pytest
import vobject
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from wagtail.test.utils.form_data import querydict_from_html

from academy.mail.delivery import deliver
from academy.mail.models import Message
from courses import calendar, enrollment, runs
from courses.models import WorkshopSession
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def run():
    made = make.run(sessions=0)
    make.session(
        of=made, starts_in=timedelta(days=14), title_en="Žluťoučký kůň; a very long title, that has to fold " * 2
    )
    return made


def posted(mailoutbox):
    """Deliver what is queued; return [(method of the MIME type, the vobject calendar, its bytes)] of the new mails."""
    before = len(mailoutbox)
    for pk in Message.objects.filter(status="queued").order_by("pk").values_list("pk", flat=True):
        deliver(pk)
    found = []
    for mail in mailoutbox[before:]:
        for part in mail.message().walk():
            if part.get_content_type() == "text/calendar":
                content = part.get_payload(decode=True)
                found.append((part.get_param("method"), vobject.readOne(content.decode()), content))
    return found


def enroll(run, mailoutbox, **extra):
    """Enroll somebody; return the row and what was posted."""
    row = enrollment.enroll(extra.get("learner") or users.user("Ema", language="en"), run)
    return row, posted(mailoutbox)


def test_enrolling_sends_a_request_with_sequence_0_whose_method_is_in_the_mime_type(run, mailoutbox):
    row, [(method, made, content)] = enroll(run, mailoutbox)

    event = made.vevent
    assert (method, made.method.value) == ("REQUEST", "REQUEST")
    assert event.sequence.value == "0"
    assert UUID(event.uid.value)
    assert event.attendee.value == f"mailto:{row.learner.email}"
    assert event.organizer.value == "mailto:akademie@example.org"
    assert len(made.vevent_list) == 1
    # RFC 5546, 3.2.2: what a REQUEST must have; RFC 5545, 3.1: lines of at most 75 octets, ended by CRLF.
    required = {"attendee", "dtstamp", "dtstart", "organizer", "sequence", "summary", "uid"}
    assert required <= set(event.contents)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_times_are_utc_with_a_z(run, mailoutbox):
    _row, [(_method, _made, content)] = enroll(run, mailoutbox)

    starts_at = run.sessions.get().starts_at
    assert f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}".encode() in content
    assert b"TZID" not in content


def test_cancelling_sends_a_cancel_with_the_same_uid_and_sequence_one_above(run, mailoutbox):
    row, [(_method, invited, _content)] = enroll(run, mailoutbox)

    enrollment.cancel(row, by=row.learner)
    enrollment.cancel(row, by=row.learner)

    [(method, made, _content)] = posted(mailoutbox)
    assert (method, made.method.value, made.vevent.status.value) == ("CANCEL", "CANCEL", "CANCELLED")
    assert made.vevent.uid.value == invited.vevent.uid.value
    assert made.vevent.sequence.value == "1"


def test_enrolling_again_makes_a_new_uid_that_no_old_cancellation_swallows(run, mailoutbox):
    row, [(_method, first, _content)] = enroll(run, mailoutbox)
    enrollment.cancel(row, by=row.learner)
    posted(mailoutbox)

    _row, [(method, second, _content)] = enroll(run, mailoutbox, learner=row.learner)

    assert method == "REQUEST"
    assert second.vevent.uid.value != first.vevent.uid.value
    assert second.vevent.sequence.value == "0"


def test_moving_a_session_sends_one_update_with_the_same_uid_and_a_higher_sequence(run, mailoutbox):
    _row, [(_method, invited, _content)] = enroll(run, mailoutbox)
    session = run.sessions.get()
    later = {"starts_at": session.starts_at + timedelta(days=1), "ends_at": session.ends_at + timedelta(days=1)}

    runs.move_session(session, **later, by=users.staff())

    [(method, made, _content)] = posted(mailoutbox)
    assert (method, made.vevent.uid.value) == ("REQUEST", invited.vevent.uid.value)
    assert made.vevent.sequence.value == "1"
    assert made.vevent.dtstart.value == later["starts_at"].replace(microsecond=0)


def test_office_cancelling_a_session_sends_a_cancel_to_everybody_confirmed(run, mailoutbox):
    session = run.sessions.get()
    make.session(of=run, starts_in=timedelta(days=20))
    type(run).objects.filter(pk=run.pk).update(capacity=2)
    rows = [enroll(run, mailoutbox)[0] for _ in range(2)]
    make.enrollment(of=run, status="waiting", queue_number=9)

    runs.cancel_session(session, by=users.staff(), reason="Ill")

    sent = posted(mailoutbox)
    assert [method for method, _made, _content in sent] == ["CANCEL", "CANCEL"]
    uids = {calendar.entry_uid(row, session) for row in rows}
    assert {made.vevent.uid.value for _method, made, _content in sent} == uids


def test_change_of_texts_only_keeps_sequence_and_dates_the_entry_anew(run, client):
    manager = users.user(language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    row = make.enrollment(of=run, confirmed_at=NOW)
    session = run.sessions.get()
    WorkshopSession.objects.filter(pk=session.pk).update(changed_at=NOW - timedelta(days=5))
    session.refresh_from_db()
    before = vobject.readOne(calendar.invitation(row, session).decode()).vevent
    url = reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])
    posted = querydict_from_html(client.get(url).content.decode(), form_id="w-editor-form")
    data = {name: values[0] if len(values) == 1 else values for name, values in posted.lists()}
    data["sessions-0-joining_link"] = "https://meet.example.org/new"

    response = client.post(url, data)

    assert response.status_code == 302
    session.refresh_from_db()
    after = vobject.readOne(calendar.invitation(row, session).decode()).vevent
    assert "https://meet.example.org/new" in after.description.value
    assert (after.uid.value, after.sequence.value) == (before.uid.value, before.sequence.value)
    assert after.last_modified.value > before.last_modified.value
    assert after.dtstamp.value == after.last_modified.value
