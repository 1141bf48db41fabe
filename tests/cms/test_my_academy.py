from datetime import timedelta

import pytest
from django.utils import timezone

from certificates import rendering
from certificates.issue import issue, revoke
from courses import completion
from courses.models import Curriculum, CurriculumStep, Enrollment
from mentoring.models import Booking
from tests.factories import courses as make
from tests.factories import mentoring as coaching
from tests.factories import selection as calls
from tests.factories import users

pytestmark = pytest.mark.django_db
Status = Enrollment.Status
PAGE = "/en/my/"


def text(response):
    return response.content.decode()


def statuses(rows):
    return [row.enrollment.status for row in rows]


def test_my_academy_needs_a_login(client):
    assert client.get(PAGE).url == "/en/accounts/login/?next=/en/my/"


def test_my_academy_of_a_newcomer_says_what_to_do_next(client):
    client.force_login(users.user())
    page = text(client.get(PAGE))
    for sentence in ["You have no place in a course now.", "You have no coaching ahead.", "Certificates appear here"]:
        assert sentence in page


def test_my_academy_sorts_everything_by_what_it_asks_of_the_person(client):
    learner = users.user()
    soon, later = make.run(starts_in=timedelta(days=2)), make.run(starts_in=timedelta(days=9))
    for run in [later, soon]:
        make.enrollment(of=run, learner=learner)
    make.enrollment(of=make.run(), learner=learner, status=Status.WAITING, queue_number=1)
    make.enrollment(of=make.run(), learner=learner, status=Status.APPLIED)
    until = timezone.now() + timedelta(hours=2)
    make.enrollment(of=make.run(), learner=learner, status=Status.OFFERED, queue_number=1, offered_until=until)
    make.enrollment(of=make.run(starts_in=timedelta(days=-9)), learner=learner, status=Status.COMPLETED)
    make.enrollment(of=make.run(), learner=learner, status=Status.CANCELLED)
    make.enrollment(of=make.run())
    client.force_login(learner)
    context = client.get(PAGE).context
    assert [row.enrollment.run for row in context["places"]] == [soon, later]
    assert statuses(context["waiting"]) == [Status.WAITING]
    assert statuses(context["applications"]) == [Status.APPLIED]
    assert statuses(context["offers"]) == [Status.OFFERED]
    assert sorted(statuses(context["past"])) == [Status.CANCELLED, Status.COMPLETED]


def test_my_academy_shows_the_position_in_the_queue(client):
    run, learner = make.run(capacity=0), users.user()
    make.enrollment(of=run, status=Status.WAITING, queue_number=3)
    make.enrollment(of=run, learner=learner, status=Status.WAITING, queue_number=7)
    client.force_login(learner)
    assert "You are number 2 on the waiting list." in text(client.get(PAGE))


def test_my_academy_separates_coaching_ahead_from_past(client):
    learner, mentor = users.user(), coaching.mentor()
    for days in [3, -3]:
        slot = coaching.slot(of=mentor, starts_in=timedelta(days=days))
        Booking.objects.create(slot=slot, learner=learner, starts_at=slot.starts_at, ends_at=slot.ends_at)
    client.force_login(learner)
    context = client.get(PAGE).context
    assert [booking.starts_at > timezone.now() for booking in context["bookings"]] == [True]
    assert [booking.starts_at > timezone.now() for booking in context["past_bookings"]] == [False]


def test_my_academy_shows_progress_on_learning_paths_that_were_begun(client):
    learner = users.user()
    begun, other = (Curriculum.objects.create(slug=slug, title_en=slug) for slug in ("begun", "other"))
    done, ahead, foreign = make.course(), make.course(), make.course()
    for curriculum, course in [(begun, done), (begun, ahead), (other, foreign)]:
        CurriculumStep.objects.create(curriculum=curriculum, course=course)
    make.enrollment(of=make.run(of=done, starts_in=timedelta(days=-9)), learner=learner, status=Status.COMPLETED)
    client.force_login(learner)
    [path] = client.get(PAGE).context["paths"]
    assert (path.curriculum, path.done, [line["state"] for line in path.steps]) == (begun, 1, ["done", "ahead"])


def test_my_academy_leads_trainers_and_mentors_to_their_pages(client):
    person = users.user()
    client.force_login(person)
    assert "My teaching" not in text(client.get(PAGE))
    mentor = coaching.mentor(user=person)
    make.run(trainers=[mentor.profile])
    page = text(client.get(PAGE))
    assert "/en/teaching/" in page
    assert "/en/coaching/my-time/" in page


def test_my_academy_costs_the_same_with_1_and_30_of_everything(client, django_assert_num_queries):
    learner, mentor = users.user(), coaching.mentor()

    def add(number):
        course = make.course()
        curriculum = Curriculum.objects.create(slug=f"path-{number}", title_cs="Dráha")
        CurriculumStep.objects.create(curriculum=curriculum, course=course)
        make.enrollment(of=make.run(of=course, sessions=2), learner=learner)
        make.enrollment(of=make.run(of=course), learner=learner, status=Status.WAITING, queue_number=1)
        slot = coaching.slot(of=mentor, starts_in=timedelta(days=number + 1))
        Booking.objects.create(slot=slot, learner=learner, starts_at=slot.starts_at, ends_at=slot.ends_at)

    client.force_login(learner)
    add(0)
    client.get(PAGE)
    with django_assert_num_queries(16):
        client.get(PAGE)
    for number in range(1, 30):
        add(number)
    with django_assert_num_queries(16):
        client.get(PAGE)


def test_my_academy_lists_certificates_with_their_file(client):
    learner, office = users.user(), users.staff()
    run = make.run(starts_in=timedelta(days=-3))
    place = make.enrollment(of=run, learner=learner, confirmed_at=timezone.now() - timedelta(days=9))
    make.attendance(of=place, session=run.sessions.get())
    completion.close_run(run, by=office)
    certificate = issue(place, by=office)
    rendering.render(certificate.pk)
    client.force_login(learner)
    page = text(client.get(PAGE))
    assert f"/c/{certificate.token}/certificate.pdf" in page
    assert certificate.serial in page
    revoke(certificate, by=office, reason="Wrong person.")
    page = text(client.get(PAGE))
    assert f"/c/{certificate.token}/certificate.pdf" not in page
    assert "Revoked" in page


def test_my_academy_leads_jurors_to_their_calls_and_nobody_else(client):
    judge = calls.juror(calls.call(), user=users.user(language="en")).user

    for person, is_shown in ((judge, True), (users.user(), False)):
        client.force_login(person)
        assert ("/en/jury/" in client.get("/en/my/").content.decode()) == is_shown
