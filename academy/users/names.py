"""People's names: made uniform, and refused only where they could not be printed at all."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 150
# Joiners shape Persian, Hindi and others; between Latin letters they are only a disguise.
JOINERS = "\u200c\u200d"
# Unicode general categories that have no printed form: controls, surrogates, private use, unassigned.
UNPRINTABLE = {"Cc", "Cs", "Co", "Cn"}


def clean_name(text):
    """Return the name (str) in NFC with single spaces and without invisible characters.

    Zero-width characters and those that turn the direction of writing are left out
    silently: nobody types them on purpose. Raises ValidationError for a character
    that cannot be printed, and names it.
    """
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    for character in text:
        if unicodedata.category(character) in UNPRINTABLE:
            raise ValidationError(
                _("The name contains a character that cannot be printed (U+%(code)s). Delete it and try again."),
                code="unprintable",
                params={"code": f"{ord(character):04X}"},
            )
    kept = [
        character for place, character in enumerate(text) if not _is_invisible(character) or _is_joining(text, place)
    ]
    return re.sub(r" +", " ", "".join(kept)).strip()


def _is_invisible(character):
    return unicodedata.category(character) == "Cf" or character in "\u034f\u115f\u1160\u3164\uffa0"


def _is_joining(text, place):
    """Whether text[place] is a joiner between two characters of a script (or emoji) that uses them."""
    if text[place] not in JOINERS or not 0 < place < len(text) - 1:
        return False
    return all(
        ord(neighbour) > 0x0590 and not _is_invisible(neighbour) for neighbour in text[place - 1 : place + 2 : 2]
    )


class NameField(forms.CharField):
    """A person's name as it should stand on a certificate: str, at most 150 characters, cleaned."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Full name"))
        kwargs.setdefault("help_text", _("As it should stand on your certificate."))
        kwargs.setdefault("max_length", MAX_LENGTH)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("autocomplete", "name")

    def to_python(self, value):
        value = super().to_python(value)
        return clean_name(value) if value else value
