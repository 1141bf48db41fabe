from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from academy import links
from courses import completion
from courses import enrollment as rules
from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
Status = Enrollment.Status


def page_of(place):
    return f"/en/enrollments/{place.pk}/"


def link_to(place):
    return f"/en/manage/{links.sign('enrollment', place.pk)}/"


def text(response):
    return response.content.decode()


def now_in(place):
    place.refresh_from_db()
    return place.status


def offered(run=None, **extra):
    extra.setdefault("offered_until", timezone.now() + timedelta(hours=5))
    return make.enrollment(of=run or make.run(), status=Status.OFFERED, queue_number=1, **extra)


def test_enrollment_page_is_the_owners_only(client):
    place = make.enrollment(of=make.run())
    assert client.get(page_of(place)).status_code == 302
    client.force_login(users.user())
    assert client.get(page_of(place)).status_code == 404
    assert client.post(page_of(place) + "cancel/").status_code == 404
    assert client.post(page_of(place) + "accept/").status_code == 404
    client.force_login(place.learner)
    assert "Enrollment confirmed" in text(client.get(page_of(place)))
    assert now_in(place) == Status.CONFIRMED


def test_enrollment_page_shows_the_joining_link_only_with_a_place(client):
    run = make.run(sessions=0)
    make.session(of=run, mode="online", joining_link="https://meet.example.org/abc")
    confirmed = make.enrollment(of=run)
    waiting = make.enrollment(of=run, status=Status.WAITING, queue_number=1)
    for place, is_shown in [(confirmed, True), (waiting, False)]:
        client.force_login(place.learner)
        assert ("https://meet.example.org/abc" in text(client.get(page_of(place)))) is is_shown


@pytest.mark.parametrize(
    ("facts", "sentences"),
    [
        (
            {"status": Status.WAITING, "queue_number": 4},
            ["On the waiting list", "You are number 1 on the waiting list."],
        ),
        ({"status": Status.APPLIED}, ["Application sent", "The office decides about the places"]),
        ({"status": Status.DRAFT}, ["Application in progress", "Your application was not sent yet."]),
        (
            {"status": Status.CANCELLED, "is_late_cancellation": True},
            ["Enrollment cancelled", "It was cancelled after the deadline; this was recorded.", "Enroll again"],
        ),
        ({"status": Status.DECLINED}, ["Application declined"]),
        ({"status": Status.WITHDRAWN}, ["Enrollment withdrawn by the office"]),
        ({"status": Status.COMPLETED}, ["Course completed", "You met the conditions of the course."]),
    ],
)
def test_enrollment_page_says_what_the_state_means(client, facts, sentences):
    place = make.enrollment(of=make.run(), **facts)
    client.force_login(place.learner)
    page = text(client.get(page_of(place)))
    for sentence in sentences:
        assert sentence in page


def test_enrollment_page_says_why_the_office_withdrew_it(client):
    place = make.enrollment(of=make.run())
    rules.withdraw(place, by=users.staff(), reason="Two places by mistake.")
    client.force_login(place.learner)
    assert "Two places by mistake." in text(client.get(page_of(place)))


def test_enrollment_page_tells_an_expired_offer_without_anything_having_swept_it(client):
    place = offered(offered_until=timezone.now() - timedelta(seconds=2))
    client.force_login(place.learner)
    page = text(client.get(page_of(place)))
    assert "Offer expired" in page
    assert "Accept the place" not in page
    assert now_in(place) == Status.OFFERED


def test_enrollment_page_shows_attendance_so_far_and_what_is_attainable(client):
    run = make.run(sessions=0)
    past = make.session(of=run, starts_in=timedelta(days=-1), minutes=120)
    make.session(of=run, starts_in=timedelta(days=1), minutes=120)
    place = make.enrollment(of=run, confirmed_at=timezone.now() - timedelta(days=9))
    make.attendance(of=place, session=past, status="late", minutes=90)
    client.force_login(place.learner)
    page = text(client.get(page_of(place)))
    assert "37% (90 of 240 minutes)" in page
    assert "87%" in page
    assert "Came late (90 of 120 minutes)" in page


def test_enrollment_page_waits_for_the_result_after_the_last_session(client):
    place = make.enrollment(of=make.run(starts_in=timedelta(days=-2)))
    client.force_login(place.learner)
    page = text(client.get(page_of(place)))
    assert "Waiting for the result" in page
    assert "Cancel my enrollment" not in page


def test_accept_gives_the_place_and_twice_is_safe(client):
    place = offered()
    client.force_login(place.learner)
    assert client.get(page_of(place) + "accept/").url == page_of(place)
    assert now_in(place) == Status.OFFERED
    for _attempt in range(2):
        response = client.post(page_of(place) + "accept/", follow=True)
        assert "The place is yours." in text(response)
    assert now_in(place) == Status.CONFIRMED


def test_accept_after_the_deadline_says_so(client):
    place = offered(offered_until=timezone.now() - timedelta(seconds=2))
    client.force_login(place.learner)
    response = client.post(page_of(place) + "accept/", follow=True)
    assert "The time to accept this offer is over." in text(response)
    assert now_in(place) != Status.CONFIRMED


def test_cancel_asks_first_and_promotes_the_next(client):
    run = make.run(capacity=1)
    place, next_one = rules.enroll(users.user(), run), rules.enroll(users.user(), run)
    client.force_login(place.learner)
    asked = text(client.get(page_of(place) + "cancel/"))
    assert "Cancel the enrollment?" in asked
    assert "recorded as late" not in asked
    assert now_in(place) == Status.CONFIRMED
    response = client.post(page_of(place) + "cancel/", {"reason": "Illness"}, follow=True)
    assert "Your enrollment was cancelled." in text(response)
    assert (now_in(place), now_in(next_one)) == (Status.CANCELLED, Status.CONFIRMED)
    assert place.events.last().reason == "Illness"


def test_cancel_twice_changes_nothing(client):
    place = make.enrollment(of=make.run())
    client.force_login(place.learner)
    client.post(page_of(place) + "cancel/")
    history = list(place.events.values_list("pk", flat=True))
    client.post(page_of(place) + "cancel/")
    assert "There is nothing to cancel." in text(client.get(page_of(place) + "cancel/"))
    assert list(place.events.values_list("pk", flat=True)) == history


def test_cancel_says_before_that_it_will_be_late(client):
    long_ago = timezone.now() - timedelta(days=30)
    run = make.run(cancel_until=timezone.now() - timedelta(days=2))
    place = make.enrollment(of=run, confirmed_at=long_ago)
    client.force_login(place.learner)
    assert "it will be recorded as late" in text(client.get(page_of(place) + "cancel/"))
    client.post(page_of(place) + "cancel/")
    place.refresh_from_db()
    assert (place.status, place.is_late_cancellation) == (Status.CANCELLED, True)


def test_cancel_in_the_last_second_of_the_deadline_is_in_time(client):
    until = timezone.now().replace(microsecond=0) + timedelta(days=2)
    place = make.enrollment(of=make.run(cancel_until=until))
    with time_machine.travel(until + timedelta(microseconds=900_000), tick=False):
        client.force_login(place.learner)
        assert "it will be recorded as late" not in text(client.get(page_of(place) + "cancel/"))
        client.post(page_of(place) + "cancel/")
    place.refresh_from_db()
    assert (place.status, place.is_late_cancellation) == (Status.CANCELLED, False)


def test_cancel_of_what_is_over_is_refused_with_a_sentence(client):
    place = make.enrollment(of=make.run(starts_in=timedelta(days=-3)))
    client.force_login(place.learner)
    assert "There is nothing to cancel." in text(client.get(page_of(place) + "cancel/"))
    response = client.post(page_of(place) + "cancel/", follow=True)
    assert "The run is over; there is nothing left to cancel." in text(response)
    assert now_in(place) == Status.CONFIRMED


def test_link_from_a_mail_needs_no_login_and_opening_it_changes_nothing(client):
    place = offered()
    page = text(client.get(link_to(place)))
    assert "Accept the place" in page
    assert place.learner.email not in page
    assert now_in(place) == Status.OFFERED
    response = client.post(link_to(place))
    assert response.url == link_to(place)
    assert now_in(place) == Status.CONFIRMED


def test_link_from_a_mail_declines_the_offer_on_its_second_page(client):
    place = offered()
    assert "Decline the offer?" in text(client.get(link_to(place) + "cancel/"))
    assert now_in(place) == Status.OFFERED
    response = client.post(link_to(place) + "cancel/")
    assert response.url == link_to(place)
    assert now_in(place) == Status.CANCELLED


@pytest.mark.parametrize("token", ["x", "1", "1.x", "%00", "ž" * 300])
def test_link_that_is_malformed_is_a_clear_page(client, token):
    for address in [f"/en/manage/{token}/", f"/en/manage/{token}/cancel/"]:
        for response in [client.get(address), client.post(address)]:
            assert response.status_code == 404
            assert "This link is not complete or not ours." in text(response)


def test_link_opens_no_other_kind_of_thing_and_no_row_that_is_gone(client):
    place = make.enrollment(of=make.run())
    for token in [links.sign("booking", place.pk), links.sign("enrollment", place.pk + 1000)]:
        assert client.get(f"/en/manage/{token}/").status_code == 404


def test_link_posts_are_protected_against_other_sites():
    from django.test import Client  # noqa: PLC0415  only here a client that checks CSRF

    place = offered()
    assert Client(enforce_csrf_checks=True).post(link_to(place)).status_code == 403
    assert now_in(place) == Status.OFFERED


def test_enrollment_page_costs_the_same_with_1_and_30_sessions(client, django_assert_num_queries):
    for sessions in [1, 30]:
        place = make.enrollment(of=make.run(sessions=sessions))
        for session in place.run.sessions.all():
            make.attendance(of=place, session=session)
        client.force_login(place.learner)
        client.get(page_of(place))
        with django_assert_num_queries(10):
            client.get(page_of(place))


def test_enrollment_page_of_a_cancelled_run_says_so(client):
    place = make.enrollment(
        of=make.run(status=CourseRun.Status.CANCELLED, cancelled_at=timezone.now()), status=Status.WITHDRAWN
    )
    client.force_login(place.learner)
    page = text(client.get(page_of(place)))
    assert "Enrollment withdrawn by the office" in page
    assert "Enroll again" not in page


def test_enrollment_page_shows_the_final_task_with_its_comment(client):
    run = make.run(of=make.course(has_final_task=True), starts_in=timedelta(hours=-5))
    place = make.enrollment(of=run)
    completion.record_final_task(place, is_met=False, comment="The budget is missing.", by=users.staff())
    client.force_login(place.learner)
    page = text(client.get(page_of(place)))
    assert "Not passed" in page
    assert "The budget is missing." in page
