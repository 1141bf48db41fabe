"""Addresses that lists need by the hundred, built without a query and without a reverse() for each."""

from functools import lru_cache

from django.urls import reverse
from django.utils.translation import get_language


def page_address(url_path, language):
    """Return the address (str, from the root of the server) of the page with this url_path.

    The site has one root: the home page of a language lies right under the root of
    the tree and everything below it is served under /<language>/. So the address is
    the url_path with the home page's own slug replaced by the language.
    """
    return f"/{language}/{url_path.split('/', 2)[2]}"


def address_of_only(page_type):
    """The address of the one live page of this type in the active language, or "" where there is none; one query."""
    language = get_language()
    pages = page_type.objects.filter(live=True, locale__language_code=language).order_by("path")
    path = pages.values_list("url_path", flat=True).first()
    return page_address(path, language) if path else ""


def enroll_address(code):
    """Where one enrolls in the run with this code."""
    return _pattern("courses:enroll", "X", get_language()).replace("/X/", f"/{code}/")


def booking_address(slot):
    """Where one books the slot (its id)."""
    return _pattern("mentoring:book", 0, get_language()).replace("/0/", f"/{slot}/")


@lru_cache(maxsize=64)
def _pattern(name, placeholder, language):
    return reverse(name, args=[placeholder])
