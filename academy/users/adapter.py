"""What allauth asks the site: how mails leave, where people go next, when to ask who they are again."""

import time
import uuid
from io import BytesIO

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from academy.mail.letters import letter_from_templates
from academy.mail.outbox import queue_secret

from .code_age import LONGEST_WAIT
from .models import User
from .names import MAX_LENGTH, clean_name

# allauth's notices about an account, by the template it would have used.
NOTICES = {
    "account/email/email_changed": _("The e-mail address of your account was changed."),
    "account/email/email_confirm": _("The e-mail address of your account was confirmed."),
    "account/email/email_deleted": _("An e-mail address was removed from your account."),
    "account/email/password_changed": _("The password of your account was changed."),
    "account/email/password_set": _("A password was set for your account."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made for your account."),
    "mfa/email/totp_activated": _("An authenticator app was added to your account."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed from your account."),
    "mfa/email/webauthn_added": _("A passkey was added to your account."),
    "mfa/email/webauthn_removed": _("A passkey was removed from your account."),
    "socialaccount/email/account_connected": _("An account of another service was connected to yours."),
    "socialaccount/email/account_disconnected": _("An account of another service was disconnected from yours."),
}

# What the page says in place of allauth's templates; what is not here is not said.
SENTENCES = {
    "account/messages/logged_in.txt": _("You are logged in."),
    "account/messages/logged_out.txt": _("You are logged out."),
    "account/messages/email_confirmed.txt": _("Your e-mail address is confirmed."),
    "account/messages/email_confirmation_failed.txt": _("There is already an account with this e-mail address."),
    "account/messages/password_changed.txt": _("Your password was changed."),
    "account/messages/password_set.txt": _("Your password was set."),
    "mfa/messages/recovery_codes_generated.txt": _("New recovery codes were made. Keep them in a safe place."),
    "mfa/messages/totp_activated.txt": _("The authenticator app is on."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is off."),
    "mfa/messages/webauthn_added.txt": _("The passkey was added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey was removed."),
    "socialaccount/messages/account_connected.txt": _("The service is connected to your account."),
    "socialaccount/messages/account_connected_updated.txt": _("The service is connected to your account."),
    "socialaccount/messages/account_connected_other.txt": _("The service is connected to somebody else's account."),
    "socialaccount/messages/account_disconnected.txt": _("The service is no longer connected to your account."),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("The code is not right. Check the mail and type it again."),
        "too_many_login_attempts": _("There were too many attempts. Wait a few minutes and try again."),
        "rate_limited": _("There were too many attempts. Wait a few minutes and try again."),
        "email_taken": _("There is already an account with this e-mail address."),
        "email_password_mismatch": _("The e-mail address or the password is not right."),
    }

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        message = message or SENTENCES.get(message_template)
        if message:
            messages.add_message(request, level, message, extra_tags=extra_tags)

    def queue_code(self, template, email, code, language):
        """Queue the mail with this code; return its key (str), by which the code's age is known."""
        expires_at = timezone.now() + LONGEST_WAIT
        return self._queue(f"account/email/{template}", email, {"code": code}, language, expires_at)

    def send_confirmation_mail(self, request, process, signup):
        """Queue the code that proves a new address; its age is counted from sending too."""
        process.state["message"] = self.queue_code(
            "email_confirmation", process.email, process.key, self._language_for(process.email)
        )

    def send_mail(self, template_prefix, email, context):
        """Queue one of allauth's other mails: a notice about the account.

        It goes out like a secret, for it tells from which address and browser somebody
        acted, and that is nobody's business but the person's.
        """
        language = self._language_for(email)
        with translation.override(language):
            sentence = str(NOTICES.get(template_prefix, _("The security settings of your account were changed.")))
        facts = {
            "sentence": sentence,
            "happened_at": timezone.now(),
            "ip": context.get("ip", ""),
            "browser": context.get("user_agent", ""),
            "account_url": settings.PUBLIC_BASE_URL + reverse("users:profile"),
        }
        self._queue("account/email/notice", email, facts, language)

    def _queue(self, template, email, facts, language, expires_at=None):
        with translation.override(language):
            letter = letter_from_templates(template, facts)
        key = f"{template}:{uuid.uuid4()}"
        queue_secret(template, key=key, to=email, language=language, letter=letter, expires_at=expires_at)
        return key

    def _language_for(self, email):
        """Language (code) of the person logged in, else of the address's owner, else of the page."""
        user = getattr(allauth_context.request, "user", None)
        if not (user and user.is_authenticated):
            user = User.objects.filter(email=email.lower()).first()
        return user.language if user else translation.get_language()

    def is_reauthentication_required(self, *, app):
        """Ask again before security settings change, unless the person has logged in just now.

        Who has neither password nor second factor is asked for a code by mail.
        """
        if not super().is_reauthentication_required(app=app):
            return False
        request = allauth_context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        if not get_reauthentication_flows(request.user):
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user):
        """A code by mail will do for those who have no second factor; it must not stand in for one."""
        methods = super().get_reauthentication_methods(user)
        if user.is_authenticated and not is_mfa_enabled(user):
            methods.append(
                {
                    "id": "reauthenticate:code",
                    "description": _("Use a code sent by e-mail"),
                    "url": reverse("account_reauthenticate_by_code"),
                }
            )
        return methods

    def get_logout_redirect_url(self, request):
        return f"/{translation.get_language()}/"

    def get_password_change_redirect_url(self, request):
        return reverse("users:profile")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def populate_user(self, request, sociallogin, data):
        """Take over the name from the other service as far as it can be printed."""
        user = super().populate_user(request, sociallogin, data)
        given = " ".join(filter(None, [data.get("first_name"), data.get("last_name")])) or data.get("name") or ""
        try:
            user.name = clean_name(given)[:MAX_LENGTH]
        except ValidationError:
            user.name = ""
        user.language = translation.get_language()
        return user

    def save_user(self, request, sociallogin, form=None):
        try:
            with transaction.atomic():
                return super().save_user(request, sociallogin, form)
        except IntegrityError as error:
            # Somebody opened an account with the same address in the same moment.
            messages.error(request, _("There is already an account with this e-mail address. Log in to it first."))
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login"))) from error


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is not right. Check it and type it again."),
    }

    def build_totp_svg(self, url):
        """Return the QR code as SVG (str), on white, so that it can be scanned in dark mode too."""
        svg = BytesIO()
        segno.make(url).save(svg, kind="svg", scale=4, light="white")
        return svg.getvalue().decode()
