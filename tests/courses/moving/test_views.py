from datetime import timedelta

import pytest
from django.utils import timezone

from academy import links
from academy.users.models import Organisation
from courses import enrollment as enrolling
from courses.models import Enrollment
from courses.organisations import rules as organisations
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture
def place():
    return enrolling.enroll(users.user(), make.run())


@pytest.fixture
def other(place):
    return make.run(of=place.run.course, starts_in=timedelta(days=44), capacity=1)


def by_login(place):
    return f"/en/enrollments/{place.pk}/change/"


def by_link(place):
    return f"/en/manage/{links.sign('enrollment', place.pk)}/change/"


def text(response):
    return response.content.decode()


def status_of(row):
    row.refresh_from_db()
    return row.status


@pytest.mark.parametrize("address", [by_login, by_link])
def test_opening_the_page_changes_nothing_and_its_button_moves(client, place, other, address):
    if address is by_login:
        client.force_login(place.learner)
    page = client.get(address(place))
    assert f"Change to {other.code}" in text(page)
    assert status_of(place) == S.CONFIRMED

    answer = client.post(address(place), {"run": other.code}, follow=True)

    new = Enrollment.objects.get(follows=place)
    assert (status_of(place), new.status, new.run) == (S.CANCELLED, S.CONFIRMED, other)
    assert "The new place is yours." in text(answer)
    assert f"You changed to it from the run {place.run.code}." in text(answer)
    again = client.post(address(place), {"run": other.code})
    assert (again.status_code, Enrollment.objects.count()) == (302, 2)


def test_change_page_is_the_owners_only(client, place, other):
    assert client.post(by_login(place), {"run": other.code}).status_code == 302
    client.force_login(users.user())
    assert client.get(by_login(place)).status_code == 404
    assert client.post(by_login(place), {"run": other.code}).status_code == 404
    assert client.get("/en/manage/1.wrong/change/").status_code == 404
    assert status_of(place) == S.CONFIRMED


def test_full_run_offers_its_waiting_list_and_the_place_stays(client, place, other):
    make.enrollment(of=other)
    client.force_login(place.learner)
    assert f"Wait for {other.code}, keep my place" in text(client.get(by_login(place)))

    refused = client.post(by_login(place), {"run": other.code})
    assert refused.status_code == 409
    assert "Your place stays as it is" in text(refused)
    answer = client.post(by_login(place), {"run": other.code, "wait": "1"}, follow=True)

    assert f"you keep your place on the run {place.run.code}" in text(answer)
    assert (status_of(place), Enrollment.objects.get(follows=place).status) == (S.CONFIRMED, S.WAITING)


def test_accepting_the_offer_says_before_that_the_old_place_goes(client, place, other):
    client.force_login(place.learner)
    offer = make.enrollment(
        of=other,
        learner=place.learner,
        status=S.OFFERED,
        offered_until=timezone.now() + timedelta(hours=3),
        queue_number=1,
        follows=place,
        moves=1,
    )
    assert f"your place on the run {place.run.code} is released" in text(client.get(f"/en/enrollments/{offer.pk}/"))

    client.post(f"/en/enrollments/{offer.pk}/accept/")

    assert (status_of(offer), status_of(place)) == (S.CONFIRMED, S.CANCELLED)


def test_run_of_another_course_or_unknown_is_not_found(client, place, other):
    client.force_login(place.learner)
    for code in (make.run().code, "NONE", "x" * 10_000, ""):
        assert client.post(by_login(place), {"run": code}).status_code == 404
    assert status_of(place) == S.CONFIRMED


def test_page_says_until_when_changing_was_possible(client, place, other):
    place.run.cancel_until = timezone.now() - timedelta(days=1)
    place.run.save()
    Enrollment.objects.filter(pk=place.pk).update(confirmed_at=timezone.now() - timedelta(days=3))
    client.force_login(place.learner)

    assert "Changing to another run was possible until" in text(client.get(by_login(place)))
    assert client.post(by_login(place), {"run": other.code}).status_code == 409
    assert "Change to another run" not in text(client.get(f"/en/enrollments/{place.pk}/"))


def test_enrollment_page_offers_the_change_only_where_there_is_another_run(client, place):
    client.force_login(place.learner)
    page = f"/en/enrollments/{place.pk}/"
    assert "Change to another run" not in text(client.get(page))
    assert "no other run of this course" in text(client.get(by_login(place)))
    make.run(of=place.run.course)
    assert "Change to another run" in text(client.get(page))


@pytest.mark.parametrize("runs", [1, 30])
def test_change_page_takes_the_same_queries_for_any_number_of_runs(client, place, runs, django_assert_num_queries):
    for _number in range(runs):
        make.run(of=place.run.course, venue=make.venue())
    client.force_login(place.learner)
    client.get(by_login(place))

    with django_assert_num_queries(6):
        client.get(by_login(place))


@pytest.mark.parametrize("wait", ["1", ""])
def test_whose_place_was_given_to_a_colleague_gets_no_way_to_the_colleagues_place(client, wait):
    label = Organisation.objects.create(name="Vydavatelství")
    manager = users.user()
    old = organisations.enroll_group(label, make.run(), [("old@example.org", "Old")], by=manager).offered[0]
    new = organisations.swap(old, email="new@example.org", name="New", by=manager)

    answer = client.post(by_link(old), {"run": old.run.code, "wait": wait})

    assert (answer.status_code, status_of(new)) == (404, S.OFFERED)
