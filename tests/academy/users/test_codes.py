"""The whole way in: an address, a code, an account."""

import re
import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from academy.celery import app
from academy.mail.models import Message
from academy.mail.tasks import sweep
from academy.users.models import User
from tests.factories import users as factories

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = "/en/accounts/login/"
CONFIRM = "/en/accounts/login/code/confirm/"
PROFILE = "/en/profile/"


def ask(client, email="nova@example.org", next_url=PROFILE, start=LOGIN):
    """Type an address on the login page; return the response."""
    return client.post(start, {"email": email, "next": next_url})


def codes():
    """The codes in the mails sent so far, oldest first."""
    return [re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", message.body).group() for message in mail.outbox]


def logged_in(client):
    return client.session.get("_auth_user_id")


class ServerDown(EmailBackend):
    """A mail server that cannot be reached."""

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("down")


def test_login_opens_an_account_for_an_unknown_address(client):
    asked = ask(client)
    assert (asked.status_code, asked.url) == (302, CONFIRM)
    assert not User.objects.exists()
    answer = client.post(CONFIRM, {"code": codes()[0]})
    assert (answer.status_code, answer.url) == (302, PROFILE)
    user = User.objects.get()
    assert (user.email, user.name, user.language, user.time_zone) == ("nova@example.org", "", "en", "Europe/Prague")
    assert not user.has_usable_password()
    assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [(user.email, True, True)]
    assert logged_in(client) == str(user.pk)


def test_login_lets_a_returning_person_in(client):
    user = factories.user(email="eva@example.org", language="cs")
    ask(client, "  Eva@Example.org ")
    assert mail.outbox[0].to == ["eva@example.org"]
    client.post(CONFIRM, {"code": codes()[0].lower().replace("-", " ")})
    assert logged_in(client) == str(user.pk)
    assert list(User.objects.all()) == [user]
    assert Message.objects.get().language == "cs"


@pytest.mark.parametrize("start", ["/en/accounts/login/", "/en/accounts/signup/", "/en/accounts/login/code/"])
def test_login_and_sign_up_are_one_page(client, start):
    assert "Log in or sign up" in client.get(start).content.decode()
    assert ask(client, start=start).url == CONFIRM


def test_login_looks_the_same_for_known_and_unknown_addresses(client):
    factories.user(email="eva@example.org", language="en")
    pages = []
    for email in ("eva@example.org", "nova@example.org"):
        client.cookies.clear()
        ask(client, email)
        text = client.get(CONFIRM).content.decode().replace(email, "X")
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text))
    assert pages[0] == pages[1]
    bodies = [message.body.replace(code, "X") for message, code in zip(mail.outbox, codes(), strict=True)]
    assert bodies[0] == bodies[1]


def test_login_takes_an_account_without_a_verified_address(client):
    user = User.objects.create_user("eva@example.org", name="Eva")
    ask(client, user.email)
    client.post(CONFIRM, {"code": codes()[0]})
    assert logged_in(client) == str(user.pk)
    assert user.emailaddress_set.get().verified


def test_login_refuses_a_closed_account(client):
    user = factories.user(is_active=False)
    ask(client, user.email)
    answer = client.post(CONFIRM, {"code": codes()[0]})
    assert answer.url == "/en/accounts/inactive/"
    assert logged_in(client) is None
    assert "closed" in client.get(answer.url).content.decode()


def test_login_refuses_a_wrong_code_with_a_sentence(client):
    ask(client)
    answer = client.post(CONFIRM, {"code": "AAA-AAA"})
    assert answer.status_code == 200
    assert "The code is not right. Check the mail and type it again." in answer.content.decode()
    assert logged_in(client) is None
    client.post(CONFIRM, {"code": codes()[0]})
    assert logged_in(client)


def test_login_ends_after_five_wrong_codes(client):
    ask(client)
    for _attempt in range(4):
        assert client.post(CONFIRM, {"code": "AAA-AAA"}).status_code == 200
    answer = client.post(CONFIRM, {"code": "AAA-AAA"}, follow=True)
    assert "There were too many attempts." in answer.content.decode()
    client.post(CONFIRM, {"code": codes()[0]})
    assert logged_in(client) is None


def test_login_refuses_a_code_older_than_a_quarter_of_an_hour(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(client)
        clock.shift(timedelta(minutes=15, seconds=1))
        answer = client.post(CONFIRM, {"code": codes()[0]}, follow=True)
        assert "The code is no longer valid. Ask for a new one." in answer.content.decode()
        assert logged_in(client) is None


def test_login_takes_a_code_of_exactly_a_quarter_of_an_hour(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(client)
        clock.shift(timedelta(minutes=15))
        client.post(CONFIRM, {"code": codes()[0]})
        assert logged_in(client)


def test_code_does_not_age_while_the_mail_server_is_down(client, settings):
    working = settings.EMAIL_BACKEND
    with time_machine.travel(timezone.now(), tick=False) as clock:
        settings.EMAIL_BACKEND = f"{__name__}.ServerDown"
        ask(client)
        assert "We are sending a code" in client.get(CONFIRM).content.decode()
        for _attempt in range(4):
            clock.shift(timedelta(minutes=16))
            sweep()
        settings.EMAIL_BACKEND = working
        clock.shift(timedelta(hours=1))
        assert "We are sending a code" in client.get(CONFIRM).content.decode()
        sweep()
        clock.shift(timedelta(minutes=14))
        page = client.get(CONFIRM).content.decode()
        assert "We sent a code to <strong>nova@example.org</strong>." in page
        client.post(CONFIRM, {"code": codes()[0]})
        assert logged_in(client)


def test_code_sent_after_an_hour_ends_a_quarter_of_an_hour_later(client, settings):
    working = settings.EMAIL_BACKEND
    with time_machine.travel(timezone.now(), tick=False) as clock:
        settings.EMAIL_BACKEND = f"{__name__}.ServerDown"
        ask(client)
        clock.shift(timedelta(hours=1))
        settings.EMAIL_BACKEND = working
        sweep()
        clock.shift(timedelta(minutes=15, seconds=1))
        client.post(CONFIRM, {"code": codes()[0]})
        assert logged_in(client) is None


def test_code_whose_mail_never_left_is_dead_after_a_day(client, settings):
    settings.EMAIL_BACKEND = f"{__name__}.ServerDown"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(client)
        clock.shift(timedelta(hours=24, seconds=1))
        assert client.get(CONFIRM).url == LOGIN


@pytest.fixture
def broker_down():
    """Tasks are really rung, at a broker that is not there."""
    kept = app.conf.task_always_eager, app.conf.broker_url
    app.conf.task_always_eager, app.conf.broker_url = False, "redis://127.0.0.1:1/0"
    yield
    app.conf.task_always_eager, app.conf.broker_url = kept
    app.amqp._producer_pool = app._pool = None


@pytest.mark.usefixtures("broker_down")
def test_code_waits_while_the_broker_is_down(client):
    assert ask(client).url == CONFIRM
    assert mail.outbox == []
    sweep()
    client.post(CONFIRM, {"code": codes()[0]})
    assert logged_in(client)


def test_resend_makes_a_new_code_and_ends_the_old(client):
    ask(client)
    answer = client.post(CONFIRM, {"action": "resend"}, follow=True)
    assert "The code is on its way." in answer.content.decode()
    old, new = codes()
    client.post(CONFIRM, {"code": old})
    assert logged_in(client) is None
    client.post(CONFIRM, {"code": new})
    assert logged_in(client)


def test_resend_keeps_a_code_whose_mail_has_not_left(client, settings):
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.ServerDown"
    ask(client)
    client.post(CONFIRM, {"action": "resend"})
    settings.EMAIL_BACKEND = working
    assert Message.objects.count() == 1


def test_codes_are_limited_for_each_address(client):
    for _time in range(3):
        assert ask(client).status_code == 302
    answer = ask(client)
    assert answer.status_code == 200
    assert "Too many codes were asked for. Wait a minute and try again." in answer.content.decode()
    assert len(mail.outbox) == 3
    assert ask(client, "other@example.org").status_code == 302


def test_code_is_never_readable_in_the_outbox(client, settings):
    settings.EMAIL_BACKEND = f"{__name__}.ServerDown"
    ask(client)
    message = Message.objects.get()
    code = client.session["account_login"]["state"]["stages"]["login_by_code"]["data"]["code"]
    assert code.encode() not in bytes(message.secret)
    assert code not in f"{message.subject}{message.body}{message.error}{message.facts}{message.key}"


def test_login_refuses_to_lead_to_another_site(client):
    ask(client, next_url="https://evil.example/")
    assert client.session["account_login"]["state"]["stages"]["login_by_code"]["data"]["next"] == ""


def test_login_never_gives_a_server_error_for_odd_addresses(client):
    for email in ("", "x", "a" * 300 + "@example.org", "žluťoučký@kůň.cz", "a\x00b@example.org"):
        assert ask(client, email).status_code == 200, email
    assert mail.outbox == []


def test_confirm_page_without_a_login_leads_to_the_start(client):
    assert client.get(CONFIRM).url == LOGIN


@pytest.mark.parametrize("language", ["cs", "en"])
def test_login_pages_are_in_the_language_of_the_address(client, language):
    page = client.get(f"/{language}/accounts/login/").content.decode()
    assert f'<html lang="{language}">' in page
    client.post(f"/{language}/accounts/login/", {"email": "nova@example.org"})
    client.post(f"/{language}/accounts/login/code/confirm/", {"code": codes()[0], "next": PROFILE})
    assert User.objects.get().language == language


def test_next_survives_a_change_of_language(client):
    page = client.get("/en/accounts/login/?next=/en/profile/").content.decode()
    assert 'href="/cs/accounts/login/?next=%2Fen%2Fprofile%2F"' in page


def test_staff_get_into_the_admin_by_a_code(client):
    staff = factories.staff(language="en")
    asked = client.get("/admin/", headers={"accept-language": "en"})
    assert asked.url == "/en/accounts/login/?next=/admin/"
    ask(client, staff.email, next_url="/admin/")
    assert client.post(CONFIRM, {"code": codes()[0]}).url == "/admin/"
    assert client.get("/admin/").status_code == 200
