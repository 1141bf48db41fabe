"""The Czech payment code, and account numbers."""

import binascii
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from courses.payments import iban, spayd

ORDER = spayd.Order(
    iban="CZ6508000000192000145399",
    amount=90_050,
    currency="CZK",
    variable_symbol=2600000012,
    due=date(2027, 1, 31),
    message="Příliš žluťoučký kůň*",
)


def test_the_code_says_everything_a_bank_needs():
    assert spayd.text(ORDER) == (
        "SPD*1.0*ACC:CZ6508000000192000145399*AM:900.50*CC:CZK*DT:20270131*MSG:PRILIS ZLUTOUCKY KUN%2A*X-VS:2600000012"
    )


def test_the_bic_stands_behind_the_account():
    order = spayd.Order(**{**ORDER.__dict__, "bic": "GIBACZPX", "name": "Hudební kancelář"})
    assert "*ACC:CZ6508000000192000145399+GIBACZPX*" in spayd.text(order)
    assert "*RN:HUDEBNI KANCELAR*" in spayd.text(order)


def test_the_checksum_is_that_of_the_code_without_it():
    plain, checked = spayd.text(ORDER), spayd.text(ORDER, with_checksum=True)
    assert checked == f"{plain}*CRC32:{binascii.crc32(plain.encode()):08X}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ěščřžýáíéúůóďťňĚŠČŘŽÝÁÍÉÚŮÓĎŤŇ", "ESCRZYAIEUUODTNESCRZYAIEUUODTN"),
        ("100 % jistota", "100 %25 JISTOTA"),
        ("a\nb\t c", "A B C"),
        ("x" * 80, "X" * 60),
        ("Łukasz Müller", "LUKASZ MULLER"),
    ],
)
def test_messages_are_plain_capitals_of_limited_length(words, expected):
    assert spayd.escaped(words, 60) == expected


def test_a_message_in_any_script_is_ascii():
    assert spayd.escaped("🎸 Ελλάδα", 60).isascii()


def test_the_code_is_drawn_as_svg_and_png():
    assert spayd.svg_uri(spayd.text(ORDER)).startswith("data:image/svg+xml")
    assert spayd.png(spayd.text(ORDER)).startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    "text", ["CZ6508000000192000145399", "cz65 0800 0000 1920 0014 5399", "DE89370400440532013000"]
)
def test_good_ibans_pass(text):
    iban.validate_iban(text)


@pytest.mark.parametrize(
    "text",
    ["", "CZ6508000000192000145398", "CZ650800000019200014539", "19-2000145399/0800", "CZ65", "ÁZ6508000000192000"],
)
def test_bad_ibans_are_refused(text):
    with pytest.raises(ValidationError):
        iban.validate_iban(text)


@pytest.mark.parametrize("text", ["GIBACZPX", "FIOBCZPPXXX"])
def test_good_bics_pass(text):
    iban.validate_bic(text)


@pytest.mark.parametrize("text", ["GIBA", "gibaczpx", "GIBACZPXXX"])
def test_bad_bics_are_refused(text):
    with pytest.raises(ValidationError):
        iban.validate_bic(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CZ6508000000192000145399", "19-2000145399/0800"),
        ("CZ3520100000002200018111", "2200018111/2010"),
        ("DE89370400440532013000", ""),
    ],
)
def test_the_domestic_form_of_an_account(text, expected):
    assert iban.domestic(text) == expected


def test_other_peoples_accounts_are_masked():
    assert iban.masked("19-2000145399/0800") == "…399/0800"
    assert iban.masked("") == ""
