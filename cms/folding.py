"""Letters as people type them into a search: small, without diacritics."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def fold(text):
    """The text (str) in small letters without diacritics, so that “kapelni” finds “Kapelní”."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(text):
    """The words (list of str) of what somebody typed, folded, each once; signs are left out."""
    return list(dict.fromkeys(_WORD.findall(fold(text))))
