import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from academy.users.names import NameField, clean_name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Jana \t Nova\u0301kova\u0301\n", "Jana Nováková"),
        ("Jana\u200b \u202eNováková\u2066", "Jana Nováková"),
        ("J\u200dana", "Jana"),
        ("\ufeffEva", "Eva"),
        ("مریم می\u200cرزا", "مریم می\u200cرزا"),
        ("محمد عبد الله", "محمد عبد الله"),
        ("DJ 👩\u200d🎤", "DJ 👩\u200d🎤"),
        ("A\u0323\u0303\u0301", "Ạ\u0303\u0301"),
        ("x" * 93, "x" * 93),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_clean_name_keeps_what_can_be_printed(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x9b", "\ue000"])
def test_clean_name_refuses_what_cannot_and_names_it(character):
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        clean_name(f"Jana{character}")
    with translation.override("en"):  # only now is the sentence put into words
        assert refused.value.messages == [
            f"The name contains a character that cannot be printed (U+{ord(character):04X}). Delete it and try again."
        ]


def test_name_field_counts_after_cleaning():
    assert NameField().clean("e\u0301" * 150) == "é" * 150
    with pytest.raises(ValidationError):
        NameField().clean("é" * 151)
