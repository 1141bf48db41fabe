import pytest

from certificates import serials, tokens


def test_check_character_is_that_of_the_standard():
    # The example of the GRid standard, which uses the same ISO 7064 MOD 37,36.
    assert serials.check_character("A1-2425G-ABC1234002") == "M"


@pytest.mark.parametrize("wrong", ["AC-2027-000132-9", "AC-2027-00123-X", "AC-2027-000123", "", "-", "AC-2027-č-K"])
def test_serial_with_a_typing_error_is_found(wrong):
    assert not serials.is_valid(wrong)


def test_every_single_wrong_character_is_found():
    body = "AC-2027-000123"
    good = f"{body}-{serials.check_character(body)}"
    wrong = {
        good[:place] + other + good[place + 1 :]
        for place, character in enumerate(good)
        for other in serials.ALPHABET
        if character not in ("-", other)
    }

    assert serials.is_valid(good)
    assert [serial for serial in wrong if serials.is_valid(serial)] == []


@pytest.mark.django_db
def test_serials_are_counted_per_year():
    """Cases 32 and 33: each year counts from one."""
    found = [serials.take(year, "AC")[:-2] for year in (2026, 2026, 2027, 2026)]

    assert found == ["AC-2026-000001", "AC-2026-000002", "AC-2027-000001", "AC-2026-000003"]


def test_tokens_are_crockford_and_differ():
    made = {tokens.new() for _try in range(200)}

    assert len(made) == 200
    assert all(tokens.read(token) == token for token in made)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7m3k9qxw2zb4d8ta", "7M3K9QXW2ZB4D8TA"),
        ("OiL19QXW2ZB4D8TA", "01119QXW2ZB4D8TA"),
        ("7M3K-9QXW-2ZB4-D8TA", "7M3K9QXW2ZB4D8TA"),
        ("7M3K9QXW2ZB4D8T", ""),
        ("7M3K9QXW2ZB4D8TAA", ""),
        ("7M3K9QXW2ZB4D8TU", ""),
        ("../../etc/passwd", ""),
        ("", ""),
        ("9" * 5000, ""),
    ],
)
def test_tokens_are_read_as_people_type_them(typed, read):
    assert tokens.read(typed) == read
