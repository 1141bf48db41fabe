"""The form that finds a certificate by what is printed on it."""

from django import forms
from django.utils.translation import gettext_lazy as _


class LookupForm(forms.Form):
    """Serial numbers can be counted through, so a second printed fact is asked for."""

    serial = forms.CharField(label=_("Serial number"), max_length=40, help_text=_("Such as AC-2027-000123-K."))
    fact = forms.CharField(
        label=_("Surname or date of issue"),
        max_length=150,
        help_text=_("As printed on the certificate."),
        error_messages={"required": _("Fill in the surname or the date of issue.")},
    )
