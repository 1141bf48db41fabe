"""The Czech payment code: Short Payment Descriptor 1.0 as text and as a QR code.

The format is the Czech Banking Association's standard "Formát pro sdílení
platebních údajů v CZK" (SPD 1.0): pairs KEY:VALUE between asterisks, ISO 8859-1
at most; written here in capitals and ASCII, so that the QR code stays small.
"""

import binascii
import io
import re
from dataclasses import dataclass
from datetime import date

from anyascii import anyascii

LONGEST_MESSAGE = 60
LONGEST_NAME = 35


@dataclass(frozen=True)
class Order:
    """A payment order: amount in hundredths (int), ISO codes, the day it is due."""

    iban: str
    amount: int
    currency: str
    variable_symbol: int
    due: date
    message: str = ""
    bic: str = ""
    name: str = ""


def text(order, *, with_checksum=False):
    """The descriptor (str); `with_checksum` adds CRC32 over the canonical form, as the standard's annex says."""
    fields = {
        "ACC": f"{order.iban}+{order.bic}" if order.bic else order.iban,
        "AM": f"{order.amount // 100}.{order.amount % 100:02d}",
        "CC": order.currency,
        "DT": f"{order.due:%Y%m%d}",
        "MSG": escaped(order.message, LONGEST_MESSAGE),
        "RN": escaped(order.name, LONGEST_NAME),
        "X-VS": str(order.variable_symbol),
    }
    # Keys in alphabetical order are the canonical form, over which the checksum is counted.
    descriptor = "*".join(["SPD*1.0", *(f"{key}:{value}" for key, value in sorted(fields.items()) if value)])
    if with_checksum:
        descriptor += f"*CRC32:{binascii.crc32(descriptor.encode('ascii')):08X}"
    return descriptor


def escaped(words, longest):
    """Words (str) as a value may hold them: capitals without diacritics, shortened, an asterisk percent-encoded.

    The limit counts what a reader sees, before the encoding.
    """
    plain = re.sub(r"\s+", " ", anyascii(words))
    plain = re.sub(r"[^\x20-\x7e]", "", plain).upper().strip()[:longest].strip()
    return plain.replace("%", "%25").replace("*", "%2A")


def svg_uri(descriptor):
    """The QR code as a data URI of an SVG (str), black on white with its quiet zone."""
    return _code(descriptor).svg_data_uri(scale=4, border=4, dark="#000", light="#fff")


def png(descriptor):
    """The QR code as a PNG (bytes), for mails."""
    out = io.BytesIO()
    _code(descriptor).save(out, kind="png", scale=5, border=4, dark="#000", light="#fff")
    return out.getvalue()


def _code(descriptor):
    import segno  # noqa: PLC0415  most pages draw no code

    return segno.make(descriptor, error="m", micro=False)
