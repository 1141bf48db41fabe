"""Writing statements of invented transfers, in the two layouts that are read: for the demo and for tests."""

import csv
import io
from dataclasses import dataclass
from datetime import date

TITLES = (
    "ID operace",
    "Datum",
    "Objem",
    "Měna",
    "Protiúčet",
    "Název protiúčtu",
    "Kód banky",
    "VS",
    "Zpráva pro příjemce",
    "Typ",
)
NUMBERS = {"CZK": "0203", "EUR": "0978"}


@dataclass(frozen=True)
class Transfer:
    """An invented transfer: amount in hundredths, the other account as 19-2000145399/0800."""

    amount: int
    variable_symbol: int | None = None
    bank_id: str = ""
    date: date = date(2027, 1, 15)
    account: str = "2900233333/2010"
    name: str = "Žofie Vymyšlená"
    currency: str = "CZK"


def as_csv(transfers, *, encoding="utf-8-sig", thousands="\xa0"):
    """The transfers as a CSV (bytes) like Fio's: lines before the table, semicolons, quotes, decimal commas."""
    out = io.StringIO()
    out.write('"Výpis č. 1/2027 z účtu ""2000145399/0800"""\r\n"Období: 01.01.2027 - 31.01.2027"\r\n\r\n')
    table = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(TITLES)
    for one in transfers:
        number, _slash, bank = one.account.partition("/")
        units = f"{abs(one.amount) // 100:,}".replace(",", thousands)
        amount = f"{'-' if one.amount < 0 else ''}{units},{abs(one.amount) % 100:02d}"
        day = f"{one.date:%d.%m.%Y}"
        symbol = one.variable_symbol or ""
        table.writerow([one.bank_id, day, amount, one.currency, number, one.name, bank, symbol, "Kurz; díky", "Příjem"])
    return out.getvalue().encode(encoding)


def as_gpc(transfers):
    """The same transfers as GPC (bytes): a line 074, then one line 075 of 128 characters for each."""
    head = f"074{2000145399:016d}{'Hudebni kancelar':<20}010127{0:014d}+{0:014d}+{0:014d}0{0:014d}0001310127"
    lines = [f"{head:<128}"]
    for one in transfers:
        number, _slash, bank = one.account.partition("/")
        prefix, _dash, rest = number.rpartition("-")
        digits = f"{int(prefix or 0):06d}{int(rest):010d}"
        lines.append(
            f"075{2000145399:016d}{digits}{one.bank_id:0>13}{abs(one.amount):012d}{'2' if one.amount > 0 else '1'}"
            f"{one.variable_symbol or 0:010d}00{bank}0000{0:010d}{one.date:%d%m%y}{one.name[:20]:<20}"
            f"0{NUMBERS[one.currency]}{one.date:%d%m%y}"
        )
    return "\r\n".join([*lines, ""]).encode("cp1250")
