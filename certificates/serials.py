"""Serial numbers such as AC-2027-000123-K: counted per year, never reused, without gaps."""

from academy.checkpoints import reach

from .models import SerialCounter

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(text):
    """Return the check character (0-9, A-Z) of `text` by ISO 7064 MOD 37,36; hyphens are skipped.

    It finds every single wrong character and nearly every swap of neighbours.
    """
    product = 36
    for character in text.replace("-", ""):
        total = (product + ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return ALPHABET[(37 - product) % 36]


def is_valid(serial):
    """Return whether the serial's last character checks the ones before it."""
    body, _hyphen, check = serial.rpartition("-")
    return bool(body) and set(body) <= {*ALPHABET, "-"} and check_character(body) == check


def take(year, prefix):
    """Return the next serial (str) of `year` (int); the caller's transaction must insert the row that bears it.

    The counter stays locked until that transaction ends, and rolls back with
    it: so numbers are neither given twice nor lost.
    """
    SerialCounter.objects.get_or_create(year=year)
    counter = SerialCounter.objects.select_for_update().get(year=year)
    reach("serial:read")
    counter.last += 1
    counter.save(update_fields=["last"])
    body = f"{prefix}-{year}-{counter.last:06d}"
    return f"{body}-{check_character(body)}"
