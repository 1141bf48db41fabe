import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.utils import translation

from academy.throttle import throttle
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


@throttle("test", times=2, seconds=60)
def view(request):
    return HttpResponse("done")


@pytest.fixture(autouse=True)
def clock():
    """The time stands still, so that no test runs over the end of a minute."""
    with time_machine.travel("2026-11-23T10:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def knock(rf):
    def post(user=None, ip="192.0.2.1", method="post"):
        request = getattr(rf, method)("/", REMOTE_ADDR=ip)
        request.user = user or AnonymousUser()
        with translation.override("en"):
            return view(request)

    return post


def test_throttle_refuses_the_third_post_with_a_sentence(knock):
    assert [knock().status_code for _time in range(3)] == [200, 200, 429]
    assert "We got too many requests from you" in knock().content.decode()


def test_throttle_counts_each_address_and_each_account_apart(knock):
    eva, jana = users.user(), users.user()
    for _time in range(2):
        assert {knock().status_code, knock(ip="192.0.2.2").status_code, knock(eva).status_code} == {200}
    assert knock(jana).status_code == 200
    assert {knock().status_code, knock(ip="192.0.2.2").status_code, knock(eva).status_code} == {429}


def test_throttle_lets_in_again_after_a_while(knock, clock):
    assert [knock().status_code for _time in range(3)] == [200, 200, 429]
    clock.shift(60)
    assert knock().status_code == 200


def test_throttle_never_limits_reading(knock):
    assert {knock(method="get").status_code for _time in range(5)} == {200}


def test_page_of_allauths_limits_is_the_same(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    client.post("/en/accounts/login/password/")
    answer = client.post("/en/accounts/login/password/")
    assert answer.status_code == 429
    assert "We got too many requests from you" in answer.content.decode()


def test_somebody_who_enrolls_like_a_machine_is_stopped(client):
    run = make.run()
    client.force_login(users.user())
    codes = [client.post(f"/en/runs/{run.code}/enroll/", {"name": "Eva"}).status_code for _time in range(31)]
    assert codes == [302] * 30 + [429]
    assert run.enrollments.count() == 1
