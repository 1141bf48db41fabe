"""Forms of the account pages."""

import zoneinfo

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    ConfirmEmailVerificationCodeForm,
    ConfirmLoginCodeForm,
    LoginForm,
    ReauthenticateForm,
    SetPasswordForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MFAReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from . import consents
from .models import Consent, User
from .names import NameField

ADDRESS_LENGTH = User._meta.get_field("email").max_length
CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def time_zone_choices():
    """Return the zones as choices of optgroups, [(continent, [(name, label), ...]), ...], and UTC first."""
    groups = {continent: [] for continent in CONTINENTS}
    for name in sorted(zoneinfo.available_timezones()):
        continent, _separator, place = name.partition("/")
        if place and continent in groups:
            groups[continent].append((name, place.replace("_", " ")))
    return [("UTC", "UTC"), *groups.items()]


def plain(field, label, **attributes):
    """Give a field of allauth's the site's label, and no placeholder that would repeat it."""
    field.label = label
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class EnterForm(forms.Form):
    """The one thing that a newcomer and a returning person type: their e-mail address."""

    email = forms.EmailField(
        max_length=ADDRESS_LENGTH,
        label=_("E-mail address"),
        help_text=_("We send you a code. You need no password and no account beforehand."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class CodeFieldMixin:
    """Label the code and keep keyboards from correcting it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self.fields["code"], _("Code from the mail"), autocapitalize="characters", spellcheck="false")


class CodeForm(CodeFieldMixin, ConfirmLoginCodeForm):
    pass


class EmailCodeForm(CodeFieldMixin, ConfirmEmailVerificationCodeForm):
    pass


class PasswordLoginForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self.fields["login"], _("E-mail address"), autocomplete="email")
        plain(self.fields["password"], _("Password"))
        self.fields["password"].help_text = _("Forgotten? Log in with a code; then you can set a new one.")


class PasswordAgainForm(ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self.fields["password"], _("Password"))
        self.fields["password"].help_text = ""


class NewPasswordForm(SetPasswordForm):
    """Set or change the password. The old one is not asked for: the view asks who you are instead."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self.fields["password1"], _("New password"))
        plain(self.fields["password2"], _("New password once more"))
        self.fields["password1"].help_text = _("At least 12 characters. Several words that do not belong together do.")


class ChangedPasswordForm(NewPasswordForm, ChangePasswordForm):
    oldpassword = None


class NewEmailForm(AddEmailForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self.fields["email"], _("New e-mail address"), autocomplete="email")
        self.fields["email"].help_text = _("We send a code there. The address changes once you have typed it.")


class NumberFieldMixin:
    """Label the field for what an authenticator app shows."""

    number_label = _("Number from the app, or a recovery code")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self.fields["code"], self.number_label, autocomplete="one-time-code")


class SecondFactorForm(NumberFieldMixin, AuthenticateForm):
    pass


class SecondFactorAgainForm(NumberFieldMixin, MFAReauthenticateForm):
    pass


class AuthenticatorAppForm(NumberFieldMixin, ActivateTOTPForm):
    number_label = _("Number from the app")


class PasskeyForm(AddWebAuthnForm):
    """A new passkey, always one that can log in by itself."""

    # allauth's script asks whether the box is ticked; here it always is, and so is not shown
    passwordless = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput(attrs={"checked": True}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")
        self.fields["name"].help_text = _("Such as “my phone”, to tell it from others.")
        self.fields["name"].max_length = 100


class ProfileForm(forms.ModelForm):
    name = NameField(required=False)

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = time_zone_choices()
        known = {name for group in choices[1:] for name, _label in group[1]} | {"UTC"}
        if self.instance.time_zone not in known:
            choices.insert(0, (self.instance.time_zone, self.instance.time_zone))
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            choices=choices,
            help_text=_("Times are shown where a thing happens, and in your zone too where the two differ."),
        )


class ConsentsForm(forms.Form):
    """One box for each consent; ticking gives it, clearing withdraws it."""

    def __init__(self, *args, user, **kwargs):
        self.user = user
        live = consents.live_kinds(user)
        super().__init__(*args, **kwargs)
        for kind in Consent.Kind:
            self.fields[kind.value] = forms.BooleanField(
                label=consents.WORDINGS[kind], required=False, initial=kind.value in live
            )

    def save(self):
        live = consents.live_kinds(self.user)
        for kind in Consent.Kind:
            if self.cleaned_data[kind.value] and kind.value not in live:
                consents.give(self.user, kind)
            elif not self.cleaned_data[kind.value] and kind.value in live:
                consents.withdraw(self.user, kind)
