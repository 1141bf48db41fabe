"""The unguessable part of a certificate's address: 16 characters of Crockford's base32, 80 bits."""

import re
import secrets

# Crockford's alphabet has no I, L, O and U: what looks alike is read as one.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
LOOK_ALIKES = str.maketrans("OIL", "011")
PATTERN = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new():
    """Return a new random token (str)."""
    return "".join(secrets.choice(ALPHABET) for _position in range(LENGTH))


def read(text):
    """Return the token that a person typed or scanned, or "" when it cannot be one.

    Case does not matter, hyphens and spaces are skipped, O reads as 0, I and L as 1.
    """
    token = re.sub(r"[\s-]", "", text[:64]).upper().translate(LOOK_ALIKES)
    return token if PATTERN.fullmatch(token) else ""
