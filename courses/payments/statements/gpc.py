"""GPC, also called ABO: lines of 128 characters in cp1250, “074” a statement's head, “075” one transfer.

Positions, counted from one, of a line 075: 4-19 own account, 20-35 other account,
36-48 the bank's number, 49-60 hellers, 61 what it is (1 out, 2 in, 4 an outgoing one
taken back, 5 an incoming one taken back), 62-71 variable symbol, 74-77 the other
bank, 98-117 name (left aside), 119-122 currency (ISO 4217 number), 123-128 day of
booking, DDMMYY.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from .lines import BadStatement, Line, broken, to_symbol, with_fingerprints

CURRENCIES = {"0203": "CZK", "0978": "EUR", "0840": "USD", "0826": "GBP", "0985": "PLN", "0348": "HUF", "0756": "CHF"}
SIGNS = {"1": -1, "2": 1, "4": 1, "5": -1}
LENGTH = 128


def looks_like(content):
    """Whether the file (bytes) begins as GPC does."""
    return content.lstrip()[:3] in (b"074", b"075")


def read(content, currency):
    """The Lines of a GPC file (bytes); `currency` where it names none. Raises BadStatement naming the broken line."""
    lines = []
    for number, raw in enumerate(content.splitlines(), start=1):
        text = raw.decode("cp1250", "replace")
        if text.startswith("075"):
            lines.append(_line(number, text, currency))
        elif text.strip() and text[:3] not in ("074", "076", "078", "079"):
            raise broken(number, _("this is no line of a GPC statement."))
    if not lines and b"074" not in content:
        raise BadStatement
    return with_fingerprints(lines)


def _line(number, text, currency):
    if len(text.rstrip()) < LENGTH:
        raise broken(number, _("the line is too short; it has to have %(length)s characters.") % {"length": LENGTH})
    amount, sign, day = text[48:60], text[60], text[122:128]
    if not amount.isascii() or not amount.isdigit() or sign not in SIGNS:
        raise broken(number, _("“%(text)s” is no amount.") % {"text": amount + sign})
    try:
        booked = datetime.strptime(day, "%d%m%y").date()
    except ValueError as error:
        raise broken(number, _("“%(text)s” is no date.") % {"text": day}) from error
    bank = text[73:77].strip("0 ") and text[73:77]
    code = text[118:122]
    return Line(
        number=number,
        date=booked,
        amount=SIGNS[sign] * int(amount),
        currency=CURRENCIES.get(code, code) if code.strip("0 ") else currency,
        variable_symbol=to_symbol(text[61:71]),
        bank_id=text[35:48].strip().lstrip("0"),
        account=f"{text[19:35].strip()}/{bank}" if bank else text[19:35].strip(),
    )
