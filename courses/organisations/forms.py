"""The form of a group: rows of e-mail and name. Empty rows are left out; adding rows keeps what was typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from academy.users.names import NameField

SHOWN, MORE, MOST = 3, 5, 50


class PersonForm(forms.Form):
    email = forms.EmailField(
        max_length=254, label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = NameField(help_text="", widget=forms.TextInput(attrs={"autocomplete": "off"}))


class _Rows(forms.BaseFormSet):
    def clean(self):
        """The same address twice is a mistake that only the writer can put right."""
        seen = set()
        for form in self.forms:
            email = form.cleaned_data.get("email", "").lower() if hasattr(form, "cleaned_data") else ""
            if email and email in seen:
                form.add_error("email", _("This address stands here twice."))
            seen.add(email)

    @property
    def people(self):
        """[(email, name)] of the rows that were filled in."""
        filled = [form.cleaned_data for form in self.forms if form.cleaned_data]
        return [(data["email"].lower(), data["name"]) for data in filled]


def rows(data=None, *, more=0):
    """The formset (bound if `data`), with at most MOST rows."""
    factory = forms.formset_factory(PersonForm, formset=_Rows, extra=SHOWN, max_num=MOST, absolute_max=MOST)
    if data is not None and more:
        data = data.copy()
        data["people-TOTAL_FORMS"] = str(min(MOST, _number(data.get("people-TOTAL_FORMS")) + more))
    return factory(data, prefix="people")


def _number(text):
    return int(text) if text and text.isascii() and text.isdigit() else SHOWN


class HowForm(forms.Form):
    """What to do when there are fewer seats than people."""

    ALL, SOME = "all", "some"
    how = forms.ChoiceField(
        label=_("If there are too few seats"),
        choices=[(ALL, _("enroll nobody")), (SOME, _("enroll the first in the list, as many as possible"))],
        widget=forms.RadioSelect,
        initial=ALL,
    )


class SwapForm(PersonForm):
    """Who comes instead."""
