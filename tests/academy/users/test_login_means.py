"""Passwords, a changed address, the second factor, and being asked once more who one is."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.utils import timezone

from academy.mail.models import Message
from academy.users.models import User
from tests.factories import users

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "several words that fit not"
LOGIN = "/en/accounts/login/"
CONFIRM = "/en/accounts/login/code/confirm/"
PASSWORD_LOGIN = "/en/accounts/login/password/"
AGAIN = "/en/accounts/reauthenticate/code/"


@pytest.fixture
def eva():
    return users.user("Eva", email="eva@example.org", language="en")


def last_code():
    return re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body).group()


def log_in(client, user):
    """Log in by a code, just now."""
    client.post(LOGIN, {"email": user.email, "next": "/en/profile/"})
    return client.post(CONFIRM, {"code": last_code()})


def number_now(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_password_can_be_set_right_after_a_login_by_code(client, eva):
    log_in(client, eva)
    answer = client.post("/en/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.url == "/en/profile/"
    eva.refresh_from_db()
    assert eva.check_password(PASSWORD)
    assert "A password was set for your account." in mail.outbox[-1].subject
    assert client.get("/en/profile/").status_code == 200


def test_password_lets_in_and_next_survives(client, eva):
    eva.set_password(PASSWORD)
    eva.save()
    page = client.get(f"{LOGIN}?next=/en/profile/").content.decode()
    assert f'href="{PASSWORD_LOGIN}?next=/en/profile/"' in page
    answer = client.post(PASSWORD_LOGIN, {"login": "EVA@example.org", "password": PASSWORD, "next": "/en/profile/"})
    assert answer.url == "/en/profile/"


@pytest.mark.parametrize("email", ["eva@example.org", "nobody@example.org"])
def test_wrong_password_gives_the_same_sentence_for_everybody(client, eva, email):
    answer = client.post(PASSWORD_LOGIN, {"login": email, "password": "wrong"})
    assert "The e-mail address or the password is not right." in answer.content.decode()


def test_wrong_passwords_are_limited(client, eva):
    eva.set_password(PASSWORD)
    eva.save()
    for _time in range(5):
        client.post(PASSWORD_LOGIN, {"login": eva.email, "password": "wrong"})
    answer = client.post(PASSWORD_LOGIN, {"login": eva.email, "password": PASSWORD})
    assert "There were too many attempts." in answer.content.decode()


@pytest.mark.parametrize("weak", ["short", "123456789012", "eva@example.org"])
def test_weak_passwords_are_refused(client, eva, weak):
    log_in(client, eva)
    assert client.post("/en/accounts/password/set/", {"password1": weak, "password2": weak}).status_code == 200
    eva.refresh_from_db()
    assert not eva.has_usable_password()


def test_forgotten_password_leads_to_a_code_and_a_new_password(client, eva):
    eva.set_password("the forgotten one is this")
    eva.save()
    assert "Log in with a code" in client.get("/en/accounts/password/reset/").content.decode()
    log_in(client, eva)
    client.post("/en/accounts/password/change/", {"password1": PASSWORD, "password2": PASSWORD})
    eva.refresh_from_db()
    assert eva.check_password(PASSWORD)
    assert client.get("/en/accounts/password/reset/key/1-abc/").status_code == 404


def test_old_session_is_asked_for_a_code_before_a_password_is_set(client, eva):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(client, eva)
        clock.shift(timedelta(minutes=16))
        asked = client.post("/en/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
        assert asked.url.startswith(AGAIN)
        assert "we send a code to eva@example.org" in client.get(asked.url).content.decode()
        client.post(asked.url, {"action": "send"})
        assert "We sent a code to" in client.get(asked.url).content.decode()
        wrong = client.post(asked.url, {"code": "AAA-AAA"})
        assert "The code is not right." in wrong.content.decode()
        assert not User.objects.get().has_usable_password()
        answer = client.post(asked.url, {"code": last_code()})
        assert answer.url == "/en/profile/"
        assert User.objects.get().check_password(PASSWORD)


def test_asking_again_ends_after_five_wrong_codes(client, eva):
    client.force_login(eva)
    client.post(AGAIN, {"action": "send"})
    for _time in range(5):
        client.post(AGAIN, {"code": "AAA-AAA"})
    page = client.get(AGAIN).content.decode()
    assert "There were too many attempts." in page
    assert "we send a code to eva@example.org" in page


def test_asking_again_is_for_those_who_are_logged_in(client):
    assert client.get(AGAIN).url == f"{LOGIN}?next={AGAIN}"
    assert client.get("/en/accounts/password/set/").url.startswith(LOGIN)


def test_address_changes_once_its_code_was_typed(client, eva):
    log_in(client, eva)
    answer = client.post("/en/accounts/email/", {"email": "Nova@example.org", "action_add": ""})
    assert answer.url == "/en/accounts/confirm-email/"
    assert mail.outbox[-1].to == ["nova@example.org"]
    eva.refresh_from_db()
    assert eva.email == "eva@example.org"
    client.post("/en/accounts/confirm-email/", {"code": last_code()})
    eva.refresh_from_db()
    assert eva.email == "nova@example.org"
    assert list(eva.emailaddress_set.values_list("email", "verified", "primary")) == [("nova@example.org", True, True)]
    told = [message for message in mail.outbox if "was changed" in message.subject]
    assert [message.to for message in told] == [["eva@example.org"]]


def test_code_for_a_new_address_is_counted_from_sending(client, eva):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(client, eva)
        client.post("/en/accounts/email/", {"email": "nova@example.org", "action_add": ""})
        Message.objects.filter(to="nova@example.org").update(sent_at=timezone.now() + timedelta(hours=1))
        clock.shift(timedelta(hours=1, minutes=14))
        client.post("/en/accounts/confirm-email/", {"code": last_code()})
        eva.refresh_from_db()
        assert eva.email == "nova@example.org"


def test_old_code_for_a_new_address_is_refused(client, eva):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(client, eva)
        client.post("/en/accounts/email/", {"email": "nova@example.org", "action_add": ""})
        clock.shift(timedelta(minutes=15, seconds=1))
        assert client.post("/en/accounts/confirm-email/", {"code": last_code()}).url == "/en/accounts/email/"
        eva.refresh_from_db()
        assert eva.email == "eva@example.org"


def test_somebody_elses_address_is_refused_without_telling_before_the_code(client, eva):
    users.user(email="jana@example.org")
    log_in(client, eva)
    answer = client.post("/en/accounts/email/", {"email": "jana@example.org", "action_add": ""})
    assert answer.url == "/en/accounts/confirm-email/"
    answer = client.post("/en/accounts/confirm-email/", {"code": last_code()})
    assert "There is already an account with this e-mail address." in answer.content.decode()
    eva.refresh_from_db()
    assert eva.email == "eva@example.org"


def test_second_factor_is_asked_after_the_code(client, eva):
    log_in(client, eva)
    page = client.get("/en/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code>(\w+)</code>", page).group(1)
    answer = client.post("/en/accounts/2fa/totp/activate/", {"code": number_now(secret)})
    assert answer.url == "/en/accounts/2fa/recovery-codes/"
    recovery = re.findall(r"<li><code>(\d+)</code></li>", client.post(answer.url).content.decode())
    assert len(recovery) == 10
    assert "An authenticator app was added to your account." in mail.outbox[-1].subject

    client.post("/en/accounts/logout/")
    asked = log_in(client, eva)
    assert asked.url == "/en/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    wrong = client.post(asked.url, {"code": "000000"})
    assert "The code is not right. Check it and type it again." in wrong.content.decode()
    answer = client.post(asked.url, {"code": recovery[0]})
    assert answer.url == "/en/profile/"
    assert client.session["_auth_user_id"] == str(eva.pk)


def test_second_factor_cannot_be_replaced_by_a_code_when_asked_again(client, eva):
    TOTP.activate(eva, "JBSWY3DPEHPK3PXP")
    client.force_login(eva)
    asked = client.get("/en/accounts/2fa/totp/deactivate/")
    assert asked.url.startswith("/en/accounts/2fa/reauthenticate/")
    assert AGAIN not in client.get(asked.url).content.decode()
    assert client.get(AGAIN).url.startswith("/en/accounts/2fa/reauthenticate/")
    assert Authenticator.objects.count() == 1


def test_second_factor_can_be_turned_off(client, eva):
    TOTP.activate(eva, "JBSWY3DPEHPK3PXP")
    client.force_login(eva)
    asked = client.get("/en/accounts/2fa/totp/deactivate/")
    client.post(asked.url, {"code": number_now("JBSWY3DPEHPK3PXP")})
    client.post("/en/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()


def test_somebody_elses_passkey_is_not_there(client, eva):
    other = users.user()
    key = Authenticator.objects.create(user=other, type=Authenticator.Type.WEBAUTHN, data={"name": "x"})
    log_in(client, eva)
    for address in (
        f"/en/accounts/2fa/webauthn/keys/{key.pk}/edit/",
        f"/en/accounts/2fa/webauthn/keys/{key.pk}/remove/",
    ):
        assert client.post(address, {"name": "y"}).status_code == 404
    assert Authenticator.objects.get().data == {"name": "x"}


def test_logout_needs_a_post(client, eva):
    client.force_login(eva)
    assert client.get("/en/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/en/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_notices_are_in_the_persons_language_and_not_readable_in_the_log(client, eva):
    log_in(client, eva)
    client.post("/cs/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    message = Message.objects.get(kind="account/email/notice")
    assert (message.language, message.subject, message.body, message.secret) == ("en", "", "", None)
    assert "Internet address: 127.0.0.1" in mail.outbox[-1].body


def test_password_does_not_open_the_admin_past_the_second_factor(client, eva):
    eva.set_password(PASSWORD)
    eva.is_superuser = True
    eva.save()

    answer = client.get("/admin/login/?next=/admin/pages/")
    assert answer.url.endswith("/accounts/login/?next=/admin/pages/")

    client.post("/admin/login/", {"username": "eva@example.org", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
