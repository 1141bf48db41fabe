"""Login by a code sent by mail: one way in, for newcomers and for returning people.

Whoever types the code has proven the address; only then is an account opened. The
mail is the same for a known and an unknown address, so nobody learns from it who
has an account. A code's lifetime begins when its mail was sent: while the mail
server is down, nobody has seen the code and it does not age.
"""

import time
from datetime import timedelta

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core import ratelimit
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError
from academy.mail.models import Message
from academy.mail.tasks import deliver_secret

from .accounts import account_of
from .code_age import LONGEST_WAIT
from .models import User


class TooManyCodes(RuleError):
    sentence = _("Too many codes were asked for. Wait a minute and try again.")


def send_code(request, email, *, next_url="", name=""):
    """Start a login: queue a code for `email` and return the redirect to the page where it is typed.

    `next_url` is an address on this site, where the person continues; `name` is what
    they typed on the way and fills an empty name of their account. Raises TooManyCodes.
    """
    email = email.strip().lower()
    if not ratelimit.consume(request, action="request_login_code", key=email):
        raise TooManyCodes
    LoginProcess.start(request, email, next_url=next_url, name=name)
    return HttpResponseRedirect(reverse("account_confirm_login_code"))


def sending_of(state):
    """Return the Message that carries the code of this process state (dict), or None."""
    return Message.objects.filter(key=state.get("message", "")).first()


def age_of(state, *, at=None):
    """Return how old the code of this state is (seconds), counted from sending; None if it is dead.

    Zero while the mail is under way.
    """
    now = at or timezone.now()
    message = sending_of(state)
    if message is None:
        return None
    if message.sent_at:
        return (now - message.sent_at).total_seconds()
    is_lost = message.status in {Message.Status.FAILED, Message.Status.SKIPPED}
    return None if is_lost or now - message.queued_at > LONGEST_WAIT else 0


class CountedFromSending:
    """What the processes below share: state["message"] is the key of the mail with the present code."""

    def is_valid(self):
        age = age_of(self.state)
        return age is not None and age <= self.timeout

    def resend(self):
        """Send a new code; or only ring again when the mail with the present one has not left yet."""
        message = sending_of(self.state)
        if message and not message.sent_at:
            deliver_secret.ring(message.pk)
        else:
            self.send()
        self.record_resend()
        self.persist()

    @property
    def valid_until(self):
        """When the code ends (datetime), or None while its mail is under way."""
        message = sending_of(self.state)
        return message.sent_at + timedelta(seconds=self.timeout) if message and message.sent_at else None


class LoginProcess(CountedFromSending, LoginCodeVerificationProcess):
    """allauth's login by code, which here also opens the account of an unknown address."""

    @classmethod
    def start(cls, request, email, *, next_url="", name=""):
        """Queue a code and remember in the session what the login is for."""
        user = User.objects.filter(email=email, is_active=True).first()
        # allauth gives a login fifteen minutes in all; here they may begin to count a day later.
        login = Login(user=user, email=email, initiated_at=time.time() + LONGEST_WAIT.total_seconds())
        login.state["stages"] = {"current": LoginByCodeStage.key}
        stage = LoginByCodeStage(LoginStageController(request, login), request, login)
        stage.state.update(cls.initial_state(user=user, email=email))
        stage.state.update({"initiated_by_user": True, "next": next_url, "name": name})
        process = cls(stage=stage)
        process.send()
        process.persist()

    @classmethod
    def resume(cls, stage):
        return cls(stage=stage).abort_if_invalid()

    def send_by_email(self, email, skip_enumeration_mails=False):
        """Queue the code's mail, the same whether or not the address is known."""
        language = self.user.language if self.user else get_language()
        self.state["message"] = get_adapter().queue_code("login_code", email, self.generate_code(), language)

    def finish(self, redirect_url):
        """The code was right: find or open the account and go on logging in."""
        self._user = account_of(self.state["email"], name=self.state["name"], language=get_language())
        return super().finish(redirect_url or self.state["next"] or None)


class ReauthenticationProcess(CountedFromSending, AbstractCodeVerificationProcess):
    """A code by mail that proves once more who sits at a session that is logged in."""

    SESSION_KEY = "reauthentication_code"

    def __init__(self, request, state):
        self.request = request
        super().__init__(
            state=state,
            user=request.user,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
        )

    @classmethod
    def start(cls, request):
        """Queue a code for the person who is logged in. Raises TooManyCodes."""
        if not ratelimit.consume(request, action="request_login_code", key=request.user.email):
            raise TooManyCodes
        process = cls(request, cls.initial_state(request.user))
        process.send()
        process.persist()

    @classmethod
    def resume(cls, request):
        """Return the process under way and still valid, or None."""
        state = request.session.get(cls.SESSION_KEY)
        return cls(request, state).abort_if_invalid() if state else None

    def send(self):
        adapter = get_adapter()
        self.state["code"] = adapter.generate_login_code()
        self.state["message"] = adapter.queue_code("login_code", self.user.email, self.code, self.user.language)

    def persist(self):
        self.request.session[self.SESSION_KEY] = self.state

    def abort(self):
        self.request.session.pop(self.SESSION_KEY, None)

    def finish(self):
        """The code was right: note it, so that the suspended request may go on."""
        self.abort()
        record_authentication(self.request, self.user, method="code", email=self.user.email, reauthenticated=True)
