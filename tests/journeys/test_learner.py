"""The whole way of a course as people see it: pages, forms, mails. Only closing the run is called as a rule."""

import re
from datetime import timedelta

import icalendar
import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from courses import completion
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users
from tests.factories.cms import course_page

pytestmark = pytest.mark.django_db(transaction=True)
Status = Enrollment.Status


def text(response):
    return response.content.decode()


def mails_to(address):
    return [message for message in mail.outbox if message.to == [address]]


def link_in(message):
    """The path of the signed link in a mail."""
    return re.search(r"https://academy\.test(/\w\w/manage/[^/\s]+/)", message.body)[1]


def invitations(message):
    """The calendar entries attached to a mail, as (method, event)."""
    files = [attachment[1] for attachment in message.attachments if str(attachment[0]).endswith(".ics")]
    calendars = [icalendar.Calendar.from_ical(content) for content in files]
    return [(str(calendar["method"]), event) for calendar in calendars for event in calendar.walk("VEVENT")]


def form_fields(page):
    """What a browser would post: every field that the page shows, as it stands."""
    data = {}
    for row in page.context["rows"]:
        for field in row:
            data[field.html_name] = data[field.html_initial_name] = field.value() or ""
    return data


def enroll_as_newcomer(run, email, name):
    """A person without an account goes from the run's page to their place; returns their browser and last page."""
    browser = Client()
    address = f"/en/runs/{run.code}/enroll/"
    assert "Continue with a code from a mail" in text(browser.get(address))
    asked = browser.post(address, {"email": email, "name": name})
    code = re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mails_to(email)[-1].body)[0]
    back = browser.post(asked.url, {"code": code})
    assert back.url == address
    page = browser.get(address)
    assert f'value="{name}"' in text(page)
    return browser, browser.post(address, {"name": page.context["form"]["name"].value()}, follow=True)


def test_journey_from_the_catalogue_to_the_result(client):
    trainer = users.user("Hedvika Rosůlková", language="en")
    course = make.course(certificate_kind="attendance", min_attendance_percent=80)
    run = make.run(of=course, sessions=2, capacity=1, trainers=[users.profile(user=trainer)], promotion="automatic")
    page = course_page(course, language="en")

    # The catalogue leads to the course, the course to the form.
    assert course.title_en in text(client.get(page.get_parent().url))
    assert f"/en/runs/{run.code}/enroll/" in text(client.get(page.url))

    # The first gets the place, with a mail that has both sessions for the calendar.
    first, result = enroll_as_newcomer(run, "first@example.org", "První Osoba")
    assert "Enrollment confirmed" in text(result)
    confirmation = mails_to("first@example.org")[-1]
    assert [method for method, _event in invitations(confirmation)] == ["REQUEST", "REQUEST"]
    assert "Enrollment confirmed" in text(first.get("/en/my/"))

    # The second waits, and sees it.
    second, result = enroll_as_newcomer(run, "second@example.org", "Druhá Osoba")
    assert "You are number 1 on the waiting list." in text(result)
    assert "You are number 1 on the waiting list." in text(second.get("/en/my/"))

    # The first cancels by the link in the mail, without logging in; the second moves up and hears of it.
    stranger = Client()
    link = link_in(confirmation)
    assert "Cancel my enrollment" in text(stranger.get(link))
    assert run.enrollments.get(learner__email="first@example.org").status == Status.CONFIRMED
    stranger.post(link + "cancel/", {"reason": "Tour"})
    assert [method for method, _event in invitations(mails_to("first@example.org")[-1])] == ["CANCEL", "CANCEL"]
    place = run.enrollments.get(learner__email="second@example.org")
    assert place.status == Status.CONFIRMED
    assert [method for method, _event in invitations(mails_to("second@example.org")[-1])] == ["REQUEST", "REQUEST"]
    assert "Enrollment confirmed" in text(second.get("/en/my/"))

    # The trainer records both sessions, everybody present in one tap.
    sessions = list(run.sessions.all())
    with time_machine.travel(sessions[-1].ends_at + timedelta(minutes=5)):
        client.force_login(trainer)
        for session in sessions:
            roster = f"/en/teaching/sessions/{session.pk}/"
            saved = client.post(roster, form_fields(client.get(roster)) | {"all_present": "1"}, follow=True)
            assert "Saved: 1 person." in text(saved)
        second.force_login(place.learner)
        assert "100% (240 of 240 minutes)" in text(second.get(f"/en/enrollments/{place.pk}/"))

        # The office closes the run; the person sees the result.
        completion.close_run(run, by=users.staff(), at=timezone.now())
        assert "Course completed" in text(second.get("/en/my/"))
        result = text(second.get(f"/en/enrollments/{place.pk}/"))
        assert "You met the conditions of the course." in result

        # The certificate is there, as a file and as a page that anybody can open.
        certificate = place.certificates.get()
        for page in [result, text(second.get("/en/my/"))]:
            assert f"/c/{certificate.token}/certificate.pdf" in page
        pdf = b"".join(stranger.get(f"/c/{certificate.token}/certificate.pdf").streaming_content)
        assert pdf.startswith(b"%PDF-")
        public = stranger.get(f"/c/{certificate.token}/")
        assert "Druhá Osoba" in text(public)
        assert certificate.serial in text(public)
