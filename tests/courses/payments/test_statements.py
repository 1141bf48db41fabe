"""Reading banks' files."""

from datetime import date

import pytest
from django.utils.translation import override

from courses.payments.statements import gpc, sample, table
from courses.payments.statements.lines import BadStatement, to_amount, to_date, to_symbol, whole_account

TRANSFERS = [
    sample.Transfer(amount=123_450, variable_symbol=2600000012, bank_id="26962199069"),
    sample.Transfer(amount=-90_000, variable_symbol=17, bank_id="26962199070", account="19-2000145399/0800"),
    sample.Transfer(amount=5_000, bank_id="26962199071", currency="EUR"),
]


def read_csv(content):
    found = table.find(content)
    return table.read(found, table.recognised(found.titles), "CZK")


def facts(lines):
    return [(line.date, line.amount, line.currency, line.variable_symbol, line.bank_id, line.account) for line in lines]


EXPECTED = [
    (date(2027, 1, 15), 123_450, "CZK", 2600000012, "26962199069", "…333/2010"),
    (date(2027, 1, 15), -90_000, "CZK", 17, "26962199070", "…399/0800"),
    (date(2027, 1, 15), 5_000, "EUR", None, "26962199071", "…333/2010"),
]


def test_gpc_lines_have_128_characters_and_are_read():
    content = sample.as_gpc(TRANSFERS)

    assert {len(line) for line in content.decode("cp1250").splitlines()} == {128}
    assert gpc.looks_like(content)
    assert facts(gpc.read(content, "CZK")) == EXPECTED
    assert [line.number for line in gpc.read(content, "CZK")] == [2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1250", "utf-16"])
@pytest.mark.parametrize("thousands", [" ", "\xa0", "", "."])
def test_csv_is_read_in_every_dress(encoding, thousands):
    content = sample.as_csv(TRANSFERS, encoding=encoding, thousands=thousands)

    assert facts(read_csv(content)) == EXPECTED


def test_one_transfer_has_one_fingerprint_in_both_formats():
    from_gpc = gpc.read(sample.as_gpc(TRANSFERS), "CZK")
    from_csv = read_csv(sample.as_csv(TRANSFERS))

    assert [line.fingerprint for line in from_gpc] == [line.fingerprint for line in from_csv]
    assert len({line.fingerprint for line in from_gpc}) == 3


def test_two_transfers_alike_in_everything_are_two():
    twin = sample.Transfer(amount=100, variable_symbol=5)
    lines = read_csv(sample.as_csv([twin, twin]))

    assert len({line.fingerprint for line in lines}) == 2
    assert [line.fingerprint for line in lines] == [line.fingerprint for line in read_csv(sample.as_csv([twin, twin]))]


def test_the_layout_of_the_banks_interface_is_read():
    content = (
        "accountId;2200018111\ncurrency;CZK\niban;CZ3520100000002200018111\n\n"
        "ID pohybu;Datum;Objem;Měna;Protiúčet;Název protiúčtu;Kód banky;VS;Zpráva pro příjemce;\n"
        '1255107881;31.08.2027;900,00;CZK;1231231231;"Béda, ""T""";2010;2600000012;a;\n'
    ).encode()

    assert facts(read_csv(content)) == [(date(2027, 8, 31), 90_000, "CZK", 2600000012, "1255107881", "…231/2010")]


def test_no_name_is_kept():
    assert "Vymyšlená" not in repr(read_csv(sample.as_csv(TRANSFERS)))
    assert "2900233333" not in repr(gpc.read(sample.as_gpc(TRANSFERS), "CZK"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (sample.as_csv(TRANSFERS).replace(b"15.01.2027", b"15.13.2027", 1), "Line 5: “15.13.2027” is no date."),
        (sample.as_csv(TRANSFERS, thousands="").replace(b"1234,50", b"12x,50"), "Line 5: “12x,50” is no amount."),
        (sample.as_csv(TRANSFERS, thousands="").replace(b"1234,50", b""), "Line 5: the date or the amount is missing."),
    ],
)
def test_a_broken_line_of_a_table_is_named(content, sentence):
    with override("en"), pytest.raises(BadStatement) as error:
        read_csv(content)
    assert str(error.value.sentence) == sentence


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (lambda text: text.replace("075", "075", 1)[:200], "Line 2: the line is too short"),
        (lambda text: text.replace("000000123450", "00000012345x", 1), "Line 2: “00000012345x2” is no amount."),
        (lambda text: text.replace("0203150127", "0203991327", 1), "Line 2: “991327” is no date."),
        (lambda text: text + "nonsense\r\n", "Line 5: this is no line of a GPC statement."),
    ],
)
def test_a_broken_line_of_gpc_is_named(broken, sentence):
    content = broken(sample.as_gpc(TRANSFERS).decode("cp1250")).encode("cp1250")
    with override("en"), pytest.raises(BadStatement) as error:
        gpc.read(content, "CZK")
    assert str(error.value.sentence).startswith(sentence)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\x01\x02", b"%PDF-1.7 nothing", b"a;b\n1;2\n"])
def test_what_is_no_statement_is_refused(content):
    with pytest.raises(BadStatement):
        read_csv(content)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1 234,50", 123_450),
        ("1.234,50", 123_450),
        ("1,234.50", 123_450),
        ("+900", 90_000),
        ("-0,5", -50),
        ("−12,00", -1_200),
        ("900,00 Kč", 90_000),
        ("1'000", 100_000),
    ],
)
def test_amounts(text, amount):
    assert to_amount(text, 1) == amount


@pytest.mark.parametrize("text", ["", "x", "1,2,3", "1.234", "--1", "1e5", "9" * 20])
def test_what_is_no_amount(text):
    with pytest.raises(BadStatement):
        to_amount(text, 1)


@pytest.mark.parametrize(
    "text", ["31.1.2027", "31.01.2027 12:30", "2027-01-31", "2027-01-31T08:00:00", "31. 1. 2027", "31/01/2027"]
)
def test_dates(text):
    assert to_date(text, 1) == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("text", "symbol"), [("0000000017", 17), ("17", 17), ("", None), ("0", None), ("12345678901", None), ("1a", None)]
)
def test_symbols(text, symbol):
    assert to_symbol(text) == symbol


def test_an_account_is_the_same_however_a_bank_writes_it():
    ways = ["19-2000145399/0800", "0000192000145399/0800", "CZ65 0800 0000 1920 0014 5399"]
    assert {whole_account(way) for way in ways} == {"0000192000145399/0800"}
