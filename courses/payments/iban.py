"""Account numbers: the IBAN with its check digits (ISO 13616, mod 97 of ISO 7064), and how Czechs write theirs."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

CZECH = re.compile(r"CZ\d{2}(\d{4})(\d{6})(\d{10})")


def plain(text):
    """The IBAN (str) without spaces, in capitals."""
    return re.sub(r"\s", "", text).upper()


def validate_iban(text):
    """Raise ValidationError for what is no IBAN."""
    iban = plain(text)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", iban):
        raise ValidationError(
            _("Write the IBAN: two letters, two digits, then the account, as in CZ65 0800 0000 1920 0014 5399.")
        )
    if iban.startswith("CZ") and not CZECH.fullmatch(iban):
        raise ValidationError(_("A Czech IBAN has 24 characters."))
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    if int(digits) % 97 != 1:
        raise ValidationError(_("The check digits of this IBAN do not fit: something is mistyped."))


def validate_bic(text):
    """Raise ValidationError for what is no BIC (ISO 9362): eight or eleven characters."""
    if not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", text):
        raise ValidationError(_("A BIC has eight or eleven capital letters and digits, as in GIBACZPX."))


def in_fours(iban):
    """The IBAN (str) as people read it: in groups of four."""
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def domestic(iban):
    """The Czech form (str) of a Czech IBAN, such as 19-2000145399/0800, or "" for another country's."""
    found = CZECH.fullmatch(iban)
    if not found:
        return ""
    bank, prefix, number = found.groups()
    prefix = prefix.lstrip("0")
    return f"{prefix}-{number.lstrip('0') or '0'}/{bank}" if prefix else f"{number.lstrip('0') or '0'}/{bank}"


def masked(account):
    """Another person's account with all but its last three digits and the bank hidden: …399/0800."""
    number, slash, bank = account.strip().partition("/")
    return f"…{number[-3:]}{slash}{bank}" if number.strip("0-") else ""
