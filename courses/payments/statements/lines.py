"""What all formats have in common: one line, its fingerprint, and how banks write amounts, dates and accounts."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError

from .. import iban

LARGEST_FILE = 2 * 1024 * 1024
MOST_LINES = 20_000
DATES = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%Y/%m/%d")


class BadStatement(RuleError):
    sentence = _("This is no bank statement that can be read: it is neither GPC nor a table with columns.")


@dataclass(frozen=True)
class Line:
    """One transfer: amount in hundredths (int, below zero for money that left), no name, the other account masked."""

    number: int
    date: date
    amount: int
    currency: str
    variable_symbol: int | None
    bank_id: str
    account: str
    fingerprint: str = ""

    def as_json(self):
        return {**asdict(self), "date": self.date.isoformat()}

    @classmethod
    def from_json(cls, facts):
        return cls(**{**facts, "date": date.fromisoformat(facts["date"])})


def with_fingerprints(lines):
    """The Lines, each with a fingerprint that is the same whatever file, of whichever format, brings it again.

    Two transfers of one file that are alike in everything are told apart by their order.
    The account is masked only here, so that the fingerprint covers the whole of it.
    """
    if len(lines) > MOST_LINES:
        raise BadStatement(_("The file has more than %(most)s lines. Export a shorter time.") % {"most": MOST_LINES})
    seen, finished = Counter(), []
    for line in lines:
        facts = [
            line.bank_id.lstrip("0"),
            line.date.isoformat(),
            line.amount,
            line.currency,
            line.variable_symbol,
            whole_account(line.account),
        ]
        key = json.dumps(facts)
        seen[key] += 1
        fingerprint = hashlib.sha256(f"{key}#{seen[key]}".encode()).hexdigest()
        finished.append(replace(line, fingerprint=fingerprint, account=iban.masked(line.account)))
    return finished


def broken(number, what):
    """The error that names a line by its number."""
    return BadStatement(_("Line %(number)s: %(what)s") % {"number": number, "what": what})


def to_amount(text, number):
    """The amount (int, hundredths) in “1 234,50”, “-1.234,50”, “+900” or “900.5”."""
    plain = re.sub(r"[\s'\u00a0\u202f\u2009]", "", text).replace("\u2212", "-")
    plain = re.sub(r"(CZK|Kč|EUR|€)$", "", plain, flags=re.IGNORECASE)
    if "," in plain and "." in plain:
        thousands = "." if plain.rfind(",") > plain.rfind(".") else ","
        plain = plain.replace(thousands, "")
    found = re.fullmatch(r"([+-]?)(\d{1,12})(?:[.,](\d{1,2}))?", plain)
    if not found:
        raise broken(number, _("“%(text)s” is no amount.") % {"text": text[:40]})
    sign, whole, part = found.groups()
    amount = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -amount if sign == "-" else amount


def to_date(text, number):
    """The date in “31.1.2027”, “2027-01-31” or “31/01/2027”; a time behind it is passed over."""
    words = text.strip().replace(". ", ".")
    day = re.split(r"[ T]", words)[0].rstrip("+Z")
    for pattern in DATES:
        try:
            return datetime.strptime(day, pattern).date()
        except ValueError:
            continue
    raise broken(number, _("“%(text)s” is no date.") % {"text": text[:40]})


def to_symbol(text):
    """The variable symbol (int), or None where there is none that a payment of ours could have."""
    digits = text.strip()
    return int(digits) or None if re.fullmatch(r"\d{1,10}", digits) else None


def whole_account(text):
    """An account (str) in one form, however a bank writes it: sixteen digits and the bank, or the IBAN."""
    plain = iban.plain(text)
    plain = iban.domestic(plain) or plain
    found = re.fullmatch(r"(?:(\d{0,6})-)?(\d{1,16})(?:/(\d{4}))?", plain)
    if not found:
        return plain
    prefix, number, bank = found.groups()
    digits = f"{prefix or '':0>6}{number:0>10}" if len(number) <= 10 else f"{number:0>16}"
    return f"{digits}/{bank or ''}" if digits.strip("0") else ""
