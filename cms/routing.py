"""Finding the page of an address in two queries, where Wagtail takes five and two more for every level.

The site has one root page per language, and a page's url_path says the whole way
to it, so the deepest page on the way can be asked for at once.
"""

from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.http import Http404
from django.utils.translation import get_language
from wagtail.models import Page, Site
from wagtail.views import serve

from academy.prepared import Prepared

from .columns import plain

# What hardly ever changes and every page needs is kept in the process this long (seconds).
KEPT_FOR = 10


def serve_page(request, path):
    """Wagtail's own view, with restrictions and hooks; only the page is found by find_page()."""
    # Page.route_for_request() looks here first.
    request._wagtail_route_for_request = find_page(request, path)
    return serve(request, path)


def find_page(request, path):
    """Return the RouteResult of the page at `path` (str, without the language), or None where there is none.

    A page type may name in `fetched_with` the relations that its page always shows.
    """
    home = home_paths().get(get_language())
    if home is None:
        return Page.route_for_request(request, path)
    names = [name for name in path.split("/") if name]
    ways = [home + "".join(f"{name}/" for name in names[:end]) for end in range(len(names) + 1)]
    found = _deepest(len(ways), ways=ways)
    if not found:
        return None
    pk, content_type, url_path = found[0]
    page_type = ContentType.objects.get_for_id(content_type).model_class()
    pages = _page(page_type, pk=pk)
    if not pages:  # it was deleted between the two queries
        return None
    page = pages[0]
    try:
        return page.route(request, names[ways.index(url_path) :])
    except Http404:
        return None


@Prepared
def _deepest(given, count):
    pages = plain(Page).filter(given.among("url_path", "ways", count)).order_by("-depth")
    return pages.values_list("pk", "content_type_id", "url_path")[:1]


@Prepared
def _page(given, page_type):
    return page_type.objects.select_related(*getattr(page_type, "fetched_with", ())).filter(pk=given.pk)


def home_paths():
    """The url_path of the site's home page in every language (dict: code -> str)."""
    return caches["local"].get_or_set("home_paths", _home_paths, KEPT_FOR)


def _home_paths():
    keys = plain(Site).filter(is_default_site=True).values("root_page__translation_key")
    homes = plain(Page).filter(translation_key__in=keys)
    return dict(homes.values_list("locale__language_code", "url_path"))
