import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.utils import timezone

from academy.users import pending

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def request_(rf):
    request = rf.get("/")
    request.session = SessionStore()
    return request


def test_take_returns_what_was_kept_once(request_):
    pending.keep(request_, "enroll:1", {"name": "Eva"})
    assert pending.peek(request_, "enroll:1") == {"name": "Eva"}
    assert pending.take(request_, "enroll:1") == {"name": "Eva"}
    assert pending.take(request_, "enroll:1") is None
    assert pending.take(request_, "enroll:2") is None


def test_take_forgets_after_a_day(request_):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        pending.keep(request_, "enroll:1", {"name": "Eva"})
        clock.shift(timedelta(hours=24))
        assert pending.peek(request_, "enroll:1") == {"name": "Eva"}
        clock.shift(timedelta(seconds=1))
        assert pending.take(request_, "enroll:1") is None


def test_what_was_kept_survives_the_login(client):
    session = client.session
    pending.keep(type("Request", (), {"session": session}), "enroll:1", {"note": "vegan"})
    session.save()
    client.cookies["sessionid"] = session.session_key
    client.post("/en/accounts/login/", {"email": "nova@example.org", "next": "/en/profile/"})
    code = re.search(r"[A-Z]{3}-[A-Z]{3}", mail.outbox[0].body).group()
    client.post("/en/accounts/login/code/confirm/", {"code": code})
    assert client.session["_auth_user_id"]
    assert client.session.session_key != session.session_key
    assert pending.peek(type("Request", (), {"session": client.session}), "enroll:1") == {"note": "vegan"}
