"""Twenty seats and two hundred people through the real site: pages, forms, sessions, two processes with threads."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from academy.users.models import User
from courses.models import Enrollment
from tests.factories import courses as make

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
S = Enrollment.Status
SEATS, PEOPLE, AT_ONCE = 20, 200, 32
GUNICORN = ["-m", "gunicorn", "--workers", "2", "--threads", "4", "--timeout", "60", "--config", "/dev/null"]
START_TIMEOUT = 60  # seconds


@contextmanager
def site(**environment):
    """Serve the test's database from processes of its own; gives the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        port = listener.getsockname()[1]
        environment = {**os.environ, "RACE_DATABASE": str(connection.settings_dict["NAME"]), **environment}
        connections.close_all()
        server = subprocess.Popen(
            [sys.executable, *GUNICORN, "--bind", f"fd://{listener.fileno()}", "tests.races.site"],
            pass_fds=[listener.fileno()],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield port
        finally:
            server.terminate()
            server.wait(30)


def people():
    """Signed-in people: their session cookies."""
    learners = User.objects.bulk_create(
        User(email=f"rival{number}@example.org", name=f"Rival {number}", password="!") for number in range(PEOPLE)
    )
    cookies = []
    for learner in learners:
        client = Client()
        client.force_login(learner)
        cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return cookies


def ask(port, method, path, cookies, body=None):
    """One request; returns status, headers and text."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Host": "localhost"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(body)
    try:
        asked.request(method, path, body, headers)
        answer = asked.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        asked.close()


def enroll(port, path, session):
    """Open the page and send its form, as a browser does; the answer's status and where it leads."""
    cookies = {settings.SESSION_COOKIE_NAME: session}
    status, headers, page = ask(port, "GET", path, cookies)
    if status != 200:
        return status, "page"
    cookies["csrftoken"] = re.search(r"csrftoken=(\w+)", headers["Set-Cookie"])[1]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    status, headers, _page = ask(port, "POST", path, cookies, {"csrfmiddlewaretoken": token, "name": "Rival"})
    return status, re.sub(r"\d+", "#", headers.get("Location", ""))


def burst(run, **environment):
    """Everybody at once; the answers (Counter) and the states of the run's people (Counter)."""
    sessions, path = people(), f"/en/runs/{run.code}/enroll/"
    with site(**environment) as port:
        deadline = time.monotonic() + START_TIMEOUT
        while ask(port, "GET", path, {})[0] != 200:
            assert time.monotonic() < deadline
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = Counter(pool.map(lambda session: enroll(port, path, session), sessions))
    return answers, Counter(run.enrollments.values_list("status", flat=True))


def test_twenty_seats_and_two_hundred_people_through_the_site():
    run = make.run(capacity=SEATS)

    answers, states = burst(run)

    assert answers == {(302, "/en/enrollments/#/"): PEOPLE}
    assert states == {S.CONFIRMED: SEATS, S.WAITING: PEOPLE - SEATS}
    numbers = run.enrollments.filter(status=S.WAITING).order_by("queue_number").values_list("queue_number", flat=True)
    assert list(numbers) == list(range(1, PEOPLE - SEATS + 1))


def test_without_the_lock_two_hundred_people_oversell_the_site():
    run = make.run(capacity=SEATS)

    _answers, states = burst(run, RACE_LOCKS="off")

    assert states[S.CONFIRMED] > SEATS
