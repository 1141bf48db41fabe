import pytest
from django.utils import translation

from academy.mail.letters import letter_from_templates
from academy.mail.models import LetterText, LetterTextChange
from academy.mail.texts import UnknownLetter, UnknownPlaceholder, change_text, reset_text, words_of
from tests.factories import users

pytestmark = pytest.mark.django_db

NAME = "courses/mail/application_received"


def test_words_are_used_in_their_language_only():
    change_text(NAME, "cs", {"subject": "Přišla přihláška"}, by=users.user())

    with translation.override("cs"):
        assert letter_from_templates(NAME, {}).subject == "Přišla přihláška"
    with translation.override("en"):
        assert letter_from_templates(NAME, {}).subject.startswith("Application received")
    assert words_of(NAME, "en") == {"subject": "", "opening": "", "closing": ""}


def test_every_change_is_kept_with_who_and_what_stood_before():
    first, second = users.user("První"), users.user("Druhá")
    change_text(NAME, "cs", {"opening": "Jedna"}, by=first)
    change_text(NAME, "cs", {"opening": "Dva"}, by=second)
    change_text(NAME, "cs", {"opening": "Dva\r\n"}, by=first)

    assert [(row.by, row.before["opening"], row.after["opening"]) for row in LetterTextChange.objects.all()] == [
        (second, "Jedna", "Dva"),
        (first, "", "Jedna"),
    ]


def test_reset_brings_the_shipped_words_back_and_stays_in_the_history():
    with translation.override("cs"):
        shipped = letter_from_templates(NAME, {}).subject
    change_text(NAME, "cs", {"subject": "Vlastní"}, by=users.user())

    reset_text(NAME, "cs", by=users.user())

    with translation.override("cs"):
        assert letter_from_templates(NAME, {}).subject == shipped
    assert LetterTextChange.objects.first().before["subject"] == "Vlastní"


def test_unknown_placeholder_and_unknown_letter_are_refused():
    with pytest.raises(UnknownPlaceholder):
        change_text(NAME, "cs", {"closing": "{link}"}, by=users.user())
    with pytest.raises(UnknownLetter):
        change_text("account/email/login_code", "cs", {"subject": "x"}, by=users.user())
    assert not LetterText.objects.exists()
