"""Letters whose words must not be readable in the database: sealed until they are sent."""

import base64
import hashlib
import json

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from .letters import Letter


def seal_letter(letter):
    """Return the Letter (without attachments) as encrypted bytes."""
    words = {"subject": letter.subject, "text": letter.text, "html": letter.html}
    return _fernet().encrypt(json.dumps(words).encode())


def open_letter(sealed):
    """Return the Letter of seal_letter()'s bytes; raises cryptography's InvalidToken for a wrong key."""
    return Letter(**json.loads(_fernet().decrypt(sealed)))


def _fernet():
    keys = settings.MAIL_SECRET_KEYS or [
        base64.urlsafe_b64encode(hashlib.sha256(f"mail:{settings.SECRET_KEY}".encode()).digest()).decode()
    ]
    return MultiFernet([Fernet(key) for key in keys])
