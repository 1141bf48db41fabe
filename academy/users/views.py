"""The account pages: in by a code, in by a password, proving an address, the profile."""

from datetime import timedelta

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.email_verification_by_code import EMAIL_VERIFICATION_CODE_SESSION_KEY
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.internal.templatekit import get_entrance_context_data
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.stages import LoginByCodeStage
from allauth.account.views import (
    BaseReauthenticateView,
    ConfirmEmailVerificationCodeView,
    ConfirmLoginCodeView,
    LoginView,
    PasswordChangeView,
    PasswordSetView,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView, ViewRecoveryCodesView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from django.views.generic.edit import FormView

from academy.errors import RuleError

from . import codes
from .forms import CodeForm, ConsentsForm, EnterForm, ProfileForm
from .models import User


class EnterView(RedirectAuthenticatedUserMixin, NextRedirectMixin, FormView):
    """Log in or sign up: type an e-mail address, get a code."""

    form_class = EnterForm
    template_name = "account/login.html"

    def _redirect_to_pending_stage(self, request, stage):
        """Show the form even while a code is under way: whoever comes back here mistyped the address."""

    def form_valid(self, form):
        try:
            return codes.send_code(self.request, form.cleaned_data["email"], next_url=self.get_next_url() or "")
        except RuleError as refusal:
            form.add_error(None, refusal.sentence)
            return self.form_invalid(form)

    def get_context_data(self, **kwargs):
        return {**super().get_context_data(**kwargs), **get_entrance_context_data(self.request)}


class PasswordLoginView(LoginView):
    template_name = "account/login_by_password.html"

    def _redirect_to_pending_stage(self, request, stage):
        """Show the form: see EnterView."""


@method_decorator(
    [never_cache, login_stage_required(stage=LoginByCodeStage.key, redirect_urlname="account_login")], name="dispatch"
)
class ConfirmCodeView(ConfirmLoginCodeView):
    """Type the code; the page says whether its mail has left and until when the code holds."""

    def dispatch(self, request, *args, **kwargs):
        self.stage = request._login_stage
        self._process = codes.LoginProcess.resume(self.stage)
        if self._process is None:
            messages.error(request, _("The code is no longer valid. Ask for a new one."))
            return HttpResponseRedirect(reverse("account_login"))
        return super(ConfirmLoginCodeView, self).dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return {**super().get_context_data(**kwargs), "valid_until": self._process.valid_until}

    def _resend_form_valid(self, form):
        messages.info(self.request, _("The code is on its way."))
        return super()._resend_form_valid(form)


class ConfirmEmailView(ConfirmEmailVerificationCodeView):
    """Type the code sent to a new address; its age too is counted from sending."""

    def dispatch(self, request, *args, **kwargs):
        state = request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY)
        if state and "message" in state:
            age = codes.age_of(state)
            lifetime = timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)
            asked_at = timezone.now() - (timedelta(seconds=age) if age is not None else 2 * lifetime)
            state["at"] = asked_at.timestamp()
            request.session.modified = True
        return super().dispatch(request, *args, **kwargs)

    def _verify_form_valid(self, form):
        try:
            with transaction.atomic():
                return super()._verify_form_valid(form)
        except IntegrityError:
            # Somebody else proved the same address in the same moment.
            form.add_error(None, get_adapter().error_messages["email_taken"])
            return self.render_to_response(self.get_context_data(form=form))


@method_decorator(login_required, name="dispatch")
class ReauthenticateByCodeView(BaseReauthenticateView):
    """Prove by a code sent to the account's address that it is still you."""

    form_class = CodeForm
    template_name = "account/reauthenticate_by_code.html"

    def dispatch(self, request, *args, **kwargs):
        self._process = codes.ReauthenticationProcess.resume(request)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if self._process and request.POST.get("action") != "send":
            return super().post(request, *args, **kwargs)
        try:
            codes.ReauthenticationProcess.start(request)
        except RuleError as refusal:
            messages.error(request, refusal.sentence)
        return HttpResponseRedirect(self.passthrough_next_url(request.path))

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "code": self._process.code if self._process else ""}

    def form_valid(self, form):
        self._process.finish()
        return super().form_valid(form)

    def form_invalid(self, form):
        if self._process.record_invalid_attempt():
            return super().form_invalid(form)
        messages.error(self.request, get_adapter().error_messages["too_many_login_attempts"])
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))

    def get_context_data(self, **kwargs):
        return {
            **super().get_context_data(**kwargs),
            "process": self._process,
            "valid_until": self._process.valid_until if self._process else None,
        }


change_password = reauthentication_required(app="allauth.account")(PasswordChangeView.as_view())
set_password = reauthentication_required(app="allauth.account")(PasswordSetView.as_view())


@method_decorator(never_cache, name="dispatch")
class RecoveryCodesView(ViewRecoveryCodesView):
    """How many codes are left; a button shows them, because allauth notes that they have been seen."""

    def post(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    def get(self, request, *args, **kwargs):
        codes_of_user = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES).first()
        if codes_of_user is None:
            raise Http404
        raise_if_reauthentication_required(request, app="allauth.mfa")
        return self.render_to_response({"unused_count": len(codes_of_user.wrap().get_unused_codes())})


class RecoveryCodesFile(DownloadRecoveryCodesView):
    def post(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())


download_recovery_codes = require_POST(RecoveryCodesFile.as_view())


class ForgottenPasswordView(TemplateView):
    """No second way back in: a code by mail opens the account, and a new password can be set there."""

    template_name = "account/password_reset.html"


def not_here(request, *args, **kwargs):
    """Answer 404 for addresses that allauth offers and this site does not."""
    raise Http404


class ProfileView(LoginRequiredMixin, FormView):
    """One's own name, language and time zone; the way to everything else about the account."""

    form_class = ProfileForm
    template_name = "users/profile.html"
    success_url = reverse_lazy("users:profile")

    def get_form_kwargs(self):
        # a copy: what a refused form typed must not show elsewhere on the page
        return {**super().get_form_kwargs(), "instance": User.objects.get(pk=self.request.user.pk)}

    def form_valid(self, form):
        form.save()
        messages.success(self.request, _("Your profile was saved."))
        return super().form_valid(form)

    def get_context_data(self, **kwargs):
        kwargs.setdefault("consents_form", ConsentsForm(user=self.request.user))
        return {
            **super().get_context_data(**kwargs),
            "memberships": self.request.user.memberships.select_related("organisation").order_by("organisation__name"),
        }


@login_required
@require_POST
def save_consents(request):
    """Give or withdraw one's consents."""
    form = ConsentsForm(request.POST, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your consents were saved."))
    return redirect("users:profile")
