"""Signed links in mails: good for one thing only, needing no login and never expiring.

What may still be done there is decided by the state of the thing, not by the
age of the link. A link leads to a page whose button posts; opening it changes
nothing.
"""

import re

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .errors import RuleError

_TOKEN = re.compile(r"\b\d+\.[\w-]{43}(?![\w-])")


class BadLink(RuleError):
    sentence = _("This link is not complete or not ours. Copy the whole address from the mail, or log in.")


def sign(kind, pk):
    """Return the token (str, URL-safe) that opens the row `pk` of this kind, such as "enrollment", and no other."""
    return _signer(kind).sign(str(pk))


def unsign(token, kind):
    """Return the id (int) in a token of sign(); raises BadLink for any other text and for tokens of other kinds."""
    try:
        return int(_signer(kind).unsign(token))
    except (BadSignature, ValueError) as error:
        raise BadLink from error


def without_tokens(text):
    """Return the text with every token of sign() blanked: whoever reads a log must not be able to use the link."""
    return _TOKEN.sub("…", text)


def absolute(path):
    """Return the path as a full address on the site's public name."""
    return f"{settings.PUBLIC_BASE_URL}{path}"


def address(name, *args, **kwargs):
    """Return the full address of a named view, in the language that is active."""
    return absolute(reverse(name, args=args, kwargs=kwargs))


def _signer(kind):
    return Signer(salt=f"academy.links.{kind}", sep=".")
