from datetime import timedelta

import icalendar
import pytest

from academy import links
from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
LINK = "https://meet.example.org/abc"


@pytest.fixture
def run():
    run = make.run(sessions=0)
    for day in [1, 2]:
        make.session(of=run, starts_in=timedelta(days=day), mode="online", joining_link=LINK)
    return run


def own_file(place):
    return f"/en/enrollments/{place.pk}/calendar.ics"


def linked_file(place):
    return f"/en/manage/{links.sign('enrollment', place.pk)}/calendar.ics"


def events(response):
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(response.content).walk("VEVENT")


def test_run_ics_has_every_session_and_no_joining_link(client, run):
    response = client.get(f"/en/runs/{run.code}.ics")
    assert [event["uid"] for event in events(response)] == [str(session.uid) for session in run.sessions.all()]
    assert LINK.encode() not in response.content
    assert b"METHOD:PUBLISH" in response.content


def test_session_ics_has_that_session(client, run):
    session = run.sessions.first()
    [event] = events(client.get(f"/en/sessions/{session.uid}.ics"))
    assert (event["uid"], event["dtstart"].dt) == (str(session.uid), session.starts_at.replace(microsecond=0))


def test_public_files_of_drafts_and_unknown_runs_are_not_found(client, run):
    run.status = CourseRun.Status.DRAFT
    run.save()
    session = run.sessions.first()
    for address in [f"/en/runs/{run.code}.ics", "/en/runs/NONE.ics", f"/en/sessions/{session.uid}.ics"]:
        assert client.get(address).status_code == 404


def test_own_file_has_the_joining_link_for_the_owner_and_by_the_link_from_a_mail(client, run):
    place = make.enrollment(of=run)
    assert client.get(own_file(place)).status_code == 302
    client.force_login(users.user())
    assert client.get(own_file(place)).status_code == 404
    by_link = client.get(linked_file(place))
    client.force_login(place.learner)
    by_login = client.get(own_file(place))
    assert len(events(by_login)) == 2
    assert LINK.encode() in by_login.content.replace(b"\r\n ", b"")
    assert by_login.content == by_link.content


def test_own_file_needs_a_place(client, run):
    place = make.enrollment(of=run, status=Enrollment.Status.WAITING, queue_number=1)
    client.force_login(place.learner)
    assert client.get(own_file(place)).status_code == 404
    assert client.get(linked_file(place)).status_code == 404
    assert client.get("/en/manage/nonsense/calendar.ics").status_code == 404


def test_run_ics_costs_the_same_with_1_and_30_sessions(client, django_assert_num_queries):
    for sessions in [1, 30]:
        run = make.run(sessions=sessions)
        with django_assert_num_queries(2):
            client.get(f"/en/runs/{run.code}.ics")
