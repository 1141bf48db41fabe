"""The enrollment page of runs with terms: what it asks, what it refuses beside which field, what it keeps."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from academy.users.models import User
from courses.entry import codes
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture
def run():
    return make.run(entry="invitation")


@pytest.fixture
def code(run):
    return codes.make_shared(run, by=None, uses=1)[0][1]


@pytest.fixture
def learner(client):
    person = users.user("Zdeňka Šťastná", email="zdenka@example.org")
    client.force_login(person)
    return person


def address(run):
    with override("en"):
        return reverse("courses:enroll", args=[run.code])


def send(client, run, **data):
    return client.post(address(run), {"name": "Zdeňka Šťastná", **data})


def errors(response):
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_link_of_an_invitation_fills_the_code_in_and_uses_nothing_up(client, run, code):
    page = client.get(address(run), {"invitation": code})

    assert f'value="{code}"' in page.content.decode()
    assert codes.check(run, code, at=timezone.now()).used == 0


def test_code_opens_the_run_once(client, run, code, learner):
    response = send(client, run, invitation=code.lower())

    place = run.enrollments.get()
    assert (response.url, place.learner, place.status) == (f"/en/enrollments/{place.pk}/", learner, S.CONFIRMED)


def test_code_used_up_gets_its_sentence_beside_the_field_and_loses_nothing(client, run, code, learner):
    codes.use(codes.check(run, code, at=timezone.now()), make.enrollment(of=run), at=timezone.now())

    response = send(client, run, invitation=code)

    assert response.status_code == 409
    assert errors(response) == {
        "invitation": ["This code has been used up. Write to the office if you should have a place."]
    }
    assert f'value="{code}"' in response.content.decode()
    assert not run.enrollments.filter(learner=learner).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "This field is required."),
        ("ABCD-EFGH-JKLM", "This code does not belong to this run. Check that you have copied all of it."),
        ("A" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("ž☂", "Places on this run are given by invitation. Type the code from your invitation."),
    ],
)
def test_wrong_code_is_refused_beside_the_field(client, run, learner, typed, sentence):
    assert errors(send(client, run, invitation=typed)) == {"invitation": [sentence]}


def test_wrong_codes_are_limited_and_a_right_one_waits_too(client, run, code, learner):
    for _number in range(10):
        send(client, run, invitation="ABCD-EFGH-JKLM")

    response = send(client, run, invitation=code)

    assert errors(response) == {"invitation": ["Too many wrong codes were typed. Wait ten minutes and try again."]}
    assert not run.enrollments.exists()
    client.force_login(users.user())
    assert send(client, run, invitation=code).status_code == 302


def test_visitor_types_the_code_once_and_takes_the_place_after_proving_the_address(
    client, run, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        codes.invite(run, ["nova@example.org"], by=None, language="en")
    code = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}\b", mail.outbox[-1].body)[0]
    with django_capture_on_commit_callbacks(execute=True):
        response = send(client, run, email="nova@example.org", invitation=code)
    login = re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body)[0]

    client.post(response.url, {"code": login})
    page = client.get(address(run))

    assert page.context["form"]["invitation"].value() == code
    send(client, run, invitation=code)
    assert run.enrollments.get().learner == User.objects.get(email="nova@example.org")


def test_visitor_with_the_code_of_somebody_else_is_refused_before_a_mail_leaves(client, run):
    codes.invite(run, ["dana@example.org"], by=None, language="en")
    _invitation, code = codes._make(run, by=None, at=None, email="eva@example.org")

    response = send(client, run, email="dana@example.org", invitation=code)

    assert list(errors(response)) == ["invitation"]
    assert not mail.outbox


def test_run_for_a_part_of_the_trade_asks_and_refuses_beside_the_field(client, learner):
    run, booking = make.run(), make.segment("Booking")
    run.audience.set([booking])
    run.save()

    page = client.get(address(run)).content.decode()
    assert "This run is meant for people from: Booking." in page
    assert errors(send(client, run)) == {"segment": ["This field is required."]}
    assert errors(send(client, run, segment="other")) == {"segment": ["This run is meant for people from: Booking."]}
    assert send(client, run, segment=str(booking.pk)).status_code == 302
    assert run.enrollments.get().admission.segment == booking


def test_run_with_quotas_says_so_and_asks_for_what_they_need(client, learner):
    run = make.run(capacity=1)
    make.quota(of=run, seats=1)

    page = client.get(address(run)).content.decode()
    assert "1 place is kept for this group: Starting out." in page
    assert "You get a place at once if these rules leave one for you, else a number on the waiting list." in page
    assert send(client, run, level="beginner").status_code == 302
    assert (run.enrollments.get().status, run.enrollments.get().admission.level) == (S.CONFIRMED, "beginner")


def test_missing_course_is_named_on_the_page_and_in_the_refusal(client, learner):
    run, basics = make.run(), make.course(title_en="The basics")
    run.course.prerequisites.set([basics])
    run.course.save()

    assert "Before this course you complete: The basics." in client.get(address(run)).content.decode()
    response = send(client, run)

    assert response.status_code == 409
    assert errors(response) == {
        "__all__": [
            "Before this course you complete: The basics. Write to the office if you have learned it elsewhere."
        ]
    }


def test_smallest_group_and_its_date_stand_on_the_page_and_on_the_persons_own(client, learner):
    decide_at = timezone.now() + timedelta(days=3)
    run = make.run(minimum=5, decide_at=decide_at)

    page = client.get(address(run)).content.decode()
    place = client.get(send(client, run).url).content.decode()

    for text in (page, place):
        assert "The run takes place once 5 people are enrolled; it is decided by" in text


def test_page_of_a_run_with_terms_asks_for_nothing_on_other_runs(client, learner):
    run = make.run()

    page = client.get(address(run))

    assert list(page.context["form"].fields) == ["name"]


def test_my_academy_takes_the_same_queries_for_one_and_many_waiting_under_quotas(
    client, learner, django_assert_num_queries
):
    url = "/en/my-academy/"

    def wait_on_another():
        run = make.run(capacity=2)
        make.quota(of=run, kind="at_most", seats=1)
        make.enrollment(of=run)
        make.enrollment(of=run, learner=learner, status=S.WAITING, queue_number=1)

    with override("en"):
        url = reverse("my_academy")
    wait_on_another()
    client.get(url)
    with django_assert_num_queries(16):
        client.get(url)
    for _number in range(5):
        wait_on_another()

    with django_assert_num_queries(16):
        client.get(url)
