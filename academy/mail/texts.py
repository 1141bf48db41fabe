"""Change the words of a letter, and put the shipped ones back. Every change is kept with who and when."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError

from .models import LetterText, LetterTextChange
from .wording import PARTS, letter_names, unknown_placeholders


class UnknownLetter(RuleError):
    sentence = _("There is no such letter.")


class UnknownPlaceholder(RuleError):
    sentence = _("A placeholder in the text is not known in this letter.")


def words_of(name, language):
    """Return {part: str} of the office's own words; empty where the shipped ones stand."""
    text = LetterText.objects.filter(name=name, language=language).first()
    return {part: getattr(text, part) if text else "" for part in PARTS}


def change_text(name, language, words, *, by, at=None):
    """Keep the office's words ({part: str}) for a letter in one language; return its LetterText.

    An empty part means the shipped words. Nothing is recorded when nothing changes.
    Raises UnknownLetter, UnknownPlaceholder.
    """
    if name not in letter_names():
        raise UnknownLetter
    # Browsers send lines with CR LF.
    words = {part: words.get(part, "").replace("\r\n", "\n").strip() for part in PARTS}
    if any(unknown_placeholders(name, text) for text in words.values()):
        raise UnknownPlaceholder
    at = at or timezone.now()
    with transaction.atomic():
        LetterText.objects.get_or_create(name=name, language=language)
        text = LetterText.objects.select_for_update().get(name=name, language=language)
        before = {part: getattr(text, part) for part in PARTS}
        if before == words:
            return text
        for part in PARTS:
            setattr(text, part, words[part])
        text.changed_at = at
        text.save()
        LetterTextChange.objects.create(text=text, at=at, by=by, before=before, after=words)
        return text


def reset_text(name, language, *, by, at=None):
    """Put the shipped words back; return the LetterText. What stood there is kept in the history."""
    return change_text(name, language, {}, by=by, at=at)
