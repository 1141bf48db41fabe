"""Lists of options of the filters, put together at once."""

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

SELECTED = mark_safe(" selected")


class PlainSelect(forms.Select):
    """A list of options put together at once: Django renders a template for each, a sixth of the catalogue's time."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = str(value or "")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((option, SELECTED if option == chosen else "", label) for option, label in self.choices),
        )
        return format_html("<select{}>{}</select>", flatatt({"name": name, **(attrs or {})}), options)


def choice(label):
    """A field to choose one of the options that are set later, or none."""
    return forms.ChoiceField(label=label, required=False, widget=PlainSelect)
